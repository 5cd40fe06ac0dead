"""Who is asking, for the views of the console (console.access puts it there), and what is written down of it."""

from typing import Any, cast

from flask import g
from sqlalchemy.orm import Session

from services import audit
from services.authority.principals import Principal
from services.staff_sessions import Recognised
from web.context import client_address, collaborators, now


def principal() -> Principal:
    """The person in the role that the session acts in."""
    return cast("Principal", recognised().principal)


def recognised() -> Recognised:
    """The session; its `principal` is None while the person is still signing in."""
    return cast("Recognised", g.staff)


def by() -> audit.By:
    return audit.By(principal(), client_address())


def record(session: Session, action: str, **what: Any) -> None:
    """Append to the audit log, last in the transaction: services.audit.record with who, where and when filled in."""
    audit.record(session, collaborators().vault, by(), action, now(), **what)
