"""Everything there is, once: two teachers, one of them signed in, bound to WeChat and watching; and a good request for every route."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from heartbeat.flusher import Flusher
from models import Account, Base, WechatBinding
from services import log_ins, notices
from services.enrolling import enrolments
from services.handing_in import submissions
from services.portal_tickets import issue
from tests import factories
from tests.conftest import FakeClock
from tests.miniprogram_api.contract import ACCESS, PUBLIC, STUDY
from tests.miniprogram_api.study_room import Player, Room, room
from tests.printing import with_instant_printer
from tests.services.awarding import PAPERS, hold_papers
from tests.teachers import NEW_PASSWORD, Teacher, settled, tokens, with_known_codes

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Route:
    """A request that succeeds. `body` None: the call has none."""

    method: str
    path: str
    shows: str | None
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class World:
    room: Room
    player: Player
    engine: sa.Engine
    redis: "Redis"
    refresh_token: str
    spare_course: int
    other_enrolment: int
    other_course: int
    other_lesson: int
    paper: int
    notice: int
    #: The log-in that `refresh_token` belongs to, as the list of devices names it.
    device: str

    @property
    def client(self) -> FlaskClient:
        return self.room.client

    def headers(self, shows: str | None) -> dict[str, str]:
        return {PUBLIC: {}, ACCESS: self.room.headers, STUDY: self.player.headers}[shows]

    def send(self, route: Route, body: Any = None, **changes: Any) -> TestResponse:
        """The route's good request with something changed; `body` may be bytes."""
        body = route.body if body is None else body
        if not isinstance(body, bytes):
            body = b"" if body is None else json.dumps(body).encode()
        asked = {"method": route.method, "data": body, "headers": self.headers(route.shows)}
        if route.body is not None:
            asked["content_type"] = "application/json"
        path = changes.pop("path", route.path)
        return self.client.open(path, **(asked | changes))

    def routes(self) -> list[Route]:
        """Ending things comes last."""
        using = self.room.app.extensions["xueshi"]
        me, now = self.room.account_id, self.room.clock()
        signing_in = {"id_number": self.room.id_number, "password": NEW_PASSWORD}
        here = f"/v1/enrolments/{self.room.enrolment.id}"
        course = f"{here}/courses/{self.room.lesson.course_id}"
        opening = {
            "enrolment_id": self.room.enrolment.id,
            "lesson_id": self.room.lesson.id,
            "device": "phone",
            "take_over": False,
        }
        beat = self.player.body([60, 61], hidden=[[60, 61]], rate=1.5)
        ticket = using.tokens.issue_binding(f"openid-{me}", now)
        return [
            Route("POST", "/v1/auth/password", PUBLIC, signing_in),
            Route("POST", "/v1/auth/wechat", PUBLIC, {"code": f"code-openid-{me}"}),
            Route("POST", "/v1/auth/wechat/bind", PUBLIC, {"binding_ticket": ticket} | signing_in),
            Route("POST", "/v1/auth/portal", PUBLIC, {"portal": "test", "ticket": self.ticket()}),
            Route("GET", "/v1/mini-program/code", PUBLIC),
            Route("GET", "/v1/me", ACCESS),
            Route("PUT", "/v1/me/privacy", ACCESS, {"version": "2022-07-01"}),
            Route("GET", "/v1/me/devices", ACCESS),
            Route("POST", "/v1/me/confirm", ACCESS),
            Route("POST", "/v1/me/corrections", ACCESS, {"field": "name", "should_be": "林致远", "note": "一字之差"}),
            Route("GET", "/v1/me/notices", ACCESS),
            Route("PUT", f"/v1/me/notices/{self.notice}/read", ACCESS),
            Route("GET", "/v1/enrolments", ACCESS),
            Route("GET", here, ACCESS),
            Route("GET", f"{here}/courses", ACCESS),
            Route("GET", f"{here}/study", ACCESS),
            Route("GET", f"{here}/parts", ACCESS),
            Route("GET", f"{here}/parts/stories/items/1", ACCESS),
            Route("PUT", f"{here}/parts/stories/items/1", ACCESS, {"text": "我的故事。", "title": "师生故事"}),
            Route("DELETE", f"{here}/parts/stories/items/1", ACCESS),
            Route("GET", "/v1/papers", ACCESS),
            Route("GET", f"/v1/papers/{self.paper}.pdf", ACCESS),
            Route("POST", f"{here}/papers/proof", ACCESS),
            Route("POST", "/v1/programmes/xuchang-2022-phase2/papers/excellent_leader", ACCESS),
            Route("PUT", course, ACCESS),
            Route("GET", "/v1/study/coverage", STUDY),
            Route("POST", "/v1/study/beats", STUDY, beat),
            Route("POST", "/v1/study/presence", STUDY, {"challenge_id": "none", "answer": "1234"}),
            Route("POST", "/v1/study/end", STUDY, beat | {"seq": beat["seq"] + 1}),
            Route("POST", "/v1/study/sessions", ACCESS, opening),
            Route("DELETE", f"{here}/courses/{self.spare_course}", ACCESS),
            Route("DELETE", "/v1/auth/wechat", ACCESS),
            Route("POST", "/v1/auth/refresh", PUBLIC, {"refresh_token": self.refresh_token}),
            Route("POST", "/v1/auth/logout", PUBLIC, {"refresh_token": self.refresh_token}),
            Route("DELETE", f"/v1/me/devices/{self.device}", ACCESS),
            Route("DELETE", "/v1/me/devices", ACCESS),
            Route("PUT", "/v1/me/password", ACCESS, {"old_password": NEW_PASSWORD, "new_password": "chun-hua-3"}),
        ]

    def ticket(self) -> str:
        """Of the portal in tests/conftest.py, for the teacher of the room."""
        return issue("test", b"a test secret shared with portal", self.room.id_number, self.room.clock())

    def expired(self, shows: str | None) -> dict[str, str]:
        """Headers with a token of the right kind that was good yesterday."""
        using, now = self.room.app.extensions["xueshi"], self.room.clock()
        if shows == STUDY:
            claims = using.tokens.read_study(self.player.opened["study_token"], now)
            return {"Authorization": f"Bearer {using.tokens.issue_study(claims, now, now - timedelta(days=1))}"}
        claims = using.tokens.read_access(self.room.headers["Authorization"].split()[1], now)
        return {"Authorization": f"Bearer {using.tokens.issue_access(claims, now - timedelta(days=1))}"}

    def contents(self) -> dict[str, Any]:
        """All that Redis and SQL hold."""
        held: dict[str, Any] = {key.decode(): self.redis.dump(key) for key in self.redis.scan_iter()}
        with self.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                held[table.name] = sorted(map(repr, connection.execute(sa.select(table))))
        return held

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        before = self.contents()
        yield
        assert self.contents() == before


