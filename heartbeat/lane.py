"""The fast lane: POST /v1/study/{beats,presence,end} on the event loop, ahead of everything else.

Does what the Flask view does, with the same core (heartbeat.intake), for many at once: all beats of one tick of the loop share the
clock's reading, and all of two milliseconds one write to Redis. What is not plainly a beat goes on to the application behind,
which answers it as it always would.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog

from heartbeat import intake, pace, wire
from heartbeat.intake import Moment, Ticket
from heartbeat.link import Link
from heartbeat.scripts import read_outcome
from heartbeat.state import Rules

log = structlog.get_logger()

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

PATH = "/v1/study/"
#: The interval that nearly every programme asks for, s; the meter need not be exact.
USUAL_S = Rules().beat_every_ms / 1000
#: One beat shows the meter at most so many seconds of watching, …
MOST_REPORTED_S = Rules().max_silence_ms // 1000
#: … and only from a player that is open.
WATCHING = frozenset({"playing", "challenged", "idle"})
#: Waits kept for the quantiles of one second.
MOST_WAITS = 20_000
#: No beat is longer: 64 intervals and the rest need under 2 kB. Longer bodies go to the application behind.
LONGEST_BODY = 8 * 1024


@dataclass
class Second:
    """What was answered during one second."""

    states: Counter[str] = field(default_factory=Counter)
    #: By path and HTTP status.
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: How long each waited, s; sorted once the second is over.
    waits: list[float] = field(default_factory=list)
    #: Media seconds reported.
    reported_s: int = 0
    #: How many times the usual interval clients were asked to wait.
    stretch: float = 1.0

    def wait(self, quantile: float) -> float:
        return self.waits[int(quantile * (len(self.waits) - 1))] if self.waits else 0.0


class Front(Protocol):
    """What the lane needs of the house it stands in front of."""

    @property
    def clock(self) -> Callable[[], datetime]: ...

    @property
    def recognise(self) -> Callable[[bytes, datetime], Ticket]:
        """Whose study token this is; raises an error that `refuse` knows."""

    def refuse(self, error: Exception, path: str) -> tuple[int, Headers, bytes]:
        """What to answer to an error."""

    def told(self, second: "Second") -> None:
        """Metrics, once a second."""


class Lane:
    """An ASGI application in front of `behind`."""

    def __init__(self, behind: App, front: Front, link: Callable[[], Link]) -> None:
        self._behind, self._front, self._make_link = behind, front, link
        self._link: Link | None = None
        self._meter = pace.Meter()
        self._now: tuple[datetime, Moment] | None = None
        self._second = Second()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith(PATH) and scope["method"] == "POST":
                judge = intake.VERBS.get(path[len(PATH) :])
                if judge is not None and (token := _bearer(scope["headers"])) is not None:
                    await self._answer(judge, path, token, receive, send)
                    return
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await self._behind(scope, receive, send)

    async def _answer(self, judge: intake.Judge, path: str, token: bytes, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        if message["type"] == "http.disconnect":  # gone, or its body did not come in time
            await send({"type": "http.response.start", "status": 408, "headers": ((b"content-length", b"0"),)})
            await send({"type": "http.response.body", "body": b""})
            return
        began = time.perf_counter()
        status, headers = 200, _OK
        try:
            now, moment = self._now or self._tick()
            call = judge(self._front.recognise(token, now), body, moment)
            outcome = read_outcome(await self._redis.run(call))
            reply = intake.present(outcome, self._meter.pressure)
            second = self._second
            second.states[reply.state] += 1
            if reply.state in WATCHING:
                # What is claimed counts no more than the time that a silence may take: nobody makes a crowd of himself.
                second.reported_s += min(call.reported, MOST_REPORTED_S)
            content = wire.encode(reply)
        except Exception as error:  # noqa: BLE001 — the front judges it, as Flask's error handlers would
            status, headers, content = self._front.refuse(error, path)
        self._note(path, status, time.perf_counter() - began)
        length = (b"content-length", b"%d" % len(content))
        await send({"type": "http.response.start", "status": status, "headers": (*headers, length)})
        await send({"type": "http.response.body", "body": content})

    def _note(self, path: str, status: int, waited_s: float) -> None:
        second = self._second
        second.statuses[path, status] += 1
        if len(second.waits) < MOST_WAITS:
            second.waits.append(waited_s)

    def _tick(self) -> tuple[datetime, Moment]:
        """The clock, read once for all beats of this tick."""
        now = self._front.clock()
        self._now = found = now, Moment.of(now)
        asyncio.get_running_loop().call_soon(self._tock)
        return found

    def _tock(self) -> None:
        self._now = None

    @property
    def _redis(self) -> Link:
        if self._link is None:  # its connections belong to this process' loop
            self._link = self._make_link()
        return self._link

    async def _live(self, receive: Receive, send: Send) -> None:
        """The server's start and stop."""
        watch = asyncio.create_task(self._watch())
        try:
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        finally:
            watch.cancel()
            self.close()

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    async def _watch(self) -> None:
        """Once a second: how busy are we?"""
        at, used = time.perf_counter(), time.process_time()
        while True:
            await asyncio.sleep(1.0)
            before, used_before = at, used
            at, used = time.perf_counter(), time.process_time()
            second, self._second = self._second, Second()
            second.waits.sort()
            load, seconds = (used - used_before) / (at - before), at - before
            self._meter.observe(load, second.wait(0.5), second.states.total(), second.reported_s / seconds, USUAL_S)
            second.stretch = self._meter.stretch
            try:
                self._front.told(second)
            except Exception:
                log.exception("metrics_failed")  # beats go on without being counted


_OK: Headers = (
    (b"content-type", b"application/json"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


def _bearer(headers: Headers) -> bytes | None:
    """The token, where this is plainly a beat: one bearer token, and a JSON body of a beat's size."""
    token = None
    is_json = False
    for name, value in headers:
        if name == b"authorization":
            if token is not None or value[:7].lower() != b"bearer ":
                return None
            token = value[7:]
        elif name == b"content-type":
            is_json = value.partition(b";")[0].strip().lower() == b"application/json"
        elif name == b"content-length":
            if len(value) > 6 or int(value) > LONGEST_BODY:
                return None
        elif name in {b"content-encoding", b"transfer-encoding"}:
            return None
    return token.strip() if is_json and token else None
