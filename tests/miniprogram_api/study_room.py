"""A teacher in front of a player, over HTTP: what the study tests and outside clients do, in one place."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Account, Enrolment, Lesson
from services import programmes
from services.enrolling import enrolments
from tests import factories
from tests.conftest import FakeClock
from tests.programmes.notices import phase2_text
from tests.teachers import bearer, settled, tokens

DURATION = 1800
#: The notice's programme with a check that comes for sure between 60 and 61 seconds.
CHECK_AFTER_A_MINUTE = (("min_seconds = 480", "min_seconds = 60"), ("max_seconds = 900", "max_seconds = 60"))


@dataclass
class Room:
    app: Flask
    client: FlaskClient
    clock: FakeClock
    session: Session
    enrolment: Enrolment
    lesson: Lesson
    headers: dict[str, str]
    account_id: int
    id_number: str

    def open(self, device: str = "phone", **body: Any) -> "Player":
        reply = self.ask(device, **body)
        assert reply.status_code == 201, reply.text
        return Player(self, reply.get_json())

    def ask(self, device: str = "phone", **body: Any) -> TestResponse:
        wanted = {"enrolment_id": self.enrolment.id, "lesson_id": self.lesson.id, "device": device, "take_over": False}
        return self.client.post("/v1/study/sessions", json=wanted | body, headers=self.headers)

    def evidence(self, **query: Any) -> list[dict[str, Any]]:
        reply = self.client.get(f"/v1/enrolments/{self.enrolment.id}/study", query_string=query, headers=self.headers)
        assert reply.status_code == 200, reply.text
        found: list[dict[str, Any]] = reply.get_json()
        return found


@dataclass
class Player:
    room: Room
    opened: dict[str, Any]
    seq: int = 0
    acked: int = 0
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.opened['study_token']}"}

    def send(self, body: dict[str, Any], where: str = "beats") -> TestResponse:
        return self.room.client.post(f"/v1/study/{where}", json=body, headers=self.headers)

    def body(self, *played: list[int], **more: Any) -> dict[str, Any]:
        return {
            "seq": self.seq + 1,
            "acked": self.acked,
            "at": self.room.clock().isoformat(),
            "played": list(played),
        } | more

    def beat(self, *played: list[int], after: float = 20, where: str = "beats", **more: Any) -> dict[str, Any]:
        """Time passes, then a beat says what was played in it."""
        self.room.clock.advance(after)
        reply = self.send(self.body(*played, **more), where)
        assert reply.status_code == 200, reply.text
        self.last = reply.get_json()
        self.seq += 1
        self.acked = self.last["seq"]
        return self.last

    def watch(self, start: int, stop: int) -> dict[str, Any]:
        """Plain watching, a beat every 20 s."""
        for at in range(start, stop, 20):
            self.beat([at, min(at + 20, stop)])
        return self.last

    def answer(self, **body: Any) -> dict[str, Any]:
        reply = self.send({"challenge_id": self.last["challenge"]["id"]} | body, "presence")
        assert reply.status_code == 200, reply.text
        self.last = reply.get_json()
        return self.last


def room(app: Flask, client: FlaskClient, session: Session, clock: FakeClock, *changes: tuple[str, str]) -> Room:
    """A settled teacher enrolled in the notice's programme (with some lines changed), who has signed in."""
    programme = programmes.publish(session, phase2_text(*changes, accept=True), clock())
    course = factories.course(session, programme, module="ethics")
    lesson = factories.lesson(session, course, duration=DURATION)
    teacher = settled(app, session)
    account = session.get_one(Account, teacher.account_id)
    enrolment = enrolments.enrol(session, account, programme, None, clock() - timedelta(days=1))
    session.commit()
    signed_in = tokens(client, teacher)
    return Room(app, client, clock, session, enrolment, lesson, bearer(signed_in), account.id, teacher.id_number)
