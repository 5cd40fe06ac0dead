"""A client that knows the HTTP contract and nothing else walks the whole way, on the real clock, against a running server."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance import shapes
from tests.acceptance.system import FIRST_OF_THE_OTHERS, Reply, System

NEW_PASSWORD = "kan-wan-zai-shuo-8"


@dataclass
class Client:
    """A phone with the mini-program on it."""

    system: System
    person: dict[str, str]
    tokens: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        return self.system.call(method, path, body, self.tokens.get("access_token", ""))

    def sign_in(self, password: str) -> Reply:
        body = {"id_number": self.person["id_number"], "password": password}
        return self.system.call("POST", "/v1/auth/password", body)

    def bind(self, ticket: str) -> Reply:
        body = {"binding_ticket": ticket, "id_number": self.person["id_number"], "password": NEW_PASSWORD}
        return self.system.call("POST", "/v1/auth/wechat/bind", body)

    def wechat(self, code: str) -> Reply:
        return self.system.call("POST", "/v1/auth/wechat", {"code": code})


@dataclass
class Player:
    client: Client
    opened: dict[str, Any]
    at: int = 0
    seq: int = 0
    acked: int = 0
    last: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    beat_at: float = 0.0

    def post(self, where: str, body: dict[str, Any]) -> Reply:
        return self.client.system.call("POST", f"/v1/study/{where}", body, self.opened["study_token"])

    def beat(self, *played: list[int], where: str = "beats") -> dict[str, Any]:
        self.seq += 1
        self.beat_at = time.monotonic()
        now = datetime.now().astimezone().isoformat()
        self.sent = {"seq": self.seq, "acked": self.acked, "at": now, "played": list(played)}
        self.last = shapes.beat(self.post(where, self.sent))
        self.acked = self.last["seq"]
        return self.last

    def watch(self, seconds: int = 2, where: str = "beats") -> dict[str, Any]:
        time.sleep(seconds)
        self.at += seconds
        return self.beat([self.at - seconds, self.at], where=where)


@pytest.fixture
def client(system):
    people = json.loads(system.accounts.read_text())
    return Client(system, people[FIRST_OF_THE_OTHERS])


def test_the_whole_way(client):
    first_sign_in(client)
    wechat(client)
    enrolment_id, lesson = choose_a_course(client)
    where = {"enrolment_id": enrolment_id, "lesson_id": lesson["lesson_id"]}
    phone = Player(client, shapes.opened(client.call("POST", "/v1/study/sessions", where | {"device": "phone"})))
    assert phone.opened["resume_at"] == phone.opened["credited"] == 0
    assert client.system.call("GET", phone.opened["media_url"]).status == 200
    watch_replay_and_race(phone)
    be_asked_and_answer(phone)
    tablet = take_over(client, phone, where)
    ended = tablet.watch(where="end")
    assert ended["state"] == "ended"
    read_the_evidence(client, enrolment_id, lesson, [phone, tablet])
    log_out(client)


def first_sign_in(client: Client) -> None:
    wrong = shapes.problem(client.sign_in("Budui-1234"), 401, "bad_credentials")
    nobody = {"id_number": "999999199003079877", "password": "Budui-1234"}
    assert shapes.problem(client.call("POST", "/v1/auth/password", nobody), 401, "bad_credentials") == wrong
    shapes.problem(client.call("POST", "/v1/auth/password", {"id_number": 7}), 422, "invalid")
    shapes.problem(client.call("GET", "/v1/me"), 401, "unauthenticated")

    first = client.person["password"]
    client.tokens = shapes.tokens(client.sign_in(first))
    assert client.tokens["must_change_password"]
    for method, path in (("GET", "/v1/enrolments"), ("POST", "/v1/me/confirm"), ("DELETE", "/v1/auth/wechat")):
        shapes.problem(client.call(method, path), 403, "password_change_required")
    me = shapes.has(shapes.done(client.call("GET", "/v1/me")), account_id=int, name=str, wechat_bound=bool)
    shapes.has(me, id_number_masked=str, mobile_masked=str, school=str, stage=str, subject=str)
    assert me["name"] == client.person["name"]
    assert client.person["id_number"] not in json.dumps(me)

    shapes.problem(client.call("PUT", "/v1/me/privacy", {"version": ""}), 422, "invalid")
    shapes.done(client.call("PUT", "/v1/me/privacy", {"version": "2022-07-01"}), 204)
    assert shapes.done(client.call("GET", "/v1/me"))["privacy_version"] == "2022-07-01"
    weak = {"old_password": first, "new_password": "12345678"}
    shapes.problem(client.call("PUT", "/v1/me/password", weak), 422, "invalid")
    new = {"old_password": first, "new_password": NEW_PASSWORD}
    shapes.done(client.call("PUT", "/v1/me/password", new), 204)
    shapes.problem(client.sign_in(first), 401, "bad_credentials")
    client.tokens = shapes.tokens(client.sign_in(NEW_PASSWORD))
    assert not client.tokens["must_change_password"]
    assert client.tokens["must_confirm_profile"]
    shapes.done(client.call("POST", "/v1/me/confirm"), 204)
    correction = {"field": "subject", "should_be": "数学", "note": "今年改教数学"}
    shapes.done(client.call("POST", "/v1/me/corrections", correction), 201)


def wechat(client: Client) -> None:
    code = client.system.call("GET", "/v1/mini-program/code")
    assert (code.status, code.headers["Content-Type"]) == (200, "image/png")
    ticket = shapes.problem(client.wechat("wx-lin-1"), 403, "wechat_not_bound")["binding_ticket"]
    shapes.tokens(client.bind(ticket))
    client.tokens = shapes.tokens(client.wechat("wx-lin-2"))
    assert not client.tokens["must_confirm_profile"]
    assert shapes.done(client.call("GET", "/v1/me"))["wechat_bound"]
    shapes.problem(client.wechat("wx-lin-2"), 401, "wechat_code_invalid")
    another = shapes.problem(client.wechat("wx-wang-1"), 403, "wechat_not_bound")["binding_ticket"]
    shapes.problem(client.bind(another), 409, "account_bound_elsewhere")

    before = client.tokens
    client.tokens = shapes.tokens(
        client.call("POST", "/v1/auth/refresh", {"refresh_token": client.tokens["refresh_token"]})
    )
    assert client.tokens["refresh_token"] != before["refresh_token"]
    shapes.problem(client.call("POST", "/v1/auth/refresh", {"refresh_token": "none"}), 401, "bad_token")


def choose_a_course(client: Client) -> tuple[int, dict[str, Any]]:
    enrolments = [shapes.enrolment(entry) for entry in shapes.done(client.call("GET", "/v1/enrolments"))]
    fast = next(entry for entry in enrolments if "快" in entry["programme"])
    path = f"/v1/enrolments/{fast['enrolment_id']}"
    courses = shapes.done(client.call("GET", f"{path}/courses"))
    for course in courses:
        shapes.has(course, course_id=int, title=str, module=str, chosen=bool, lessons=list)
        for lesson in course["lessons"]:
            shapes.has(lesson, lesson_id=int, title=str, duration=int, credited=int)
    chosen, dropped = courses[0], courses[1]
    for course in (chosen, dropped, dropped):
        shapes.done(client.call("PUT", f"{path}/courses/{course['course_id']}"), 204)
    shapes.done(client.call("DELETE", f"{path}/courses/{dropped['course_id']}"), 204)
    listed = shapes.done(client.call("GET", f"{path}/courses?chosen=true"))
    assert [course["course_id"] for course in listed] == [chosen["course_id"]]
    in_module = shapes.done(client.call("GET", f"{path}/courses?module={chosen['module']}"))
    assert {course["module"] for course in in_module} == {chosen["module"]}
    shapes.problem(client.call("GET", "/v1/enrolments/999999999"), 404, "not_found")
    shapes.problem(client.call("PUT", f"{path}/courses/999999999"), 404, "not_found")
    return fast["enrolment_id"], max(chosen["lessons"], key=lambda lesson: lesson["duration"])


def watch_replay_and_race(phone: Player) -> None:
    """Plain watching; the same beat again; a beat that claims more than the clock allows."""
    assert phone.watch()["credited"] == 2
    first = phone.watch()
    assert (first["state"], first["session"]["credited"]) == ("playing", 4)
    for _ in range(3):
        again = shapes.beat(phone.post("beats", phone.sent))
        assert again | {"durable": 0} == first | {"durable": 0}
    broken = phone.sent | {"seq": phone.seq + 1, "played": [[9, 5]]}
    shapes.problem(phone.post("beats", broken), 422, "invalid")
    shapes.problem(phone.post("beats", {}), 422, "invalid")

    since = phone.beat_at
    time.sleep(2)
    raced = phone.beat([phone.at, phone.at + 60])
    gained = raced["credited"] - 4
    assert 2 <= gained <= time.monotonic() - since + 2
    assert raced["session"]["withheld"] == {"too_fast": 60 - gained}
    assert raced["message"]
    phone.at += gained
    skipped = phone.beat([200, 201])
    assert skipped["session"]["withheld"].keys() <= {"too_fast", "skipped"}


def be_asked_and_answer(phone: Player) -> None:
    """The check comes within 20 to 40 seconds of the opening."""
    until = time.monotonic() + 45
    while phone.last["state"] == "playing":
        assert time.monotonic() < until, "no check came"
        before = phone.watch()
    assert phone.last["state"] == "challenged"
    assert phone.last["challenge"]["answer_within_ms"] <= 8_000
    assert before["session"]["pending"] == 0
    held = phone.watch()
    assert held["session"]["pending"] == 2
    assert held["credited"] == before["credited"]
    seen = shapes.covered(phone.client.system.call("GET", "/v1/study/coverage", None, phone.opened["study_token"]))
    assert (seen["credited"], seen["pending"]) == (held["credited"], [[phone.at - 2, phone.at]])
    mistaken = shapes.beat(phone.post("presence", {"challenge_id": "another"}))
    assert mistaken["state"] == "challenged"
    answered = shapes.beat(phone.post("presence", {"challenge_id": held["challenge"]["id"]}))
    assert (answered["state"], answered["session"]["pending"]) == ("playing", 0)
    assert answered["credited"] == held["credited"] + 2
    assert "challenge" not in answered
    assert answered["durable"] > 0
    phone.last = answered


def take_over(client: Client, phone: Player, where: dict[str, Any]) -> Player:
    refused = shapes.problem(
        client.call("POST", "/v1/study/sessions", where | {"device": "tablet"}), 409, "playing_elsewhere"
    )
    assert refused["device"] == "phone"
    shapes.moment(refused["since"])
    wanted = where | {"device": "tablet", "take_over": True}
    tablet = Player(client, shapes.opened(client.call("POST", "/v1/study/sessions", wanted)))
    assert tablet.opened["credited"] == phone.last["credited"]
    tablet.at = tablet.opened["resume_at"]
    displaced = phone.watch()
    assert displaced["state"] == "displaced"
    assert displaced["session"]["withheld"]["displaced"] == 2
    assert displaced["message"]
    phone.opened["study_token"] += "x"
    shapes.problem(phone.post("beats", phone.sent | {"seq": 99}), 401, "bad_token")
    assert tablet.watch()["state"] == "playing"
    return tablet


def read_the_evidence(client: Client, enrolment_id: int, lesson: dict[str, Any], players: list[Player]) -> None:
    """SQL says to the second what the last replies said."""
    path = f"/v1/enrolments/{enrolment_id}"
    query = f"?lesson_id={lesson['lesson_id']}"
    entries = [shapes.evidence(entry) for entry in shapes.done(client.call("GET", f"{path}/study{query}"))]
    by_session = {entry["session_id"]: entry for entry in entries}
    assert by_session.keys() == {player.opened["session_id"] for player in players}
    for player in players:
        entry = by_session[player.opened["session_id"]]
        shapes.moment(entry["opened_at"])
        assert {name: entry[name] for name in player.last["session"]} == player.last["session"]
    phone, tablet = players
    assert by_session[phone.opened["session_id"]]["presence"] == {"asked": 1, "answered": 1, "missed": 0}
    credited = sum(entry["credited"] for entry in entries)
    assert tablet.last["credited"] == credited
    courses = shapes.done(client.call("GET", f"{path}/courses"))
    assert sum(one["credited"] for course in courses for one in course["lessons"]) == credited
    card = shapes.enrolment(shapes.done(client.call("GET", path)))
    assert 0 < card["hours_credited"] <= credited / 2700 + 0.01
    assert shapes.done(client.call("GET", f"{path}/study?lesson_id={lesson['lesson_id'] + 1}")) == []


def log_out(client: Client) -> None:
    devices = [shapes.device(entry) for entry in shapes.done(client.call("GET", "/v1/me/devices"))]
    assert sum(device["current"] for device in devices) == 1
    shapes.problem(client.call("DELETE", f"/v1/me/devices/{'0' * 32}"), 404, "not_found")
    shapes.done(client.call("DELETE", "/v1/me/devices"), 204)
    [left] = shapes.done(client.call("GET", "/v1/me/devices"))
    assert left["current"]
    shapes.done(client.call("DELETE", "/v1/auth/wechat"), 204)
    shapes.problem(client.wechat("wx-lin-3"), 403, "wechat_not_bound")
    refresh = {"refresh_token": client.tokens["refresh_token"]}
    shapes.done(client.call("POST", "/v1/auth/logout", refresh), 204)
    shapes.problem(client.call("POST", "/v1/auth/refresh", refresh), 401, "bad_token")
    shapes.problem(client.call("GET", "/v1/me"), 401, "bad_token")


def test_what_operations_ask_for(system):
    assert shapes.done(system.call("GET", "/healthz"))
    assert shapes.done(system.call("GET", "/readyz"))
    assert system.call("GET", "/metrics").content.startswith(b"# HELP")
    assert shapes.done(system.call("GET", "/openapi.json"))["openapi"].startswith("3.")
    shapes.problem(system.call("GET", "/v1/nothing"), 404, "not_found")
