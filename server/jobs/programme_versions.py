"""What a new version of a programme would change for whom, and bringing everybody to it: for programmes with many enrolments."""

from collections.abc import Callable
from typing import Any

from services import audit, programme_versions, results
from services.programme_versions import Change
from web.context import collaborators, now, unit_of_work

Progress = Callable[[int, int], None]


def difference(progress: Progress, *, programme: str, version: int) -> dict[str, Any]:
    """Counts, what to tell `apply`, and the first enrolments that come out otherwise, without names. Raises as the service."""
    changes: list[Change] = []

    def see(change: Change) -> None:
        if len(changes) < programme_versions.SHOWN:
            changes.append(change)

    with unit_of_work(read_only=True) as session:
        found = programme_versions.difference(session, programme, version, now(), see, progress)
    return programme_versions.told(found, changes)


def apply(progress: Progress, *, programme: str, version: int, seen: str) -> dict[str, Any]:
    """How many enrolments were moved; their results are computed anew. Again is harmless. Raises as the service."""
    with unit_of_work(read_only=False) as session:
        moved = programme_versions.apply(session, programme, version, seen, now(), lambda d, t: progress(d, 2 * t))
        audit.record(
            session,
            collaborators().vault,
            audit.By(None),
            "publish",
            now(),
            target=("programme", programme),
            step="moved",
            version=version,
            moved=moved,
            seen=seen,
        )
    results.recompute(unit_of_work, programme, now(), lambda done, total: progress(total + done, 2 * total))
    return {"moved": moved}
