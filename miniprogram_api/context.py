"""What every view needs: the collaborators, a unit of work, and who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from flask import current_app, g, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from models import Account
from services.collaborators import Collaborators


def collaborators() -> Collaborators:
    return cast("Collaborators", current_app.extensions["xueshi"])


def now() -> datetime:
    return collaborators().clock()


@contextmanager
def unit_of_work(*, read_only: bool | None = None) -> Iterator[Session]:
    """The request's session; committed when the block ends well, rolled back when it does not.

    GET and HEAD are read-only unless they say otherwise: on SQLite they then leave the only write lock to others.
    """
    session = request_session(read_only=request.method in ("GET", "HEAD") if read_only is None else read_only)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def request_session(*, read_only: bool) -> Session:
    """The request's session; `read_only` takes effect where no transaction is open yet."""
    db = cast("SQLAlchemy", current_app.extensions["sqlalchemy"])
    session = cast("Session", db.session())
    if read_only and not session.in_transaction():
        session.connection(execution_options={"read_only": True})
    return session


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


def client_address() -> str:
    return request.remote_addr or ""
