"""Who is called about at the desk: a teacher of the eastern school who knows the answers, and how staff send the forms."""

import re
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Organisation, WechatBinding
from services import programmes
from services.enrolling import enrolments
from tests.console.conftest import Staff
from tests.programmes.notices import phase2_text
from tests.teachers import Teacher, collaborators, settled

LAST_SIX = (('rule = "shared"\nshared = "Haolaoshi123"', 'rule = "last_six"'),)


@dataclass(frozen=True)
class Caller:
    teacher: Teacher
    mobile: str
    school: str

    @property
    def id(self) -> int:
        return self.teacher.account_id

    @property
    def answers(self) -> dict[str, str]:
        """As the notice of phase 2 asks for them."""
        return {
            "answer_name": self.teacher.name,
            "answer_school": self.school,
            "answer_mobile_last_four": self.mobile[-4:],
            "answer_birth_date": self.teacher.id_number[6:14],
        }


def caller(app: Flask, session: Session, at: Organisation, **changes: Any) -> Caller:
    """Signed in before, with WeChat bound and a password of their own."""
    teacher = settled(app, session, school_id=at.id, **changes)
    account = session.get_one(Account, teacher.account_id)
    now = collaborators(app).clock()
    session.add(WechatBinding(account_id=account.id, openid=f"openid-{account.id}", bound_at=now))
    session.commit()
    envelope = account.mobile_envelope
    mobile = collaborators(app).vault.open(envelope, account.id) if envelope else ""
    return Caller(replace(teacher, name=account.name), mobile, at.name)


def enrol(app: Flask, session: Session, account_id: int, *changes: tuple[str, str]) -> None:
    """In phase 2, with lines of the notice changed."""
    now = collaborators(app).clock()
    row = programmes.publish(session, phase2_text(*changes, accept=bool(changes)), now)
    account = session.get_one(Account, account_id)
    enrolments.enrol(session, account, row, account.school_id, now)
    session.commit()


def form_id(page: Any) -> str:
    found = re.search(r'name="form_id"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def act(staff: Staff, account_id: int, what: str = "reset", **fields: Any) -> Any:
    """Open the form and send it."""
    page = staff.get(f"/people/{account_id}/{what}")
    assert page.status_code == 200, page.text
    sent = {"form_id": form_id(page), "new": "random", "wechat": "keep"} | fields
    return staff.post(f"/people/{account_id}/{what}", sent)


def shown_password(page: Any) -> str:
    found = re.search(r'id="password">([^<]+)<', page.text)
    assert found, page.text
    return found[1]
