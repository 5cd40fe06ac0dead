"""The open loop: requests leave when their time has come, whether or not earlier ones are answered.

How long a reply took counts from the moment it was to be sent, so a stall of the server, or of this client, is counted for all who
would have come meanwhile (no coordinated omission). Where no connection is free another is opened, a few at a time: who waits for
one waits on the clock.
"""

import asyncio
import time
from array import array
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future as Promise
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Generic, TypeVar, cast

import uvloop

from benchmarks.client import is_whole

T = TypeVar("T")
Quantiles = dict[str, float]
#: Kept open from the start, as a load balancer would.
LINES = 512
#: No more than so many, and so many of them being opened at once: a stall must not become a storm of connections.
MOST_LINES, AT_ONCE = 2_000, 16
#: A reply that takes longer is lost.
PATIENCE_S = 20.0
TICK_S = 0.001


class Line(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self.pool, self.rest = pool, b""
        self.tag: Any = None
        self.intended = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, intended: float, tag: Any) -> None:
        self.tag, self.intended = tag, intended
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        if not is_whole(data):
            self.rest = data
            return
        self.rest = b""
        tag, self.tag = self.tag, None
        self.pool.waits.append(time.perf_counter() - self.intended)
        self.pool.free_again(self)
        self.pool.answered(tag, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.gone(self)


class Pool(Generic[T]):
    """Lines to one port. `answered(tag, reply)` is called for each reply, `lost(tag)` where there will be none."""

    def __init__(self, port: int, answered: Callable[[T, bytes], None], lost: Callable[[T], None]) -> None:
        self.port, self.answered, self.lost = port, answered, lost
        #: Seconds from when each reply's request was to be sent.
        self.waits = array("f")
        #: Requests that have left, or wait for a line.
        self.asked = 0
        self.lines: set[Line] = set()
        #: The most lines there have been.
        self.opened = 0
        self._free: list[Line] = []
        self._waiting: deque[tuple[bytes, float, T]] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self.closing = False

    async def open(self, requests: int) -> None:
        """Some lines to begin with; a small load, of so many requests, needs few."""
        for _ in range(min(LINES, max(32, requests // 20))):
            await self._open()

    def ask(self, request: bytes, intended: float, tag: T) -> None:
        self.asked += 1
        if self._free:
            self._free.pop().ask(request, intended, tag)
            return
        self._waiting.append((request, intended, tag))
        opening = len(self._opening)
        if opening < min(AT_ONCE, len(self._waiting)) and len(self.lines) + opening < MOST_LINES:
            task = asyncio.create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def free_again(self, line: Line) -> None:
        if self._waiting:
            line.ask(*self._waiting.popleft())
        else:
            self._free.append(line)

    def gone(self, line: Line) -> None:
        self.lines.discard(line)
        if line in self._free:
            self._free.remove(line)
        if line.tag is not None and not self.closing:
            tag, line.tag = line.tag, None
            self.lost(tag)

    async def close(self) -> None:
        """Hang up. What is not answered by now is lost."""
        self.closing = True
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for _, _, tag in self._waiting:
            self.lost(tag)
        for line in list(self.lines):
            if line.tag is not None:
                self.lost(line.tag)
            line.transport.abort()
        await asyncio.sleep(0)

    async def drained(self, under_way: Callable[[], int]) -> None:
        """Wait until all are answered, or PATIENCE_S have passed."""
        until = time.perf_counter() + PATIENCE_S
        while under_way() and time.perf_counter() < until:  # noqa: ASYNC110 — nothing else is waited for
            await asyncio.sleep(0.01)

    async def _open(self) -> None:
        try:
            _, line = await asyncio.get_running_loop().create_connection(lambda: Line(self), "127.0.0.1", self.port)
        except OSError:
            if self._waiting:
                self.lost(self._waiting.popleft()[2])
            return
        self.lines.add(line)
        self.opened = max(self.opened, len(self.lines))
        self.free_again(line)


def each_tick(tick: Callable[[], None]) -> Callable[[], None]:
    """Call `tick` about every millisecond. Returns what ends it."""
    loop = asyncio.get_running_loop()
    ended = False

    def again() -> None:
        if not ended:
            loop.call_later(TICK_S, again)
            tick()

    def end() -> None:
        nonlocal ended
        ended = True

    again()
    return end


def quantiles(waits: "array[float]") -> Quantiles:
    """p50, p99, p99.9 and the longest, ms; how many there are."""
    ranked = sorted(waits)
    at = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999, "longest_ms": 1.0}
    found = {name: ranked[int(part * (len(ranked) - 1))] * 1000 for name, part in at.items()}
    return found | {"replies": float(len(ranked))}


@contextmanager
def own_process() -> Iterator[Callable[..., "Promise[Any]"]]:
    """`begin(coroutine function, *arguments)` runs it under uvloop in a process of its own; the promise has its result."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:

        def begin(work: Callable[..., Awaitable[Any]], *arguments: Any) -> "Promise[Any]":
            return pool.submit(_run, work, arguments)

        yield begin


def _run(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return uvloop.run(work(*arguments))
