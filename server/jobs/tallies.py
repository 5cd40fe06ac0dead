"""Counts the rollups of a programme, and freezes them once a day. Again is harmless."""

from collections.abc import Callable
from datetime import date
from typing import Any

from services import results
from services.errors import Invalid
from services.watching import snapshots
from services.watching import tallies as school_tallies
from web.context import now, unit_of_work

Progress = Callable[[int, int], None]


def run(_progress: Progress, *, programme: str) -> dict[str, Any]:
    """How many schools were counted. Raises NotFound."""
    with unit_of_work(read_only=False) as session:
        return {"schools": school_tallies.count(session, programme, now())}


def snapshot(progress: Progress, *, programme: str, day: str) -> dict[str, Any]:
    """Results anew, then the count, then the snapshot of `day` (2022-09-01): how many schools, 0 where it was there already.

    Raises NotFound, Invalid.
    """
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise Invalid.field("day", "日期应如 2022-09-01") from None
    with unit_of_work(read_only=True) as session:
        if snapshots.is_frozen(session, programme, wanted):
            return {"schools": 0}
    results.recompute(unit_of_work, programme, now(), progress)
    with unit_of_work(read_only=False) as session:
        school_tallies.count(session, programme, now())
        return {"schools": snapshots.freeze(session, programme, wanted, now())}
