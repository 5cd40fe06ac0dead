"""Brings the results of everybody in a programme up to date. Again is harmless."""

from collections.abc import Callable
from typing import Any

from services import programmes, results
from web.context import now, unit_of_work


def run(progress: Callable[[int, int], None], *, programme: str) -> dict[str, Any]:
    """How many were looked at, changed, and passed. Raises NotFound."""
    with unit_of_work(read_only=True) as session:
        programmes.latest(session, programme)
    done = results.recompute(unit_of_work, programme, now(), progress)
    return {"enrolments": done.enrolments, "changed": done.changed, "passed": done.passed}
