"""Waiting for what another process does, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], timeout: float = 10, what: str = "the condition") -> T:
    """Ask again and again until `predicate` is true; returns what it said. Fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if said := predicate():
            return said
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.02)
