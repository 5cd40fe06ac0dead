"""Takes in a list of results (成绩表) as services.marks.check planned it: as a whole, or not at all."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Achievement
from services.errors import Conflict, Invalid
from services.handing_in import achievements
from services.marks.check import NEW, SAME, Plan, Planned, seen
from services.marks.staff import Staff

#: Rows written in one statement.
CHUNK = 500
#: Called as progress(done, total) now and then.
Progress = Callable[[int, int], None]


class MarksHaveErrors(Invalid):
    """成绩表有错误，没有导入任何内容，请改正后重新导入。"""

    code = "marks_have_errors"


class MarksChanged(Conflict):
    """检查成绩表之后数据有变化（可能有人同时在登记），没有导入任何内容，请重新导入。"""

    code = "marks_changed"


def apply(
    session: Session,
    plan: Plan,
    *,
    staff: Staff,
    now: datetime,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Do what `plan` says; the caller commits. Raises MarksHaveErrors, MarksChanged; after either, roll back."""
    if plan.errors:
        raise MarksHaveErrors
    judge = {"graded_by": staff.account_id, "graded_at": now}
    todo = [planned for planned in plan.planned if planned.outcome != SAME]
    for start in range(0, len(todo), CHUNK):
        chunk = todo[start : start + CHUNK]
        _insert(session, [planned for planned in chunk if planned.outcome == NEW], judge, staff, now)
        _update(session, [planned for planned in chunk if planned.outcome != NEW], judge)
        progress(start + len(chunk), len(todo))


def _insert(session: Session, chunk: Sequence[Planned], judge: dict[str, Any], staff: Staff, now: datetime) -> None:
    fixed = judge | {
        "entered_by": staff.account_id,
        "entered_at": now,
        "title": "",
        "recommended": False,
        "history": [],
    }
    blank = dict.fromkeys(("words", "grade", "passed", "mark", "count", "hours"), None) | {"dimension": ""}
    rows = [
        fixed
        | blank
        | planned.values
        | {"enrolment_id": planned.enrolment_id, "part": planned.entry.part.key, "item": planned.entry.item}
        for planned in chunk
    ]
    if rows:
        try:
            session.execute(sa.insert(Achievement), rows)
        except IntegrityError:
            raise MarksChanged from None


def _update(session: Session, chunk: Sequence[Planned], judge: dict[str, Any]) -> None:
    """What somebody changed since the check is not overwritten."""
    planned_of = {planned.achievement_id: planned for planned in chunk}
    query = sa.select(Achievement).where(Achievement.id.in_(planned_of)).order_by(Achievement.id).with_for_update()
    rows = session.scalars(query.execution_options(populate_existing=True)).all() if chunk else []
    if len(rows) != len(chunk) or any(seen(row) != planned_of[row.id].seen for row in rows):
        raise MarksChanged
    for row in rows:
        achievements.change(row, planned_of[row.id].values | judge)
    session.flush()
    for row in rows:  # a county's list has a hundred thousand of them
        session.expunge(row)
