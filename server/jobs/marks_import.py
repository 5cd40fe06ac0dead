"""Takes in a list of results that was checked before. The same list again is harmless."""

from collections.abc import Callable
from pathlib import Path

from server.jobs import files
from services import programmes
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