def build(app: Flask, engine: sa.Engine, redis: "Redis", clock: FakeClock) -> World:
    """`engine` is on the app's database. Nothing waits to be flushed when this returns."""
    with_known_codes(app)
    with_instant_printer(app)
    client = app.test_client()
    with Session(engine, expire_on_commit=False) as session:
        mine = room(app, client, session, clock, PAPERS)
        me, programme = session.get_one(Account, mine.account_id), mine.enrolment.programme
        spare = factories.course(session, programme, module="ability")
        enrolments.choose(session, mine.enrolment, spare.id, clock())
        submissions.submit(session, mine.enrolment, "stories", "1", text="身边的故事。", now=clock())
        session.add(WechatBinding(account_id=me.id, openid=f"openid-{me.id}", bound_at=clock()))
        paper = hold_papers(session, me, programme.slug)
        notice = notices.tell(session, me.id, "password_reset", "您的密码已重置。", clock())
        them = session.get_one(Account, settled(app, session).account_id)
        theirs = enrolments.enrol(session, them, programme, None, clock())
        elsewhere = factories.course(session, factories.programme(session))
        lesson = factories.lesson(session, elsewhere)
        session.commit()
        notice_id = notice.id
    player = mine.open()
    player.watch(0, 60)
    pair = tokens(client, Teacher(mine.account_id, me.name, mine.id_number, NEW_PASSWORD))
    using = app.extensions["xueshi"]
    device = log_ins.name_of(using.tokens.read_access(pair["access_token"], clock()).family)
    client.get("/v1/mini-program/code")  # is kept from now on
    Flusher(engine, using.store, clock).drain()
    ids = spare.id, theirs.id, elsewhere.id, lesson.id, paper.id, notice_id
    return World(mine, player, engine, redis, pair["refresh_token"], *ids, device)


def assert_refused(reply: TestResponse, *statuses: int, what: object = "") -> None:
    """A problem document of 4xx with a code and a Chinese sentence."""
    said = f"{what}: {reply.status} {reply.text[:300]}"
    assert reply.status_code in statuses if statuses else 400 <= reply.status_code < 500, said
    assert reply.mimetype == "application/problem+json", said
    problem = reply.get_json()
    assert problem["status"] == reply.status_code, said
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", problem["code"]), said
    assert CHINESE.search(problem["detail"]), said
