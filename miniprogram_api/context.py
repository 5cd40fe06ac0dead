"""Who is asking, for the views of the teachers' API (miniprogram_api.access puts it there)."""

from typing import cast

from flask import g

from models import Account


def principal() -> Account:
    """The account that the access token names, as it was when the request came in (miniprogram_api.access).

    It belongs to no session, so that nothing is changed by accident: a service that changes the account locks it first.
    """
    return cast("Account", g.principal)


def family() -> str:
    """The refresh-token family of the access token: one log-in on one device."""
    return cast("str", g.family)


def route() -> str:
    """By which door the log-in came: web, wechat or portal (services.refresh_tokens)."""
    return cast("str", g.route)
