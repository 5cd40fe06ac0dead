"""A master killed with -9 while teachers watch, on the real clock: what was promised comes back, because players send it again.

The lane, the flusher and the players run here; the cluster's servers are real. `pytest -s` shows how long it took.
"""

import asyncio
import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat import bitmap, keys
from heartbeat.flusher import Flusher
from heartbeat.lane import Lane
from heartbeat.store import Store
from models import Coverage, Enrolment, StudyDay
from server import create_asgi_app
from server.clients import make_redis
from server.database import make_engine
from services import programmes
from services.tokens import AccessClaims, Tokens
from tests import factories
from tests.programmes.notices import phase2_text
from tests.redis_cluster import ClusterNode, RedisCluster

WATCHERS = 20
#: Seconds that each watches, and between beats.
SECONDS, PERIOD = 7.0, 0.25
#: When the master dies.
DIES_AT = 1.5
#: Detecting takes NODE_TIMEOUT_MS, electing up to a second more; the rest is this machine's.
AT_MOST_S = 12.0


@dataclass
class Watcher:
    """A player that keeps the contract of docs/counting.md: it resends what was not answered, and what SQL lacks where asked to."""

    lane: Lane
    account: int
    token: str
    enrolment: int
    lesson: int
    study_token: str = ""
    seq: int = 0
    answered: int = 0
    position: int = 0
    #: (seq, last word of the path, body) of what SQL may lack.
    held: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    #: When beats were refused, monotonic.
    refused: list[float] = field(default_factory=list)
    #: The longest wait from a refusal to an answer, s.
    outage: float = 0.0
    resends: int = 0
    reply: dict[str, Any] = field(default_factory=dict)

    async def open(self) -> None:
        body = {"enrolment_id": self.enrolment, "lesson_id": self.lesson, "device": "phone", "take_over": False}
        self.study_token = (await self._insist("sessions", self.token, body))["study_token"]

    async def watch(self) -> None:
        began = time.monotonic()
        for turn in itertools.count(1):
            await asyncio.sleep(max(0.0, began + turn * PERIOD - time.monotonic()))
            played = int(time.monotonic() - began)
            ends = time.monotonic() - began >= SECONDS
            self._cut(played, "end" if ends else "beats")
            await self._talk()
            if ends:
                return

    def _cut(self, played: int, where: str) -> None:
        self.seq += 1
        at = datetime.now(UTC).isoformat()
        interval = [[self.position, played]] if played > self.position else []
        self.held.append((self.seq, where, {"seq": self.seq, "acked": self.answered, "at": at, "played": interval}))
        self.position = max(self.position, played)

    async def _talk(self) -> None:
        while waiting := [beat for beat in self.held if beat[0] > self.answered]:
            _, where, body = waiting[0]
            self.reply = await self._insist(where, self.study_token, body)
            self.resends += "resend_from" in self.reply
            self.answered = self.reply["seq"]  # less than before, where Redis came back older
            self.held = [beat for beat in self.held if beat[0] > self.reply["durable"]]

    async def _insist(self, where: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        first = None
        while True:
            status, reply = await ask(self.lane, f"/v1/study/{where}", token, body)
            if status in (200, 201):
                if first is not None:
                    self.outage = max(self.outage, time.monotonic() - first)
                return reply
            assert (status, reply["code"]) == (503, "try_again"), reply
            self.refused.append(time.monotonic())
            first = first or self.refused[-1]
            await asyncio.sleep(0.1)


async def ask(lane: Lane, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
    content, said = json.dumps(body).encode(), []
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json"),
               (b"content-length", str(len(content)).encode())]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else await asyncio.Future()

    async def send(message: Any) -> None:
        said.append(message)

    await lane(scope, receive, send)
    return said[0]["status"], json.loads(b"".join(message.get("body", b"") for message in said[1:]))


@pytest.fixture
def lane(settings, redis_cluster) -> Lane:
    return create_asgi_app(replace(settings, redis_url=redis_cluster.url))


@pytest.fixture
def engine(settings) -> Iterator[sa.Engine]:
    made = make_engine(settings.database_url)
    yield made
    made.dispose()


@pytest.fixture
def watchers(lane, session, settings) -> list[Watcher]:
    now, week = datetime.now(UTC), timedelta(days=7)
    dates = ("2022-10-31", f"{now + week:%Y-%m-%d}"), ("2022-07-16", f"{now - week:%Y-%m-%d}")
    text = phase2_text(*dates, accept=True)
    programme = programmes.publish(session, text, now)
    lesson = factories.lesson(session, factories.course(session, programme, module="ethics"), duration=600)
    tokens = Tokens(settings.token_key, settings.access_token_seconds, settings.refresh_token_seconds)
    found = []
    for index in range(WATCHERS):
        account = factories.account(session)
        enrolment = factories.enrolment(session, account, programme)
        family = f"{index:032}"
        factories.refresh_token(session, account, family, now)
        token = tokens.issue_access(AccessClaims(account.id, account.token_version or 1, family), now)
        found.append(Watcher(lane, account.id, token, enrolment.id, lesson.id))
    session.commit()
    return found


@pytest.fixture
def flushing(engine, redis_cluster) -> Callable[[], Any]:
    @contextmanager
    def flushing() -> Iterator[None]:
        stop = threading.Event()
        flusher = Flusher(engine, Store(make_redis(redis_cluster.url)), lambda: datetime.now(UTC))
        thread = threading.Thread(target=flusher.run, args=(0.3, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    return flushing


def on(cluster: RedisCluster, node: ClusterNode, watchers: list[Watcher]) -> list[Watcher]:
    """Those whose bucket this master serves."""
    return [w for w in watchers if cluster.master_of(keys.tag(keys.bucket(w.account))) is node]


async def watch_while(lane: Lane, watchers: list[Watcher], what_happens: Callable[[], None]) -> None:
    async def happens() -> None:
        await asyncio.sleep(DIES_AT)
        await asyncio.to_thread(what_happens)

    await asyncio.gather(*(watcher.open() for watcher in watchers))
    await asyncio.gather(happens(), *(watcher.watch() for watcher in watchers))
    lane.close()
    await asyncio.sleep(0)


def assert_all_is_credited(engine: sa.Engine, watchers: list[Watcher]) -> None:
    """Exactly what was played: none lost, none twice."""
    with Session(engine) as sql:
        for watcher in watchers:
            row = sql.get_one(Coverage, (watcher.enrolment, watcher.lesson))
            assert set(bitmap.seconds(row.bitmap)) == set(range(watcher.position))
            assert watcher.position >= SECONDS
            assert row.credited == watcher.position
            assert sql.get_one(Enrolment, watcher.enrolment).credited_seconds == watcher.position
            days = sa.select(sa.func.sum(StudyDay.credited)).where(StudyDay.enrolment_id == watcher.enrolment)
            assert sql.scalar(days) == watcher.position
            assert watcher.reply["credited"] == watcher.position
            assert watcher.reply["session"]["withheld"] == {}


def told(what: str, hit: list[Watcher], spared: list[Watcher]) -> None:
    moments = sorted(moment for watcher in hit for moment in watcher.refused)
    print(
        f"\n{what}: {len(hit)} players refused for {min(w.outage for w in hit):.1f} to {max(w.outage for w in hit):.1f} s,"
        f" all within {moments[-1] - moments[0]:.1f} s; {len(spared)} on other masters refused"
        f" {sum(len(w.refused) for w in spared)} times; {sum(w.resends for w in hit)} asked to resend"
    )


def test_a_master_killed_under_load_costs_seconds_of_waiting_and_none_of_study(
    lane, watchers, engine, redis_cluster, flushing
):
    doomed = redis_cluster.master_of(keys.tag(keys.bucket(watchers[0].account)))
    hit = on(redis_cluster, doomed, watchers)
    spared = [watcher for watcher in watchers if watcher not in hit]
    with flushing():
        asyncio.run(watch_while(lane, watchers, lambda: doomed.stop(signal.SIGKILL)))
    told("killed", hit, spared)
    assert len(hit) >= 3
    assert all(0 < watcher.outage < AT_MOST_S for watcher in hit)
    assert all(not watcher.refused for watcher in spared), "the other masters' teachers noticed nothing"
    assert_all_is_credited(engine, watchers)


def test_what_only_the_dead_master_knew_is_resent(lane, watchers, engine, redis_cluster, flushing):
    """Its replica had been cut off for more than a second: what it acknowledged since is nowhere, and no flusher had run."""
    doomed = redis_cluster.master_of(keys.tag(keys.bucket(watchers[0].account)))
    replica = redis_cluster.replica_of(doomed)
    hit = on(redis_cluster, doomed, watchers)

    def cut_off_and_kill() -> None:
        redis_cluster.cut_off(replica)
        time.sleep(1.5)  # beats go on, and only the master hears of them
        doomed.stop(signal.SIGKILL)

    asyncio.run(watch_while(lane, watchers, cut_off_and_kill))
    with flushing():
        pass  # once
    told("killed, its replica 1.5 s behind", hit, [watcher for watcher in watchers if watcher not in hit])
    assert all(watcher.resends >= 1 for watcher in hit), "the replica knew less than was acknowledged"
    assert all(watcher.outage < AT_MOST_S for watcher in hit)
    assert_all_is_credited(engine, watchers)
