"""Freezes the list of an honour (评优): scores everybody, ranks, and writes it down once."""

from collections.abc import Callable
from typing import Any

from server.jobs.acting import acting
from services import audit
from services.papers import honours, honours_within
from web.context import collaborators, now, unit_of_work


def freeze(
    progress: Callable[[int, int], None], *, programme: str, kind: str, by: int, appointment: int | None
) -> dict[str, Any]:
    """How many candidates there were and how many receive it. Raises NotAllowed, NotFound, HonoursTooEarly, HonoursFrozen."""
    moment = now()
    progress(0, 2)
    with unit_of_work(read_only=True) as session:  # scoring everybody takes long, and on SQLite there is one writer
        principal = acting(session, by, appointment)
        honours_within.require_all(session, principal, programme)
        placed = honours.preview(session, programme, kind, moment)
    progress(1, 2)
    counts = {"candidates": len(placed), "awarded": sum(one.awarded for one in placed)}
    with unit_of_work(read_only=False) as session:
        who = f"{principal.name}（{principal.title}）"[:50]
        made = honours.freeze(session, programme, kind, who, moment, lambda *_: [one.candidate for one in placed])
        audit.record(
            session,
            collaborators().vault,
            audit.By(principal),
            "honours",
            moment,
            target=("honour_list", made.id),
            organisation_id=principal.organisation_id,
            programme=programme,
            kind=kind,
            counts=counts,
        )
    return counts
