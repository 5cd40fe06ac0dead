"""Invented people and their rows. Region 999999 exists nowhere, so no number here is anybody's."""

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Course, Enrolment, Lesson, Organisation, Programme, RefreshToken

NAMES = ("林知远", "周若溪", "陈望舒", "许清和", "沈书白", "顾南乔", "陆听雨", "苏念慈", "江予怀", "韩星阑")
LONG_AGO = datetime(2022, 7, 1, tzinfo=UTC)
_serial = itertools.count(1)


def resident_id(serial: int = 1, born: date = date(1980, 1, 1), region: str = "999999") -> str:
    """An 18-character resident ID number (GB 11643-1999) of region, birthday, serial and check character."""
    return with_checksum(f"{region}{born:%Y%m%d}{serial:03d}")


def with_checksum(first_seventeen: str) -> str:
    """Add the check character of ISO 7064 MOD 11-2."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first_seventeen))
    return first_seventeen + "0123456789X"[(12 - total) % 11]


@dataclass(frozen=True)
class Person:
    name: str
    id_number: str
    mobile: str

    @property
    def last_six(self) -> str:
        return self.id_number[-6:].upper()


def person(serial: int | None = None) -> Person:
    """The same serial is the same person; without one, somebody new."""
    serial = next(_serial) if serial is None else serial
    years, rest = divmod(serial, 1000)
    born = date(1970 + years % 30, 1 + rest % 12, 1 + rest % 28)
    return Person(NAMES[serial % len(NAMES)], resident_id(rest, born), f"1990000{serial % 10000:04d}")


def account(session: Session, **changes: Any) -> Account:
    """A teacher who has changed the first password and confirmed the profile. No password works and the envelope is empty:
    tests of signing in make theirs through the services."""
    serial = next(_serial)
    values = {
        "role": "teacher",
        "name": NAMES[serial % len(NAMES)],
        "id_kind": "resident_id",
        "id_index": hashlib.sha256(f"account {serial}".encode()).hexdigest(),
        "id_envelope": b"",
        "first_password": "last_six",
        "must_change_password": False,
        "must_confirm_profile": False,
        "created_at": LONG_AGO,
    }
    return _added(session, Account(**(values | changes)))


def school(session: Session, **changes: Any) -> Organisation:
    serial = next(_serial)
    values = {"kind": "school", "code": f"999999{serial:04d}", "name": f"示范第{serial}小学"}
    return _added(session, Organisation(**(values | changes)))


def programme(session: Session, **changes: Any) -> Programme:
    values = {"slug": f"invented-{next(_serial)}", "version": 1, "title": "虚构项目", "document": ""}
    return _added(session, Programme(**(values | {"published_at": LONG_AGO} | changes)))


def course(session: Session, of: Programme, **changes: Any) -> Course:
    values = {
        "programme_slug": of.slug,
        "code": f"course-{next(_serial)}",
        "module": "professional",
        "title": "虚构课程",
    }
    return _added(session, Course(**(values | changes)))


def lesson(session: Session, of: Course, **changes: Any) -> Lesson:
    serial = next(_serial)
    values = {"course_id": of.id, "code": f"lesson-{serial}", "title": "虚构课时", "position": serial, "duration": 600}
    return _added(session, Lesson(**(values | {"media": "sample.mp4"} | changes)))


def enrolment(session: Session, who: Account, into: Programme, **changes: Any) -> Enrolment:
    values = {"account_id": who.id, "programme_id": into.id, "school_id": who.school_id, "enrolled_at": LONG_AGO}
    return _added(session, Enrolment(**(values | changes)))


def refresh_token(session: Session, of: Account, family: str, now: datetime) -> RefreshToken:
    """A live family of refresh tokens, so that an access token naming it is good."""
    values = {"family_id": family, "account_id": of.id, "token_hash": hashlib.sha256(family.encode()).hexdigest()}
    return _added(session, RefreshToken(**values, issued_at=now, expires_at=now + timedelta(days=1)))


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
