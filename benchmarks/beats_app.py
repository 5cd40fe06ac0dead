"""The servers that benchmarks/beats.py asks: the application with a clock that runs fast, and an empty Flask view beside it.

The clock runs SPEED times real time, so that a beat with 20 seconds of playing is due, and credited, every few milliseconds.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from server import create_app

SPEED = 5_000


def clock() -> datetime:
    # All workers share the wall clock, hence its zero is cut to the day.
    real = time.time()
    day = real - real % 86_400
    return datetime.fromtimestamp(day, UTC) + timedelta(seconds=(real - day) * SPEED)


def empty_app() -> Flask:
    empty = Flask("empty")

    @empty.post("/beats")
    def beats() -> dict[str, Any]:
        return {}

    return empty


def make() -> Any:
    return DispatcherMiddleware(create_app(clock=clock).wsgi_app, {"/empty": empty_app()})
