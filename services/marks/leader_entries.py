"""What earns a workshop leader points besides the rates (坊主考核): announcements, bulletins, and what others say of the leader."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import LeaderAchievement, Workshop
from programmes.parts import Part, RatedPart, SubmittedPart
from programmes.schema import Programme
from programmes.scoring import Scorer
from services import programmes
from services.enrolling.enrolments import GREATEST_ID
from services.errors import Invalid, NotFound
from services.handing_in import achievements, deadlines
from services.marks import judgements
from services.marks.judgements import Judgement
from services.marks.staff import Staff


def record(
    session: Session,
    staff: Staff,
    workshop_id: int,
    part_key: str,
    judgement: Judgement | None = None,
    *,
    item: str = "1",
    title: str = "",
    words: int | None = None,
    comment: str = "",
    at: datetime | None = None,
    now: datetime,
) -> LeaderAchievement:
    """One item of the leader's own table; the same again changes nothing. Without `judgement`: something was published (公告、简报).

    Raises NotFound (workshop, part), Invalid, TooEarly, TooLate. A rate that the platform measures cannot be entered.
    """
    workshop = of(session, staff, workshop_id)
    programme = programmes.get(session, programmes.latest(session, workshop.programme_slug).id)
    part = part_of(programme, part_key)
    if isinstance(part, RatedPart) and part.measure:
        raise Invalid.field("part", f"{part.title}由平台统计，不能登记")
    if judgement is None and not isinstance(part, SubmittedPart):
        raise Invalid.field("part", f"{part.title}须由评定人登记结果")
    if len(title) > 200:
        raise Invalid.field("title", "标题最多 200 字")
    values: dict[str, Any] = judgements.columns(part, judgement) if judgement else {}
    values |= {"title": judgements.comment(title), "words": words, "comment": judgements.comment(comment)}
    key = {"workshop_id": workshop.id, "part": part.key, "item": achievements.item_code(item)}
    row = achievements.locked(session, LeaderAchievement, **key)
    if row is None:
        moment = _happened(programme, part, at, now)
        made = LeaderAchievement(**key, **values, at=moment, entered_at=now, entered_by=staff.account_id, history=[])
        row, new = achievements.added(session, made, **key)
        if new:
            return row
    if at is not None:
        values["at"] = _happened(programme, part, at, now)
    if any(getattr(row, name) != value for name, value in values.items()):
        achievements.change(row, values | {"entered_at": now, "entered_by": staff.account_id})
        session.flush()
    return row


def of(session: Session, staff: Staff, workshop_id: int) -> Workshop:
    """The workshop; for one who acts as a leader, only the own. Raises NotFound."""
    own = staff.workshop(session)
    found = session.get(Workshop, workshop_id) if 0 < workshop_id <= GREATEST_ID else None
    if found is None or (own is not None and own.id != found.id):
        raise NotFound("没有找到这个工作坊。")
    return found


def part_of(programme: Programme, key: str) -> Part:
    """A part of the leaders' table. Raises NotFound."""
    listed = programme.leader.parts if programme.leader else ()
    part = next((part for part in listed if part.key == key), None)
    if part is None:
        raise NotFound("坊主考核没有这一项。")
    return part


def _happened(programme: Programme, part: Part, at: datetime | None, now: datetime) -> datetime:
    if at is not None and at > now:
        raise Invalid.field("at", "日期在今天之后")
    deadlines.require(programme, part, deadlines.spans_of_leader(Scorer(programme), part), at or now)
    return at or now
