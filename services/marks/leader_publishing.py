"""What a workshop leader published (公告、简报、答疑): entered by the leader, one numbered item each."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import LeaderAchievement, Workshop
from programmes.parts import SubmittedPart
from programmes.schema import Programme
from services.errors import Conflict
from services.handing_in import achievements
from services.marks import leader_entries
from services.marks.staff import Staff


class NumberTaken(Conflict):
    """这个编号已登记过别的内容，请换一个编号。"""

    code = "number_taken"


def parts(programme: Programme) -> list[SubmittedPart]:
    """Of the leaders' table, those that the leader enters."""
    return [part for part in programme.leader.parts if isinstance(part, SubmittedPart)] if programme.leader else []


def publish(
    session: Session,
    staff: Staff,
    workshop_id: int,
    part_key: str,
    *,
    item: str,
    title: str,
    words: int | None,
    at: datetime,
    now: datetime,
) -> LeaderAchievement:
    """Enter one; the same again changes nothing. Raises NumberTaken, and as leader_entries.record."""
    workshop = leader_entries.of(session, staff, workshop_id)
    code = achievements.item_code(item)
    known = achievements.locked(session, LeaderAchievement, workshop_id=workshop.id, part=part_key, item=code)
    if known is not None:
        if (known.title, known.words) == (title.strip(), words):
            return known
        raise NumberTaken(f"编号 {code} 已登记为“{known.title}”，请换一个编号。")
    return leader_entries.record(
        session, staff, workshop.id, part_key, item=code, title=title, words=words, at=at, now=now
    )


def entered(session: Session, workshop: Workshop) -> list[LeaderAchievement]:
    """All entries of the workshop's leader, by part and number."""
    rows = session.scalars(sa.select(LeaderAchievement).where(LeaderAchievement.workshop_id == workshop.id))
    return sorted(rows, key=lambda row: (row.part, row.item.zfill(5), row.id))


def next_item(session: Session, workshop: Workshop, part_key: str) -> str:
    """The lowest number that is free."""
    query = sa.select(LeaderAchievement.item).where(
        LeaderAchievement.workshop_id == workshop.id, LeaderAchievement.part == part_key
    )
    taken = set(session.scalars(query))
    return next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)
