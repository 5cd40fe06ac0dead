"""What staff say about learners' items: grades, certification, assessments, marks, attendance; sent back (退回), recommended (推优).

Each says who and why; what stood before goes into the row's history. An item that the teacher handed in keeps the moment when that was;
one that staff enter says when it took place, within the time in which the part counts.

`seen`: what the grader had before them (services.marks.stamps); where that has changed since, nothing is judged. "": whatever it is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Achievement, Enrolment
from programmes.parts import CertifiedPart, GradedPart, Part, RatedPart, SubmittedPart
from programmes.schema import Programme
from programmes.scoring import Scorer
from services import programmes
from services.errors import Invalid, NotFound
from services.handing_in import achievements, deadlines, submissions
from services.marks import judgements, stamps
from services.marks.judgements import Judgement
from services.marks.staff import Staff


class NotHandedIn(NotFound):
    """学员还没有提交，不能批阅。"""

    code = "not_handed_in"


def record(
    session: Session,
    staff: Staff,
    enrolment_id: int,
    part_key: str,
    judgement: Judgement,
    *,
    item: str = "",
    comment: str = "",
    at: datetime | None = None,
    seen: str = "",
    now: datetime,
) -> Achievement:
    """Judge an item, or enter one that nobody handed in; the same again changes nothing.

    `at`: when it took place (default now). Raises HandedInMeanwhile, JudgedMeanwhile,
    NotFound (enrolment, part), NotHandedIn, Invalid (grade, passed, mark, hours, count,
    dimension, item, comment, at), NotTakingPart, TooEarly, TooLate.
    """
    enrolment, programme, part = of(session, staff, enrolment_id, part_key)
    values = judgements.columns(part, judgement)
    code = item_of(part, item)
    key = {"enrolment_id": enrolment.id, "part": part.key, "item": code}
    row = achievements.locked(session, Achievement, **key)
    if isinstance(part, CertifiedPart):
        given = judgement.dimension or (row.dimension if row is not None else "")
        values["dimension"] = submissions.dimension_of(session, programme, part, code, given)
    values |= {"comment": judgements.comment(comment), "returned_at": None}
    stamps.require(row, seen, values)
    if row is None:
        refuse_unwritten(part, at)
        moment = happened(programme, part, at, now)
        made = Achievement(**key, **values, at=moment, **_judge(staff, now), **_entry(staff, now), history=[])
        row, new = achievements.added(session, made, **key)
        if new:
            return row
    if at is not None and row.text is None:  # handed in by nobody: staff say when it was
        values["at"] = happened(programme, part, at, now)
    _set(row, staff, values, now)
    session.flush()
    return row


def send_back(
    session: Session,
    staff: Staff,
    enrolment_id: int,
    part_key: str,
    *,
    item: str = "1",
    comment: str,
    seen: str = "",
    now: datetime,
) -> Achievement:
    """Ask for a revision (退回), saying why: only while the teacher can still hand in again. Raises as record does."""
    _, programme, part = of(session, staff, enrolment_id, part_key)
    row = _handed_in(session, enrolment_id, part, item)
    why = judgements.comment(comment, required=True)
    deadlines.require(programme, part, deadlines.spans_of(Scorer(programme), part), now)
    if row.returned_at is None or row.comment != why:
        stamps.require(row, seen)
        values = {"returned_at": now, "comment": why, "grade": None, "passed": None, "recommended": False}
        achievements.change(row, values | _judge(staff, now))
        session.flush()
    return row


def recommend(
    session: Session,
    staff: Staff,
    enrolment_id: int,
    part_key: str,
    *,
    item: str = "1",
    recommended: bool = True,
    comment: str | None = None,
    now: datetime,
) -> Achievement:
    """Recommend a piece of homework (推优), or take that back; a comment replaces the last one.

    Raises NotFound, NotHandedIn, Invalid (part, comment), NotTakingPart.
    """
    _, _, part = of(session, staff, enrolment_id, part_key)
    if not isinstance(part, GradedPart):
        raise Invalid.field("part", f"{part.title}不是作业，不能推优")
    row = _handed_in(session, enrolment_id, part, item)
    if row.returned_at is not None and recommended:
        raise NotHandedIn("作业已退回，学员重新提交后才能推优。")
    said = {} if comment is None else {"comment": judgements.comment(comment)}
    _set(row, staff, {"recommended": recommended} | said, now)
    session.flush()
    return row


def of(session: Session, staff: Staff, enrolment_id: int, part_key: str) -> tuple[Enrolment, Programme, Part]:
    """A learner who takes part, by which programme, and the part of it. Raises NotFound, NotTakingPart, Invalid (part)."""
    enrolment = staff.enrolment(session, enrolment_id)
    programme = programmes.get(session, enrolment.programme_id)
    part = programme.part(part_key)
    if part is None:
        raise NotFound(f"{programme.title}没有这个考核项。")
    return enrolment, programme, part


def item_of(part: Part, item: str) -> str:
    """How an item of this part is called where staff enter it: "" where there is only one. Raises Invalid (item)."""
    if isinstance(part, GradedPart):
        return "1"
    if isinstance(part, CertifiedPart) or item:
        return achievements.item_code(item)
    return "1" if isinstance(part, SubmittedPart) else ""


def refuse_unwritten(part: Part, at: datetime | None) -> None:
    """Homework on paper needs the day when it was handed in, and what must have so many words cannot be entered without them."""
    if isinstance(part, GradedPart | SubmittedPart) and part.min_words is not None:
        raise NotHandedIn(f"{part.title}要有 {part.min_words} 字以上的内容，请学员在平台上提交。")
    if isinstance(part, GradedPart) and at is None:
        raise NotHandedIn("学员还没有在平台上提交；交的是纸质作业，请填写交作业的日期。")


def happened(programme: Programme, part: Part, at: datetime | None, now: datetime) -> datetime:
    """When it took place, if it may have. Raises Invalid (at), TooEarly, TooLate."""
    if at is not None and at > now:
        raise Invalid.field("at", "日期在今天之后")
    spans = deadlines.spans_of(Scorer(programme), part)
    if at is None and not deadlines.holds(spans, now) and now >= spans[-1][1]:
        closed = deadlines.told(spans[-1][1].astimezone(programme.zone))
        raise deadlines.TooLate(
            f"{part.title}已于 {closed} 截止，补登记请写明实际日期。", closed_at=spans[-1][1].isoformat()
        )
    deadlines.require(programme, part, spans, at or now)
    return at or now


def _handed_in(session: Session, enrolment_id: int, part: Part, item: str) -> Achievement:
    if isinstance(part, RatedPart):
        raise NotHandedIn
    key = {"enrolment_id": enrolment_id, "part": part.key, "item": achievements.item_code(item)}
    row = achievements.locked(session, Achievement, **key)
    if row is None or row.text is None:
        raise NotHandedIn
    return row


def _set(row: Achievement, staff: Staff, values: dict[str, Any], now: datetime) -> None:
    if any(getattr(row, name) != value for name, value in values.items()):
        achievements.change(row, values | _judge(staff, now))


def _judge(staff: Staff, now: datetime) -> dict[str, Any]:
    return {"graded_by": staff.account_id, "graded_at": now}


def _entry(staff: Staff, now: datetime) -> dict[str, Any]:
    return {"entered_by": staff.account_id, "entered_at": now}
