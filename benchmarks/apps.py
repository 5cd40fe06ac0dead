"""Xueshi on a clock that runs fast, for gunicorn to serve and for those who open sessions in it."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from server import create_app, create_asgi_app

#: The start of a day in China; no figure depends on which.
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)
#: With this, a beat with 20 seconds of playing is due, and credited, every few milliseconds.
SPEED = 2_000.0


class Clock(NamedTuple):
    """Runs `speed` times real time since the moment `zero`, when it was MIDNIGHT; alike in all processes that are told of it."""

    zero: float
    speed: float

    @classmethod
    def started(cls, speed: float = SPEED) -> "Clock":
        return cls(time.time(), speed)

    def __call__(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=(time.time() - self.zero) * self.speed)

    def environment(self) -> dict[str, str]:
        """How a server is told of it."""
        return {"BENCHMARK_CLOCK": f"{self.zero} {self.speed}"}


def _clock() -> Clock:
    return Clock(*map(float, os.environ["BENCHMARK_CLOCK"].split()))


def lane() -> Any:
    return create_asgi_app(clock=_clock())


def view() -> Any:
    return create_app(clock=_clock())
