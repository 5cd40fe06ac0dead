"""Xueshi on the benchmark's clock, for gunicorn and for `flask flush run`."""

import os
from pathlib import Path

from flask import Flask

from benchmarks.peers.clock import Clock
from heartbeat.lane import Lane
from server import create_app, create_asgi_app


def clock() -> Clock:
    return Clock(Path(os.environ["CLOCK"]))


def lane() -> Lane:
    return create_asgi_app(clock=clock())


def flask() -> Flask:
    return create_app(clock=clock())
