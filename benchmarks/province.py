"""A province on one machine: python -m benchmarks.province [--sessions 700000] [--minutes 10]

So many teachers watch at once. Each session is open in Redis and a row in PostgreSQL (commits wait for the disk), each beats at
the interval that the server gives; the lane, the flusher, Redis, PostgreSQL and the load generator share this machine, on the real
clock. First beats are spread over the first four minutes (a crowd gathers; it does not appear), then all is held, and from there on
waits are counted. In the end what SQL credits must equal, enrolment by
enrolment, what the players were told.
"""

import argparse
import tempfile
import time
from array import array
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from redis import Redis
from sqlalchemy.engine import Engine

from benchmarks import machine, openloop, players, school, servers
from benchmarks.crowd import place
from heartbeat.state import Rules
from heartbeat.store import Store
from server.database import make_engine
from services import study


@dataclass(frozen=True)
class Province:
    """What is held, and how the machine is set up for it."""

    sessions: int = 700_000
    minutes: float = 10.0
    workers: int = 1
    flush_interval_ms: int = 10_000
    flush_batch: int = 4_000
    #: name=value; the rest is as Redis and PostgreSQL come.
    redis: tuple[str, ...] = ()
    postgres: tuple[str, ...] = ("shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min")
    #: Niceness by process group: those who must answer at once go first.
    nice: Mapping[str, int] = field(default_factory=dict)
    #: Milliseconds; 0 = as the programme says.
    beat_every_ms: int = 0

    @property
    def ramp_s(self) -> float:
        return min(240.0, self.minutes * 30)


class Watch:
    """Once a second while it runs: processor time by group, Redis' memory, the flusher's lag."""

    def __init__(self, groups: Mapping[str, list[int]], redis: "Redis", metrics: str) -> None:
        self.groups, self.redis, self.metrics = groups, redis, metrics
        self.seen: list[dict[str, Any]] = []
        self._lag, self._said = 0.0, time.time()

    def look(self) -> None:
        memory = int(self.redis.info("memory")["used_memory"])
        cpu_s = machine.cpu_of(self.groups)
        self.seen.append({"at": time.time(), "cpu_s": cpu_s, "memory": memory, "lag_s": self._lag_s()})

    def _lag_s(self) -> float:
        """What the flusher said, and how long ago it said so: while it works, or hangs, it says nothing new."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self.metrics)  # type: ignore[no-untyped-call]
        lag = registry.get_sample_value("xueshi_flush_lag_seconds") or 0.0
        if lag != self._lag:
            self._lag, self._said = lag, time.time()
        return self._lag + time.time() - self._said

    def between(self, start: float, stop: float) -> list[dict[str, Any]]:
        return [seen for seen in self.seen if start <= seen["at"] <= stop]


def hold(of: Province) -> dict[str, Any]:
    """The whole measurement. Raises AssertionError where a second is missing or too many."""
    now = datetime.now(UTC)
    with ExitStack() as stack:
        metrics = stack.enter_context(tempfile.TemporaryDirectory(prefix="xs-"))
        redis_server = stack.enter_context(servers.redis())
        redis = stack.enter_context(Redis.from_url(redis_server.url))
        for setting in of.redis:
            redis.config_set(*setting.split("=", 1))
        postgres = stack.enter_context(servers.postgres(of.postgres))
        url = postgres.create_database("province")
        engine = make_engine(url)
        stack.callback(engine.dispose)
        say(f"{of.sessions:,} teachers are enrolled …")
        found = school.found(engine, of.sessions, now)
        assert found.lesson == place(1).lesson
        school.open_rows(engine, found, of.sessions, now)
        school.settle(engine)
        empty = int(redis.info("memory")["used_memory"])
        env = servers.environment(
            redis_server.url, url, PROMETHEUS_MULTIPROC_DIR=metrics, FLUSH_BATCH=str(of.flush_batch),
            FLUSH_INTERVAL_MS=str(of.flush_interval_ms),
        )  # fmt: skip
        groups = {"redis": [servers.pid_of(redis_server)], "postgres": [servers.pid_of(postgres)]}
        renice(of, groups)  # before the flusher connects: PostgreSQL's processes inherit it
        web = stack.enter_context(servers.web("asgi:app", env, workers=of.workers))
        flusher = stack.enter_context(servers.flusher(env))
        groups |= {"lane": [web.pid], "flusher": [flusher.pid]}
        renice(of, groups)
        watch = Watch(groups, redis, metrics)
        begin = stack.enter_context(openloop.own_process())
        say("their players are opened …")
        plan = players.Plan(
            web.port, str(redis_server.socket), of.sessions, of.ramp_s, of.minutes * 60, rules(of, found, now),
            of.nice.get("generator", 0),
        )  # fmt: skip
        playing = begin(players.play, plan)
        while not playing.done():
            time.sleep(1.0)
            watch.look()
            flusher.check()
            web.check()
        told = playing.result()
        say("the last seconds go to SQL …")
        flusher.stop(patience_s=300)
        drain(env, Store(redis))
        return report(of, told, watch, empty) | compare(engine, told)


def rules(of: Province, found: school.School, now: datetime) -> Rules:
    """The programme's; a presence check is a tap, which a player without eyes can answer."""
    given = msgspec.structs.replace(study.counting_rules(found.programme, now), kind="tap")
    return msgspec.structs.replace(given, beat_every_ms=of.beat_every_ms) if of.beat_every_ms else given


