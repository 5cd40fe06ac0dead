"""The invented staff of the demonstration: one person for each role, with a password that need not be changed and a second factor.

Only for trying the system: the password is everybody's. The key of the second factor is made anew for each installation.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, SecondFactor, Workshop
from programmes.demonstration import DEMONSTRATIONS
from services import accounts, id_numbers, schools, second_factor
from services.authority import appointments
from services.authority.roles import (
    CITY_ADMIN,
    COLLECTOR,
    COUNTY_ADMIN,
    HOTLINE,
    OPERATOR,
    SCHOOL_ADMIN,
    WORKSHOP_LEADER,
)
from services.collaborators import Collaborators
from services.enrolling import workshops
from services.id_numbers import IdNumber
from services.passwords import SHARED

PASSWORD = "Shifan-Guanli-1"  # noqa: S105  # printed by `make run`
#: Their ID numbers begin here; the teachers' at 1.
_FIRST_SERIAL = 901
_WORKSHOP_CODE = "DEMO-WORKSHOP-1"


class Invented(NamedTuple):
    role: str
    name: str
    #: The code of the organisation; for the workshop leader, where the person teaches.
    at: str


STAFF = (
    Invented(OPERATOR, "柏机房", ""),
    Invented(CITY_ADMIN, "水市局", "DEMO-CITY"),
    Invented(COUNTY_ADMIN, "窦县局", "DEMO-COUNTY-1"),
    Invented(SCHOOL_ADMIN, "章校长", "DEMO-SCHOOL-1"),
    Invented(HOTLINE, "云热线", "DEMO-CITY"),
    Invented(COLLECTOR, "苏收费", "DEMO-COUNTY-1"),
    Invented(WORKSHOP_LEADER, "潘坊主", "DEMO-SCHOOL-1"),
)


@dataclass(frozen=True)
class DemoAccount:
    """Who may sign in, with the first password; a password changed since then stays changed.

    `second_factor`: of staff, the key from which codes are made.
    """

    role: str
    name: str
    id_number: str = field(repr=False)
    password: str = field(repr=False)
    second_factor: str = field(default="", repr=False)


def load(session: Session, using: Collaborators, now: datetime) -> list[DemoAccount]:
    """Invent and appoint who is missing; the organisations are there."""
    people = []
    for serial, one in enumerate(STAFF, _FIRST_SERIAL):
        number = invented_number(serial)
        account = accounts.find(session, using.vault, number) or _invent(session, using, one, number, now)
        _appoint(session, one, account, now)
        key = _key(session, using, account, now)
        people.append(DemoAccount(one.role, one.name, number.number, PASSWORD, key))
    return people


def invented_number(serial: int) -> IdNumber:
    """Region 999999 exists nowhere, so the number is nobody's; the check character is right all the same."""
    born = date(1970 + serial % 25, 1 + serial % 12, 1 + serial % 28)
    seventeen = f"999999{born:%Y%m%d}{serial:03d}"
    return id_numbers.parse(seventeen + id_numbers.check_character(seventeen))


def _invent(session: Session, using: Collaborators, one: Invented, number: IdNumber, now: datetime) -> Account:
    teaches = one.role == WORKSHOP_LEADER
    account, _ = accounts.create(
        session,
        using.vault,
        using.passwords,
        name=one.name,
        id_number=number,
        mobile=None,
        school_id=schools.by_code(session, one.at).id if teaches else None,
        stage="小学" if teaches else None,
        subject="语文" if teaches else None,
        role="teacher" if teaches else appointments.STAFF,
        first_password=using.passwords.first_password(SHARED, PASSWORD),
        now=now,
    )
    account.must_change_password = account.must_confirm_profile = False
    session.flush()
    return account


def _appoint(session: Session, one: Invented, account: Account, now: datetime) -> None:
    """What was taken away since stays away."""
    if one.role == WORKSHOP_LEADER:
        for which in DEMONSTRATIONS:
            there = sa.select(Workshop.id).where(Workshop.programme_slug == which.slug, Workshop.code == _WORKSHOP_CODE)
            if session.scalar(there) is None:
                workshops.create(session, which.slug, "示范工作坊", code=_WORKSHOP_CODE, leader_id=account.id)
    elif session.scalar(sa.select(Appointment.id).where(Appointment.account_id == account.id)) is None:
        unit = schools.by_code(session, one.at).id if one.at else None
        appointments.appoint(session, None, account.id, one.role, unit, now)


def _key(session: Session, using: Collaborators, account: Account, now: datetime) -> str:
    """The key of the person's phone; after a reset, of a new one."""
    held = session.get(SecondFactor, account.id)
    if held is None:
        key = second_factor.new_key()
        second_factor.set_up(session, using.vault, account, key, second_factor.code_at(key, now), now)
        session.get_one(SecondFactor, account.id).last_step = 0  # the code of this half minute is not used yet
        return key
    return using.vault.open(held.key_envelope, account.id)
