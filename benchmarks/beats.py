"""Beats a second of the Flask view against an empty Flask view: same server, same client, interleaved rounds, ratio of medians.

Each of CONNECTIONS keep-alive connections plays one session after the other at plain speed on a clock that runs fast: 20 media
seconds a beat, all credited. Replies are counted only when they are 200; anything else ends the run.
"""

import asyncio
import itertools
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from benchmarks.beats_app import clock
from heartbeat.intake import draw_entropy, local_day, to_ms
from heartbeat.keys import Place
from heartbeat.state import OpenCommand, Rules, Session
from heartbeat.store import Store
from server.clients import make_redis
from services.tokens import StudyClaims, Tokens
from tests.servers import RedisServer

CONNECTIONS = 16
ROUNDS = 7
ROUND_SECONDS = 2.5
LESSON = 1200
#: More than a connection gets answered in a round.
REQUESTS = 3_000
KEY = b"a key for the benchmark alone..!"


def sessions(store: Store) -> Iterator[str]:
    """Study tokens of freshly opened players, one teacher each."""
    tokens = Tokens(KEY, 900)
    account = 0
    while True:
        account += 1
        now = clock()
        now_ms = to_ms(now)
        place = Place(account, account, 1 + account % 50, f"{account:024x}")
        rules = Rules(windows=[(now_ms - 10**9, now_ms + 10**12)], presence_min_ms=10**9, presence_max_ms=2 * 10**9)
        session = Session(
            id=place.session, account=account, enrolment=account, lesson=place.lesson, duration=LESSON, rules=rules,
            opened_ms=now_ms, last_ms=now_ms, next_check_ms=0, days=[local_day(now)],
        )  # fmt: skip
        command = OpenCommand(
            now_ms=now_ms,
            session=session,
            device="bench",
            take_over=True,
            day_tally=0,
            last_ms=0,
            entropy=draw_entropy(),
        )
        assert store.open_session(place, local_day(now), command, b"").kind == "ok"
        claims = StudyClaims(place.session, account, account, place.lesson, LESSON)
        yield tokens.issue_study(claims, now + timedelta(days=36_500), now)


class Connection(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered. Requests are made beforehand: the client must cost
    little, for it shares the machine with the server and Redis."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests, self.replies, self.received, self.last = requests, 0, b"", b""
        self.done = asyncio.get_running_loop().create_future()
        self.stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank or len(body) < int(LENGTH.search(head)[1]):  # type: ignore[index]
            return
        self.received, self.last = b"", body
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"{head[:80]!r} {body[:200]!r}"))
        elif self.stopping:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.replies += 1
            self.transport.write(next(self.requests))


LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def request(path: str, token: str, body: Any) -> bytes:
    sent = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent


def requests(path: str, tokens: Iterator[str]) -> Iterator[bytes]:
    """The beats of one teacher after the other, each watching a whole lesson; made a lesson at a time."""
    while True:
        token = next(tokens)
        began = clock()
        for seq in range(1, LESSON // 20 + 1):
            at = (began + timedelta(seconds=20 * seq)).isoformat()
            yield request(path, token, {"seq": seq, "acked": seq - 1, "at": at, "played": [[20 * seq - 20, 20 * seq]]})


async def round_of(port: int, path: str, tokens: Iterator[str]) -> tuple[float, int]:
    """Replies a second over all connections, and what their last replies say is credited."""
    loop = asyncio.get_running_loop()
    ready = [list(itertools.islice(requests(path, tokens), REQUESTS)) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    made = [await loop.create_connection(lambda mine=mine: Connection(iter(mine)), "127.0.0.1", port) for mine in ready]
    connections = [connection for _, connection in made]
    await asyncio.sleep(ROUND_SECONDS)
    rate = sum(connection.replies for connection in connections) / (time.perf_counter() - began)
    for connection in connections:
        connection.stopping = True
    await asyncio.gather(*(connection.done for connection in connections))
    return rate, sum(json.loads(connection.last).get("credited", 0) for connection in connections)


def serve(redis_url: str, port: int, workers: int) -> "subprocess.Popen[bytes]":
    key = b64encode(KEY).decode()
    directory = Path(tempfile.mkdtemp())
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{directory / 'none.db'}",
        "REDIS_URL": redis_url,
        "TOKEN_KEY": key,
        "ID_INDEX_KEY": key,
        "ID_ENVELOPE_KEYS": f"k:{key}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "WEB_THREADS": "4",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "benchmarks.beats_app:make()"]
    return subprocess.Popen(command, env=env, start_new_session=True)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def main() -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    redis_server = RedisServer().start()
    server = serve(redis_server.url, port, workers=1)
    try:
        wait_for(port)
        tokens = sessions(Store(make_redis(redis_server.url)))
        rates: dict[str, list[float]] = {"beats": [], "empty": []}
        for turn in range(ROUNDS + 1):
            for name, path in (("beats", "/v1/study/beats"), ("empty", "/empty/beats")):
                rate, credited = asyncio.run(round_of(port, path, tokens))
                if turn:  # the first round warms up
                    rates[name].append(rate)
                if name == "beats":
                    assert credited > 0, "the beats were credited"
        medians = {name: statistics.median(found) for name, found in rates.items()}
        result = medians | {"ratio": medians["empty"] / medians["beats"]}
        print(
            f"Flask view {result['beats']:,.0f} beats/s, empty Flask view {result['empty']:,.0f}/s: "
            f"the view costs {result['ratio']:.2f}× an empty one",
            flush=True,
        )
        return result
    finally:
        server.terminate()
        server.wait(timeout=30)
        redis_server.close()


if __name__ == "__main__":
    main()
