"""People who sign in to the console as a browser does: a page's form is sent, redirects are followed by hand."""

from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation, SecondFactor
from services import second_factor
from services.collaborators import Collaborators
from tests.teachers import Teacher

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def appoint(session: Session, account_id: int, role: str, at: Organisation | None, now: datetime) -> Appointment:
    held = Appointment(account_id=account_id, role=role, organisation_id=at.id if at else None, appointed_at=now)
    session.add(held)
    session.commit()
    return held


def give_phone(session: Session, using: Collaborators, account_id: int, key: str = KEY) -> list[str]:
    """A phone whose codes are all unused yet; the recovery codes."""
    now = using.clock()
    account = session.get_one(Account, account_id)
    codes = second_factor.set_up(session, using.vault, account, key, second_factor.code_at(key, now), now)
    session.get_one(SecondFactor, account_id).last_step = 0
    session.commit()
    return codes


def type_password(client: FlaskClient, person: Teacher, password: str | None = None, **more: str) -> Any:
    given = {"number": person.id_number, "password": person.password if password is None else password}
    return client.post("/console/sign-in", data=given | more)


def type_code(client: FlaskClient, code: str) -> Any:
    return client.post("/console/sign-in/code", data={"code": code})
