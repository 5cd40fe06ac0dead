"""Beats a second, and processor time for each beat: python -m benchmarks.beats

The lane against an empty ASGI application on the same kind of server (gunicorn -k asgi, uvloop, the fast parser), and against our
Flask view and an empty Flask view (gunicorn -k gthread): one worker each, the same client, rounds interleaved, medians.

All sessions are opened, and all requests made, before a load begins. Every reply must be a 200 and every second sent must be
credited, else there is no figure.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from redis import Redis

from benchmarks import apps, client, machine, rounds, servers
from benchmarks.crowd import Mint, Watching
from benchmarks.effort import FULL, Effort
from tests.servers import RedisServer

#: What is compared: application, kind of server, whether Redis counts.
COMPARED = {
    "lane": ("benchmarks.apps:lane()", "asgi", True),
    "empty_asgi": ("benchmarks.empty:asgi", "asgi", False),
    "view": ("benchmarks.apps:view()", "gthread", True),
    "empty_flask": ("benchmarks.empty:view()", "gthread", False),
}
#: So many that a teacher's beats are 20 seconds apart at any rate, on a clock of apps.SPEED.
TEACHERS = 40 * client.CONNECTIONS


class Beating:
    """Teachers beat against one server, in rounds."""

    def __init__(
        self, web: servers.Web, redis: RedisServer, watching: list[Watching], clock: apps.Clock, effort: Effort
    ) -> None:
        self.web, self.redis, self.watching, self.clock, self.effort = web, redis, watching, clock, effort

    def __call__(self) -> dict[str, float]:
        """One round: beats/s, µs of the server's and of Redis' processor for each. Asserts that all was credited."""
        seconds = self.effort.seconds
        ready = int(self.effort.ready * (seconds + client.warm_s(seconds))) // len(self.watching)
        for some in self.watching:
            some.prepare(ready)
        groups = {"server": [self.web.pid], "redis": [servers.pid_of(self.redis)]}
        before = self._counted()
        load, replies = client.load(self.web.port, self.watching, seconds, lambda: machine.cpu_of(groups))
        credited, sent = (after - was for after, was in zip(self._counted(), before, strict=True))
        assert sent == 20 * replies, f"{sent} s were sent in {replies} beats that were answered 200"
        assert credited in ({sent} if self.counts else {0}), f"{credited} s of {sent} were credited"
        found = {"rate": load.rate, "server_us": load.cpu_us("server")}
        return found | ({"redis_us": load.cpu_us("redis")} if self.counts else {})

    @property
    def counts(self) -> bool:
        return self.watching[0].counts

    def _counted(self) -> tuple[int, int]:
        with Redis.from_url(self.redis.url) as redis:
            each = [some.counted(redis) for some in self.watching]
        return sum(credited for credited, _ in each), sum(sent for _, sent in each)


@contextmanager
def beating(
    app: str, kind: str, redis: RedisServer, accounts: Sequence[int], effort: Effort, *, counts: bool = True
) -> Iterator[Beating]:
    """A server of its own for `app`, and teachers shared out to the connections."""
    clock = apps.Clock.started()
    where = str(redis.socket) if counts else None
    watching = [Watching(share, clock, Mint(clock()), where) for share in client.shares(accounts)]
    env = servers.environment(redis.url, "sqlite://", **clock.environment())
    with servers.web(app, env, kind=kind) as web:
        yield Beating(web, redis, watching, clock, effort)


def main(effort: Effort = FULL) -> dict[str, Any]:
    with ExitStack() as stack:
        redis = stack.enter_context(servers.redis())
        measures: dict[str, Callable[[], dict[str, float]]] = {}
        for number, (name, (app, kind, counts)) in enumerate(COMPARED.items()):
            accounts = range(1 + number * TEACHERS, 1 + (number + 1) * TEACHERS)
            measures[name] = stack.enter_context(beating(app, kind, redis, accounts, effort, counts=counts))
        found: dict[str, Any] = rounds.interleaved(measures, effort.rounds)
    rate = {name: figures["rate"] for name, figures in found.items()}
    found["ratios"] = {
        "lane_to_empty_asgi": rate["lane"] / rate["empty_asgi"],
        "lane_to_view": rate["lane"] / rate["view"],
        "view_to_empty_flask": rate["view"] / rate["empty_flask"],
        "lane_to_empty_flask": rate["lane"] / rate["empty_flask"],
    }
    for name in COMPARED:
        redis_us = f", Redis {found[name]['redis_us']:.1f} µs" if "redis_us" in found[name] else ""
        print(f"  {name:<12} {rate[name]:>8,.0f}/s   server {found[name]['server_us']:6.1f} µs{redis_us}", flush=True)
    print(
        "  " + ", ".join(f"{name.replace('_', ' ')} {ratio:.2f}" for name, ratio in found["ratios"].items()), flush=True
    )
    return found


if __name__ == "__main__":
    main()
