"""What waits for a grader: texts that learners handed in, and whether they are copies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from models import Account, Achievement, Enrolment, Programme
from services import programmes
from services.errors import NotFound
from services.handing_in import copies
from services.handing_in.copies import Copies
from services.marks.staff import ACTIVE, Staff

#: Of one answer; the next one starts `after` the last of it.
MOST = 200


@dataclass(frozen=True)
class Waiting:
    """`copied` where the part asks for original work and others of the programme handed in the same."""

    achievement: Achievement
    enrolment_id: int
    name: str
    copied: Copies | None


def listed(
    session: Session, staff: Staff, slug: str, part_key: str, *, judged: bool = False, after: int = 0
) -> list[Waiting]:
    """Items of one part that wait for a grade or certification (or have one, with `judged`); of the own workshop, for a leader.

    By id, `after` which one; MOST at a time. Raises NotFound.
    """
    own = staff.workshop(session)
    programme = programmes.get(session, programmes.latest(session, slug).id)
    part = programme.part(part_key)
    if part is None or (own is not None and own.programme_slug != slug):
        raise NotFound("没有这个考核项。")
    decided = sa.or_(Achievement.grade.is_not(None), Achievement.passed.is_not(None))
    query = (
        sa.select(Achievement, Account.name)
        .join(Enrolment, Enrolment.id == Achievement.enrolment_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Account, Account.id == Enrolment.account_id)
        .where(
            Programme.slug == slug,
            Enrolment.status == ACTIVE,
            Achievement.part == part_key,
            Achievement.id > after,
            Achievement.text.is_not(None),
            Achievement.returned_at.is_(None),
            decided if judged else sa.not_(decided),
        )
        .order_by(Achievement.id)
        .limit(MOST)
        .options(defer(Achievement.history))  # every text that this one replaced
    )
    if own is not None:
        query = query.where(Enrolment.workshop_id == own.id)
    return list(_told(session, session.execute(query).all()))


def _told(session: Session, rows: Sequence[sa.Row[Achievement, str]]) -> Iterator[Waiting]:
    alike = copies.of(session, [row.id for row, _ in rows if row.digest is not None])
    for row, name in rows:
        yield Waiting(row, row.enrolment_id, name, alike.get(row.id))
