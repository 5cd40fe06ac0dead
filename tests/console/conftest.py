"""The console as staff see it.

tree      a city with two counties, each with a school, and a school of the city's own (市直)
staff     staff("county_admin", tree.east) is a client signed in as an invented person in that role; without a unit as an operator, or
          as the leader of the workshops that the test gives to `.account_id`
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.access import TOKEN
from models import Account, Appointment, AuditEntry, Organisation
from services import audit, staff_sessions
from services.audit_words import KINDS, WORDS
from tests import factories, teachers


@dataclass(frozen=True)
class Tree:
    city: Organisation
    east: Organisation
    west: Organisation
    east_school: Organisation
    west_school: Organisation
    city_school: Organisation


@dataclass(frozen=True)
class Staff:
    """`get` and `post` are a test client's, below /console."""

    account_id: int
    client: FlaskClient

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(f"/console{path}", **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(f"/console{path}", data=data or {}, **options)


@pytest.fixture(autouse=True)
def _what_is_written_down_has_chinese_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test of the console has written to the audit log: its kinds and the keys of its details."""
    wordless: set[str] = set()
    before = audit.record

    def record(*args: Any, target: tuple[str, object] | None = None, **what: Any) -> AuditEntry:
        entry = before(*args, target=target, **what)
        wordless.update(({entry.target_kind} - KINDS.keys() - {""}) | (entry.detail.keys() - WORDS.keys()))
        return entry

    monkeypatch.setattr(audit, "record", record)
    yield
    assert not wordless, f"services.audit_words does not say what these are: {wordless}"


@pytest.fixture
def tree(session: Session) -> Tree:
    def unit(kind: str, name: str, parent: Organisation | None = None) -> Organisation:
        return factories.school(session, kind=kind, name=name, parent_id=parent.id if parent else None)

    city = unit("city", "虚构市")
    east, west = unit("county", "虚构东县", city), unit("county", "虚构西县", city)
    schools = unit("school", "东县一小", east), unit("school", "西县一小", west), unit("school", "市直一中", city)
    session.commit()
    return Tree(city, east, west, *schools)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Without TLS, and with forms that need no token: tests of those say so themselves."""
    app = make_app(public_url="http://xueshi.example")
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def staff(app: Flask, client: FlaskClient, session: Session) -> Callable[..., Staff]:
    def signed_in(role: str, at: Organisation | None = None, **changes: Any) -> Staff:
        person = teachers.settled(app, session, school_id=None, **({"role": "staff"} | changes))
        account = session.get_one(Account, person.account_id)
        now = teachers.collaborators(app).clock()
        appointment_id = None
        if role != "workshop_leader":
            held = Appointment(
                account_id=account.id, role=role, organisation_id=at.id if at else None, appointed_at=now
            )
            session.add(held)
            session.flush()
            appointment_id = held.id
        token = staff_sessions.open_session(
            session, account, now, state=staff_sessions.OPEN, appointment_id=appointment_id
        )
        session.commit()
        own = app.test_client()
        with own.session_transaction() as cookie:
            cookie[TOKEN] = token
        return Staff(account.id, own)

    return signed_in
