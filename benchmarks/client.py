"""The closed loop: keep-alive connections that ask again as soon as they are answered. It finds how much a server can do.

Requests come ready-made from an iterator for each connection; the client only writes, counts and looks at statuses.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import uvloop

#: Like the connections of a load balancer: many, and always open.
CONNECTIONS = 64
#: Before the load is measured it has run for so long, at most.
WARM_S = 0.3


class Refused(Exception):
    """The server answered something else than what was to be."""


def shares(accounts: Sequence[int]) -> list[Sequence[int]]:
    """Who beats over which connection: a teacher keeps to one, so that beats arrive in order."""
    return [accounts[number::CONNECTIONS] for number in range(CONNECTIONS)]


def warm_s(seconds: float) -> float:
    """How long a load runs before `seconds` of it are measured."""
    return min(WARM_S, seconds)


class Load(NamedTuple):
    """What happened while the load was measured, between two looks; the load itself began before and ended after."""

    seconds: float
    replies: int
    #: Processor seconds by group of processes.
    cpu_s: dict[str, float]

    @property
    def rate(self) -> float:
        return self.replies / self.seconds

    def cpu_us(self, group: str) -> float:
        """Processor time of the group for each reply, µs."""
        return self.cpu_s[group] / max(1, self.replies) * 1e6


class Connection(asyncio.Protocol):
    """Answered `replies` times with `status`; anything else is an error that `done` raises."""

    def __init__(self, requests: Iterator[bytes], status: int) -> None:
        self.requests, self.replies, self.rest = requests, 0, b""
        self.greeting = b"HTTP/1.1 %d" % status
        self.done = asyncio.get_running_loop().create_future()
        self.stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self) -> None:
        try:
            self.transport.write(next(self.requests))
        except StopIteration:
            self._fail("there are no more requests: prepare more of them")

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        if not is_whole(data):
            self.rest = data
            return
        self.rest = b""
        if not data.startswith(self.greeting):
            self._fail(data[:500].decode(errors="replace"))
            return
        self.replies += 1
        if self.stopping:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server hung up: {exc}")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(Refused(why))
            self.transport.close()


def is_whole(data: bytes) -> bool:
    """Whether a reply with a Content-Length is all there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = data.find(b"ength: ", 0, end) + 7
    return len(data) - end - 4 >= int(data[at : data.index(b"\r", at)])


def load(
    port: int, feeds: Sequence[Iterator[bytes]], seconds: float, cpu: Callable[[], dict[str, float]], status: int = 200
) -> tuple[Load, int]:
    """A connection for each feed, all busy for a moment and then for `seconds`, which are measured.

    Returns that, and the replies from the first to the last, all of them `status`. Raises Refused at any other.
    """
    return uvloop.run(_load(port, feeds, seconds, cpu, status))


async def _load(
    port: int, feeds: Sequence[Iterator[bytes]], seconds: float, cpu: Callable[[], dict[str, float]], status: int
) -> tuple[Load, int]:
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for feed in feeds:
        _, made = await loop.create_connection(lambda feed=feed: Connection(feed, status), "127.0.0.1", port)
        connections.append(made)

    def look() -> tuple[float, int, dict[str, float]]:
        return time.perf_counter(), sum(connection.replies for connection in connections), cpu()

    ended: asyncio.Future[Any] = asyncio.gather(*(connection.done for connection in connections))
    try:
        for connection in connections:
            connection.ask()
        await asyncio.wait([ended], timeout=warm_s(seconds))
        before = look()
        await asyncio.wait([ended], timeout=seconds)
        after = look()
        for connection in connections:
            connection.stopping = True
        await ended
    finally:
        for connection in connections:
            connection.transport.close()
    used = {name: after[2][name] - before[2][name] for name in after[2]}
    return Load(after[0] - before[0], after[1] - before[1], used), look()[1]
