"""The lane itself: what it takes, what it passes on, and how it asks Redis. What it answers: miniprogram_api/test_study.py."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from heartbeat import scripts
from heartbeat.intake import Ticket
from heartbeat.keys import Place
from heartbeat.lane import LONGEST_BODY, MOST_REPORTED_S, Lane
from heartbeat.state import Session

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEAT = {"seq": 1, "acked": 0, "at": NOW.isoformat(), "played": [[0, 20]]}


class Front:
    """Every token is good; what is refused is told as it came."""

    def __init__(self):
        self.seconds, self.readings = [], 0

    def clock(self):
        self.readings += 1
        return NOW

    def recognise(self, token, now):
        if token == b"bad":
            raise PermissionError
        return Ticket(Place(int(token), 1, 1, "s"), 600)

    def refuse(self, error, path):
        return 418, [(b"content-type", b"text/plain")], f"{type(error).__name__} {path}".encode()

    def told(self, second):
        self.seconds.append(second)


class Link:
    """Redis that credits whatever it is told."""

    def __init__(self):
        self.calls, self.open = [], True

    async def run(self, call):
        self.calls.append(call)
        await asyncio.sleep(0)
        session = Session(id="s", account=1, enrolment=1, lesson=1, duration=600, rules=scripts.Rules(), opened_ms=0, last_ms=0,
                          next_check_ms=10**15, seq=1, reported=20, credited=20, covered=20)  # fmt: skip
        return [b"ok", scripts.encode(session)]

    def close(self):
        self.open = False


class House:
    """A lane with what stands behind and around it."""

    def __init__(self):
        self.front, self.link, self.passed_on = Front(), Link(), []
        self.lane = Lane(self.behind, self.front, lambda: self.link)

    async def behind(self, scope, receive, send):
        message = await receive()
        self.passed_on.append((scope["method"], scope["path"], message.get("body")))

    async def ask(self, path="/v1/study/beats", body=BEAT, method="POST", chunks=1, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {"authorization": "Bearer 7", "content-type": "application/json", "content-length": str(len(content))}
        known |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = [(name.encode(), value.encode()) for name, value in known.items() if value is not None]
        scope = {"type": "http", "path": path, "method": method, "headers": given}
        size = -(-len(content) // chunks)
        parts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
        messages = [{"type": "http.request", "body": p, "more_body": i + 1 < len(parts)} for i, p in enumerate(parts)]
        rest, sent = iter(messages), []

        async def receive():
            return next(rest, {"type": "http.disconnect"})

        async def send(message):
            sent.append(message)

        await self.lane(scope, receive, send)
        return sent


@pytest.fixture
def house():
    return House()


def test_a_beat_is_judged_here_and_nothing_else_hears_of_it(house):
    start, content = asyncio.run(house.ask(chunks=3))
    assert start["status"] == 200
    assert json.loads(content["body"])["credited"] == 20
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(content["body"])
    assert dict(start["headers"])[b"cache-control"] == b"no-store"
    assert house.link.calls[0].script is scripts.BEAT
    assert house.passed_on == []


def test_beats_of_one_tick_share_the_reading_of_the_clock(house):
    async def many():
        await asyncio.gather(*(house.ask() for _ in range(50)))

    asyncio.run(many())
    assert len(house.link.calls) == 50
    assert house.front.readings == 1


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "GET"}, {"method": "PUT"}, {"path": "/v1/study/beats/"}, {"path": "/v1/study/sessions"}, {"path": "/v1/study/"},
        {"path": "/v1/me"}, {"content_type": "text/plain"}, {"content_type": None}, {"authorization": None},
        {"authorization": "Basic eA=="}, {"content_length": str(LONGEST_BODY + 1)}, {"content_length": "9" * 30},
        {"transfer_encoding": "chunked"}, {"content_encoding": "gzip"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_plainly_a_beat_goes_on_untouched(house, request_):
    assert asyncio.run(house.ask(**request_)) == []
    assert house.passed_on[0][2] == json.dumps(BEAT).encode()
    assert house.link.calls == []


@pytest.mark.parametrize(
    ("headers", "body"), [({"authorization": "Bearer bad"}, BEAT), ({}, b"{"), ({}, BEAT | {"seq": 0})]
)
def test_an_error_is_the_fronts_to_tell(house, headers, body):
    start, content = asyncio.run(house.ask(body=body, **headers))
    assert start["status"] == 418
    assert content["body"].decode().split()[0] in ("PermissionError", "Invalid")
    assert house.link.calls == []


def test_a_client_that_went_away_before_its_body_came_is_not_judged(house):
    async def gone():
        async def receive():
            return {"type": "http.disconnect"}

        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "path": "/v1/study/beats", "method": "POST",
                 "headers": [(b"authorization", b"Bearer 7"), (b"content-type", b"application/json")]}  # fmt: skip
        await house.lane(scope, receive, send)
        return sent

    assert asyncio.run(gone())[0]["status"] == 408
    assert house.link.calls == []


def test_it_starts_counts_and_closes_its_connections_with_the_server(house, monkeypatch):
    async def life():
        events = asyncio.Queue()
        sent = []

        async def send(message):
            sent.append(message["type"])

        real_sleep = asyncio.sleep
        monkeypatch.setattr("heartbeat.lane.asyncio.sleep", lambda _s: real_sleep(0.01))
        task = asyncio.create_task(house.lane({"type": "lifespan"}, events.get, send))
        await events.put({"type": "lifespan.startup"})
        await house.ask()
        await house.ask(authorization="Bearer bad")
        while not any(second.statuses for second in house.front.seconds):
            await real_sleep(0.01)
        await events.put({"type": "lifespan.shutdown"})
        await task
        return sent

    assert asyncio.run(life()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    total = sum((second.statuses for second in house.front.seconds), Counter())
    assert total == {("/v1/study/beats", 200): 1, ("/v1/study/beats", 418): 1}
    assert sum((second.states for second in house.front.seconds), Counter()) == {"playing": 1}
    assert not house.link.open


def test_what_one_client_claims_makes_no_crowd(house):
    lesson = [[0, 600]] * 32
    asyncio.run(house.ask(body=BEAT | {"played": lesson}))
    assert house.lane._second.reported_s == MOST_REPORTED_S


def test_metrics_that_fail_do_not_stop_the_watch(house, monkeypatch):
    told = []

    def fail(second):
        told.append(second)
        raise OSError("the disk is full")

    async def life():
        real_sleep = asyncio.sleep
        monkeypatch.setattr("heartbeat.lane.asyncio.sleep", lambda _s: real_sleep(0.01))
        monkeypatch.setattr(house.front, "told", fail)
        events = asyncio.Queue()

        async def send(message):
            pass

        task = asyncio.create_task(house.lane({"type": "lifespan"}, events.get, send))
        while len(told) < 3:
            await real_sleep(0.01)
        await events.put({"type": "lifespan.shutdown"})
        await task

    asyncio.run(life())
