"""Whether a beat costs more, and a teacher more memory, the more of them there are: python -m benchmarks.scale

For each number of accounts a Redis of its own holds that many open sessions of a 45-minute lesson, part-watched and not yet in SQL,
and a lane of its own answers beats of accounts in random order; the rounds take turns. Memory is what Redis itself says it uses,
above what it used when empty.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from redis import Redis

from benchmarks import apps, client, rounds, servers
from benchmarks.beats import Beating
from benchmarks.crowd import Mint, Watching, open_sessions, place
from benchmarks.effort import FULL, Effort

#: Of the lesson, when the measurement begins, s: half an hour is still to come.
WATCHED = 900
#: A thousand teachers have no more beats in the rest of a lesson than a round of so many seconds may take, at so many a second.
SECONDS, READY = 1.5, 45_000


@contextmanager
def crowd(accounts: int, effort: Effort) -> Iterator[tuple[Beating, dict[str, float]]]:
    """So many open sessions, and what they took: bytes of memory each, and how many were opened a second."""
    with servers.redis() as redis:
        # So fast that few teachers have played 20 s between two beats, and so slow that the day stays the same.
        clock = apps.Clock.started(max(100.0, 1e6 / accounts))
        empty = _memory(redis.url)
        began = time.perf_counter()
        opened = open_sessions(str(redis.socket), map(place, range(1, accounts + 1)), clock, watched=WATCHED)
        took = time.perf_counter() - began
        assert opened == accounts
        figures = {"bytes": (_memory(redis.url) - empty) / accounts, "opened_per_s": opened / took}
        order = list(range(1, accounts + 1))
        random.Random(accounts).shuffle(order)
        mint, where = Mint(clock()), str(redis.socket)
        watching = [Watching(share, clock, mint, where, WATCHED, opened=True) for share in client.shares(order)]
        short = effort._replace(seconds=min(SECONDS, effort.seconds), ready=READY)
        env = servers.environment(redis.url, "sqlite://", **clock.environment())
        with servers.web("benchmarks.apps:lane()", env) as web:
            yield Beating(web, redis, watching, clock, short), figures


def _memory(url: str) -> int:
    with Redis.from_url(url) as redis:
        return int(redis.info("memory")["used_memory"])


def main(effort: Effort = FULL) -> dict[str, Any]:
    with ExitStack() as stack:
        measures: dict[int, Callable[[], dict[str, float]]] = {}
        memory = {}
        for accounts in effort.accounts:
            measures[accounts], memory[accounts] = stack.enter_context(crowd(accounts, effort))
        found = rounds.interleaved(measures, effort.rounds)
    results = {accounts: figures | memory[accounts] for accounts, figures in found.items()}
    for accounts, figures in results.items():
        print(
            f"  {accounts:>9,} accounts: {figures['bytes']:>5,.0f} bytes each; a beat takes Redis {figures['redis_us']:.1f} µs and the "
            f"server {figures['server_us']:.1f} µs, {figures['rate']:,.0f}/s",
            flush=True,
        )
    return {str(accounts): figures for accounts, figures in results.items()}


if __name__ == "__main__":
    main()
