"""Players opened a second: python -m benchmarks.opening

POST /v1/study/sessions writes a row to PostgreSQL (commits are durable) and opens the session in Redis. Behind the lane it is
answered by Flask in threads of the ASGI server (a2wsgi), else by gunicorn -k gthread; the same client, rounds interleaved.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks import client, machine, rounds, school, servers
from benchmarks.effort import FULL, Effort
from server.database import make_engine
from services.tokens import AccessClaims, Tokens

#: The least of a round: an opening takes some milliseconds, and 64 are under way.
SECONDS = 1.0


def request(tokens: Tokens, account: int, lesson: int, now: datetime) -> bytes:
    token = tokens.issue_access(AccessClaims(account, 1, school.family(account)), now)
    body = json.dumps({"enrolment_id": account, "lesson_id": lesson, "device": "bench", "take_over": True}).encode()
    head = f"POST /v1/study/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def measure(
    web: servers.Web, groups: dict[str, list[int]], feeds: list[Iterator[bytes]], engine: Engine, seconds: float
) -> dict[str, float]:
    """One round. Asserts a row for each reply, all of them 201."""
    before = _rows(engine)
    groups = {"server": [web.pid], **groups}
    load, replies = client.load(web.port, feeds, seconds, lambda: machine.cpu_of(groups), status=201)
    assert _rows(engine) - before == replies, "every player that was opened has a row"
    return {"rate": load.rate} | {f"{name}_us": load.cpu_us(name) for name in groups}


def _rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM study_session")).scalar_one())


@contextmanager
def ready(effort: Effort) -> Iterator[dict[str, Any]]:
    """Both servers on one PostgreSQL and one Redis; half of the teachers go to each."""
    now = datetime.now(UTC)
    tokens = Tokens(servers.KEY, 86_400)
    with servers.redis() as redis, servers.postgres() as postgres:
        url = postgres.create_database("bench")
        engine = make_engine(url)
        lesson = school.found(engine, effort.openers, now).lesson
        school.settle(engine)
        env = servers.environment(redis.url, url)
        groups = {"redis": [servers.pid_of(redis)], "postgres": [servers.pid_of(postgres)]}
        half = effort.openers // 2
        with servers.web("asgi:app", env) as lane, servers.web("wsgi:app", env, kind="gthread") as gthread:
            measures = {}
            for name, web, first in (("lane", lane, 1), ("gthread", gthread, 1 + half)):
                made = [request(tokens, account, lesson, now) for account in range(first, first + half)]
                feeds = [itertools.cycle(made[n :: client.CONNECTIONS]) for n in range(client.CONNECTIONS)]
                measures[name] = partial(measure, web, groups, feeds, engine, max(SECONDS, effort.seconds))
            yield measures
        engine.dispose()


def main(effort: Effort = FULL) -> dict[str, Any]:
    with ready(effort) as measures:
        found: dict[str, Any] = rounds.interleaved(measures, effort.rounds)
    for name, figures in found.items():
        print(
            f"  {name:<8} {figures['rate']:>6,.0f}/s   server {figures['server_us']:,.0f} µs, PostgreSQL "
            f"{figures['postgres_us']:,.0f} µs, Redis {figures['redis_us']:,.0f} µs",
            flush=True,
        )
    found["ratios"] = {"lane_to_gthread": found["lane"]["rate"] / found["gthread"]["rate"]}
    return found


if __name__ == "__main__":
    main()
