"""Takes in a list of results that was checked before. The same list again is harmless."""

from collections.abc import Callable
from pathlib import Path

from server.jobs import files
from server.jobs.acting import acting
from services import audit, programmes, uploads
from services.errors import Conflict
from services.marks import check as marks_check
from services.marks import intake as marks_import
from services.marks.staff import Staff
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work


def run(
    progress: Callable[[int, int], None], *, file: str, content: str, programme: str, part: str, by: int | None = None
) -> dict[str, int]:
    """How many rows were 新增, 更新, 已存在 (and 错误, always 0).

    `file` is an absolute path that the worker can read, `content` its digest when it was checked, `programme` a slug, `part` the key or
    title for rows that name none, `by` the account of who entered them. Raises Conflict where the file is gone or another one by now,
    or has errors by now; BadSpreadsheet, NotFound as the services do.
    """
    moment, path, staff = now(), Path(file), Staff(by)
    files.require_unchanged(path, content)
    read = spreadsheets.read(path)
    with unit_of_work(read_only=True) as session:
        row = programmes.latest(session, programme)
        plan = marks_check.check(
            session, collaborators().vault, read, programme=row, part=part, staff=staff, now=moment
        )
    if plan.errors:
        raise Conflict("成绩表在检查之后又有了错误，没有导入任何内容，请重新检查。")
    with unit_of_work(read_only=False) as session:
        marks_import.apply(session, plan, staff=staff, now=moment, progress=progress)
    return plan.counts()


def run_upload(
    progress: Callable[[int, int], None], *, upload: str, by: int, appointment: int | None
) -> dict[str, int]:
    """The same of a file that was handed in through the console (its code), in the name and within the reach of who did.

    The upload is marked in the transaction that takes it in, so again does nothing. Raises NotAllowed, NotFound, UploadGone, Conflict.
    """
    moment, vault = now(), collaborators().vault
    with unit_of_work(read_only=True) as session:
        principal = acting(session, by, appointment)
        kept = uploads.get(session, principal, upload, "marks", moment)
        done = kept.work.get("taken_in")
        if done is not None:
            return dict(done)
        slug, part = str(kept.work.get("slug", "")), str(kept.work.get("part", ""))
        read = spreadsheets.read(uploads.read(session, vault, kept))
        staff = Staff(by, reach=principal)
        row = programmes.latest(session, slug)
        plan = marks_check.check(session, vault, read, programme=row, part=part, staff=staff, now=moment)
    if plan.errors:
        raise Conflict("成绩表在检查之后又有了错误，没有导入任何内容，请重新检查。")
    with unit_of_work(read_only=False) as session:
        kept = uploads.locked(session, principal, upload, "marks", moment)
        if "taken_in" not in kept.work:
            marks_import.apply(session, plan, staff=staff, now=moment, progress=progress)
            uploads.note(kept, taken_in=plan.counts())
            audit.record(
                session,
                vault,
                audit.By(principal),
                "evidence",
                moment,
                target=("upload", kept.id),
                organisation_id=principal.organisation_id,
                step="import",
                programme=slug,
                counts=plan.counts(),
            )
    return plan.counts()
