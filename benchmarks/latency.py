"""How long a beat waits for its reply, in an open loop at 30, 60 and 80 % of the lane's peak: python -m benchmarks.latency

Players come independently of each other (a Poisson process) at a fixed rate, each beat is another teacher's, and the wait counts
from the moment a beat was to be sent. The load generator shares the machine and is timed too: `sent_late_p99_ms` is how late it
was itself, which is part of every figure. No beat may be refused or lost, and every second sent must be credited.
"""

import asyncio
import gc
import random
import time
from array import array
from contextlib import ExitStack
from functools import partial
from typing import Any

from redis import Redis

from benchmarks import apps, openloop, rounds, servers
from benchmarks.beats import TEACHERS, beating
from benchmarks.crowd import BEAT, Mint, Watching
from benchmarks.effort import FULL, Effort
from benchmarks.openloop import Pool

FRACTIONS = (0.3, 0.6, 0.8)
#: Latencies need long rounds; so many of them, at most.
ROUNDS = 3
#: How many teachers take turns, at most: that many beats lie between two of one teacher.
CROWD = 20_000


async def at_rate(
    port: int, redis_socket: str, clock: apps.Clock, rate: float, seconds: float, first_account: int
) -> dict[str, float]:
    """Beats at `rate` for `seconds`; how long they waited."""
    count = max(100, int(rate * seconds))
    teachers = range(first_account, first_account + min(CROWD, count))
    watching = Watching(teachers, clock, Mint(clock()), redis_socket)
    watching.prepare(count)
    gaps = random.Random(first_account)
    due, at = array("d"), 0.0
    for _ in range(count):
        at += gaps.expovariate(rate)
        due.append(at)
    refused: list[bytes] = []
    lost: list[int] = []

    def answered(_tag: int, reply: bytes) -> None:
        if not reply.startswith(b"HTTP/1.1 200"):
            refused.append(reply[:300])

    pool = Pool[int](port, answered, lost.append)
    await pool.open(count)
    late, sent, began = array("f"), 0, time.perf_counter() + 0.1

    def tick() -> None:
        nonlocal sent
        now = time.perf_counter()
        while sent < count and began + due[sent] <= now:
            late.append(now - began - due[sent])
            pool.ask(next(watching), began + due[sent], sent)
            sent += 1

    gc.collect()
    gc.freeze()
    gc.disable()
    end = openloop.each_tick(tick)
    await asyncio.sleep(due[-1] + 0.1)
    await pool.drained(lambda: count - len(pool.waits) - len(lost))
    end()
    await pool.close()
    assert not refused, f"{len(refused)} of {count} beats were refused, the first: {refused[0]!r}"
    assert not lost, f"{len(lost)} of {count} beats were lost"
    with Redis(unix_socket_path=redis_socket) as redis:
        credited, _ = watching.counted(redis)
    assert credited == count * BEAT, f"{credited} s of {count * BEAT} were credited"
    return openloop.quantiles(pool.waits) | {
        "sent_late_p99_ms": openloop.quantiles(late)["p99_ms"],
        "rate": count / due[-1],
        "beats": float(count),
        "connections": float(pool.opened),
    }


def main(effort: Effort = FULL) -> dict[str, Any]:
    with ExitStack() as stack:
        redis = stack.enter_context(servers.redis())
        crowd = range(1, TEACHERS + 1)
        lane = stack.enter_context(beating("benchmarks.apps:lane()", "asgi", redis, crowd, effort))
        begin = stack.enter_context(openloop.own_process())
        peak = rounds.interleaved({"lane": lane}, effort.rounds)["lane"]["rate"]
        first = TEACHERS + 1

        def measure(fraction: float) -> dict[str, float]:
            nonlocal first
            first += CROWD
            arguments = (lane.web.port, str(redis.socket), lane.clock, fraction * peak, effort.latency_seconds, first)
            found: dict[str, float] = begin(at_rate, *arguments).result()
            return found

        measures = {fraction: partial(measure, fraction) for fraction in FRACTIONS}
        found = rounds.interleaved(measures, min(ROUNDS, effort.rounds))
    for fraction, figures in found.items():
        print(
            f"  {fraction:.0%} of the peak, {figures['rate']:>7,.0f}/s: p50 {figures['p50_ms']:.1f}, p99 {figures['p99_ms']:.1f}, "
            f"p99.9 {figures['p999_ms']:.1f} ms (the generator was {figures['sent_late_p99_ms']:.1f} ms late at p99)",
            flush=True,
        )
    return {"peak": peak, "at": {f"{fraction:.0%}": figures for fraction, figures in found.items()}}


if __name__ == "__main__":
    main()
