"""Issues and prints the papers of a programme. What is issued stays as it is; printing again writes the same papers."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models import Organisation
from server.jobs.acting import acting
from services import schools, uploads
from services.authority import scope
from services.errors import Conflict, NotFound
from services.papers import batch as paper_batch
from web.context import collaborators, now, unit_of_work

Progress = Callable[[int, int], None]


def issue(progress: Progress, *, programme: str, kind: str, school: str = "") -> dict[str, Any]:
    """Issue the papers of `kind` to all learners to whom they are due: how many there are, how many are new, and who lacks what."""
    portions, total = _portions(programme, school)
    done, seen = paper_batch.Issued(), 0
    for portion in portions:
        with unit_of_work(read_only=False) as session:
            paper_batch.issue_many(session, portion, kind, now(), done)
        seen += len(portion)
        progress(seen, total)
    return {"papers": done.papers, "new": done.new, "not_due": done.not_due}


def print_all(progress: Progress, *, programme: str, kind: str, out: str, school: str = "") -> dict[str, Any]:
    """Write the issued papers of `kind` into a ZIP of PDFs at the absolute path `out`, whole or not at all. Raises Conflict."""
    portions, total = _portions(programme, school)
    ids = (enrolment_id for portion in portions for enrolment_id in portion)
    target = Path(out)
    draft = target.with_name(f"{target.name}.part")
    try:
        draft.touch(0o600)  # names of people
        with unit_of_work(read_only=True) as session, draft.open("wb") as file:
            count = paper_batch.print_many(
                session, collaborators().printer, ids, file, kind=kind, progress=lambda done: progress(done, total)
            )
        if not count:
            raise Conflict("没有已开具的证书。")
        draft.replace(target)
    except OSError as error:
        raise Conflict(f"文件不能写入：{error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return {"papers": count}


def _portions(programme: str, school: str) -> tuple[list[list[int]], int]:
    """The enrolments in portions, and how many there are. Raises NotFound."""
    with unit_of_work(read_only=True) as session:
        school_id = None
        if school:
            school_id = session.scalar(sa.select(Organisation.id).where(Organisation.code == school))
            if school_id is None:
                raise NotFound(f"没有代码为 {school} 的单位。")
        portions = paper_batch.chunks(session, programme, school_id)
    return portions, sum(map(len, portions))


def into_upload(
    progress: Progress, *, programme: str, kind: str, school: str, by: int, appointment: int | None
) -> dict[str, Any]:
    """The issued papers of `kind` of a school (its code) as a file that its owner may download for a day: one PDF, or a ZIP of several.

    How many there are, and the code of the upload. Raises NotAllowed, NotFound (out of reach by now), Conflict.
    """
    with unit_of_work(read_only=True) as session:
        principal = acting(session, by, appointment)
        name = scope.get(session, principal, Organisation, schools.by_code(session, school).id).name
    portions, total = _portions(programme, school)
    ids = (enrolment_id for portion in portions for enrolment_id in portion)
    target = io.BytesIO()
    with unit_of_work(read_only=True) as session:
        count = paper_batch.print_many(
            session, collaborators().printer, ids, target, kind=kind, progress=lambda done: progress(done, total)
        )
    if not count:
        raise Conflict("没有已开具的证书。")
    content, ending = paper_batch.one_file(target)
    with unit_of_work(read_only=False) as session:
        kept = uploads.make(session, collaborators().vault, by, "papers", f"{name}.{ending}", content, now())
        return {"papers": count, "upload": kept.code}
