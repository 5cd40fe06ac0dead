"""Rosters that staff uploaded in the console: looked at, and taken in as they were seen. Again is harmless."""

from collections.abc import Callable
from typing import Any

from server.jobs.acting import acting
from services import audit
from services.rosters import imports, undo
from web.context import collaborators, now, unit_of_work

Progress = Callable[[int, int], None]


def look(progress: Progress, *, upload: str, account_id: int, appointment_id: int | None) -> dict[str, Any]:
    """Look at the roster with this code as its uploader. Raises as services.rosters.imports does."""
    moment, vault = now(), collaborators().vault
    with unit_of_work(read_only=True) as session:
        who = acting(session, account_id, appointment_id)
        table, plan = imports.plan(session, vault, who, upload, moment)
    progress(plan.rows, plan.rows)
    with unit_of_work(read_only=False) as session:
        imports.keep_seen(session, vault, who, upload, table, plan, moment)
    return plan.counts()


def take_in(
    progress: Progress, *, upload: str, account_id: int, appointment_id: int | None, partial: bool, address: str
) -> dict[str, Any]:
    """Take it in as it was seen, with `partial` without its wrong rows: which import it is. Raises as services.rosters.imports does."""
    moment, using = now(), collaborators()
    with unit_of_work(read_only=True) as session:
        who = acting(session, account_id, appointment_id)
        done = imports.get(session, who, upload, moment).work.get("import_id")
        if done is not None:
            return {"import": done}
        _, plan = imports.plan(session, using.vault, who, upload, moment)
    with unit_of_work(read_only=False) as session:
        imported = imports.take_in(
            session,
            using.vault,
            using.passwords,
            audit.By(who, address),
            upload,
            plan,
            moment,
            partial=partial,
            progress=progress,
        )
        return {"import": imported.id}


def take_back(
    progress: Progress, *, import_id: int, account_id: int, appointment_id: int | None, address: str
) -> dict[str, Any]:
    """Undo an import: what was taken back, and how much was not. Raises as services.rosters.undo does."""
    with unit_of_work(read_only=False) as session:
        who = acting(session, account_id, appointment_id)
        verdict = undo.undo(session, collaborators().vault, audit.By(who, address), import_id, now(), progress)
    return verdict.counts() if verdict else {}
