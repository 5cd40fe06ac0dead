"""What every view and command needs: the collaborators, the time, a unit of work, the client's address."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from flask import current_app, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from services import devices
from services.collaborators import Collaborators
from services.sign_in_records import Client


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


def client_address() -> str:
    return request.remote_addr or ""


def client() -> Client:
    """From where the request comes, as the records of signing in keep it (services.sign_in_records)."""
    return Client(devices.name_of(request.user_agent.string), client_address())
