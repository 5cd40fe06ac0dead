"""What every re-created server has: an empty Flask, the benchmark's clock, a token to check, one SQL connection a thread.

The connection is psycopg's own, with autocommit and prepared statements: no ORM and no pool, which the real ones have.
Reads CLOCK, TOKEN_KEY, PEER_DATABASE (a libpq connection string) and PEER_REDIS.
"""

import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from flask import request
from redis import Redis

from benchmarks.peers.clock import Clock
from benchmarks.peers.gunicorn import study_place
from heartbeat.keys import Place

_threads = threading.local()


@cache
def clock() -> Clock:
    return Clock(Path(os.environ["CLOCK"]))


@cache
def redis() -> "Redis":
    return Redis.from_url(os.environ["PEER_REDIS"])


def sql(statement: str, *values: Any) -> tuple[Any, ...] | None:
    """Run one statement, a transaction of its own. Returns its first row."""
    if not hasattr(_threads, "connection"):
        _threads.connection = psycopg.connect(os.environ["PEER_DATABASE"], autocommit=True, prepare_threshold=1)
    cursor = _threads.connection.execute(statement, values)
    row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
    return row


def found(statement: str, *values: Any) -> tuple[Any, ...]:
    row = sql(statement, *values)
    assert row is not None, f"no row: {statement} {values}"
    return row


def learner() -> int:
    """Who asks. Raises BadToken."""
    return whose(request.headers["Authorization"]).account


def whose(authorization: str) -> Place:
    return study_place(authorization, clock()())
