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
def unit_of_work() -> Iterator[Session]:
    """The request's session; committed when the block ends well, rolled back when it does not."""
    db = cast("SQLAlchemy", current_app.extensions["sqlalchemy"])
    session = cast("Session", db.session())
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def principal() -> Account:
    """The account that the access token names; set before any view runs (miniprogram_api.access)."""
    return cast("Account", g.principal)


def client_address() -> str:
    return request.remote_addr or ""