def renice(of: Province, groups: Mapping[str, list[int]]) -> None:
    for name, pids in groups.items():
        for pid in pids:
            machine.renice(pid, of.nice.get(name, 0))


def drain(env: dict[str, str], store: Store) -> None:
    for _ in range(5):
        if not store.backlog():
            return
        servers.Program(["flask", "flush", "once"], env).finish(timeout_s=600)
    raise AssertionError(f"{store.backlog()} sessions do not get to SQL")


def compare(engine: Engine, told: dict[str, Any]) -> dict[str, Any]:
    """What SQL credits, and what the players were told, enrolment by enrolment."""
    heard = array("l", told["told"])
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, credited_seconds FROM enrolment ORDER BY id")).all()
        coverage = connection.execute(sa.text("SELECT COALESCE(SUM(credited), 0) FROM coverage")).scalar_one()
    credited = sum(row[1] for row in rows)
    wrong = [row[0] for row in rows if row[1] != heard[row[0] - 1]]
    assert len(rows) == len(heard)
    assert not wrong, f"{len(wrong)} teachers were told otherwise than SQL says, the first: enrolment {wrong[0]}"
    assert credited == coverage == sum(heard)
    return {"credited_sql": int(credited), "credited_told": sum(heard)}


def report(of: Province, told: dict[str, Any], watch: Watch, empty: int) -> dict[str, Any]:
    start = told["began"]
    seen = watch.between(start, start + told["lasted_s"]) or watch.seen[-2:]
    took = max(1e-3, seen[-1]["at"] - seen[0]["at"])
    used = {name: (seen[-1]["cpu_s"][name] - seen[0]["cpu_s"][name]) / took for name in watch.groups}
    return {
        **{name: value for name, value in told.items() if name != "told"},
        "sessions": of.sessions,
        "minutes": of.minutes,
        "settings": {
            "workers": of.workers, "flush_interval_ms": of.flush_interval_ms, "flush_batch": of.flush_batch,
            "redis": of.redis, "postgres": of.postgres, "nice": dict(of.nice),
        },
        "beats_per_s": told["beats"] / told["lasted_s"],
        "processors": used | {"generator": told["generator_cpu_s"] / told["lasted_s"]},
        "flush_lag_max_s": max(look["lag_s"] for look in seen),
        "bytes_per_teacher": (max(look["memory"] for look in seen) - empty) / of.sessions,
        "course": [
            {"s": round(look["at"] - start), "lag_s": look["lag_s"], "memory": look["memory"], **look["cpu_s"]}
            for look in seen[:: max(1, len(seen) // 120)]
        ],
    }  # fmt: skip


def say(what: str) -> None:
    print(f"  {what}", flush=True)


def show(found: Mapping[str, Any]) -> None:
    refused = sum(found["refused"].values())
    busy = ", ".join(f"{name} {share:.2f}" for name, share in found["processors"].items())
    mean = sum(s * n for s, n in found["intervals"].items()) / max(1, sum(found["intervals"].values()))
    say(f"{found['sessions']:,} sessions, {found['lasted_s']:.0f} s: {found['beats']:,} beats ({found['beats_per_s']:,.0f}/s), "
        f"{refused} refused, {found['lost']} lost; intervals of {mean:.0f} s on average")  # fmt: skip
    if refused:
        say(f"the first refusal: {found['first_refusal'][:300]!r}")
    say(f"p50 {found['p50_ms']:.1f}, p99 {found['p99_ms']:.1f}, p99.9 {found['p999_ms']:.1f} ms; flush lag at most "
        f"{found['flush_lag_max_s']:.0f} s; {found['bytes_per_teacher']:,.0f} bytes of Redis a teacher")  # fmt: skip
    say(f"processors busy: {busy}")
    say(f"{found['credited_sql']:,} s credited in SQL = {found['credited_told']:,} s told to the players")


def main(of: Province | None = None) -> dict[str, Any]:
    found = hold(of or Province())
    show(found)
    return found


def arguments() -> Province:
    default = Province()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.province", description=__doc__)
    parser.add_argument("--sessions", type=int, default=default.sessions)
    parser.add_argument("--minutes", type=float, default=default.minutes, help="held, after the first beats")
    parser.add_argument("--workers", type=int, default=default.workers, help="of the lane")
    parser.add_argument("--flush-interval-ms", type=int, default=default.flush_interval_ms)
    parser.add_argument("--flush-batch", type=int, default=default.flush_batch)
    parser.add_argument("--redis", action="append", default=[], metavar="NAME=VALUE", help="a setting of Redis")
    parser.add_argument("--postgres", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL")
    groups = "lane, redis, flusher, postgres, generator"
    parser.add_argument("--nice", action="append", default=[], metavar="GROUP=N", help=f"niceness of {groups}")
    given = vars(parser.parse_args())
    given["redis"] = tuple(given["redis"])
    given["postgres"] = (*default.postgres, *given["postgres"])
    given["nice"] = {group: int(number) for group, number in (pair.split("=") for pair in given["nice"])}
    return Province(**given)


if __name__ == "__main__":
    main(arguments())
