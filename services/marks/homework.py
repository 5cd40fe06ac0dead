"""One piece that a learner handed in (一份作业), as staff see it: read by whoever reaches the learner, judged by the leader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from models import Account, Achievement, Enrolment, Organisation, Programme, Workshop
from programmes.parts import CertifiedPart, GradedPart, Part
from programmes.scoring import Scorer
from services import programmes
from services.authority import scope
from services.authority.principals import NotAllowed, Principal
from services.errors import NotFound
from services.handing_in import copies, deadlines
from services.handing_in.copies import Copies
from services.handing_in.submissions import judged
from services.marks import grading, stamps
from services.marks.judgements import Judgement
from services.marks.staff import ACTIVE, Staff

#: Of one page of a list.
MOST = 100
Judgeable = GradedPart | CertifiedPart


@dataclass(frozen=True)
class Piece:
    """`stamp`: goes along with the judgement. own: of the very person who looks. revisable: it may still be sent back."""

    achievement: Achievement
    enrolment: Enrolment
    name: str
    school: str
    programme: str
    part: Part
    copied: Copies | None
    stamp: str
    judged: bool
    own: bool
    revisable: bool

    @property
    def judgeable(self) -> bool:
        """Homework or a micro-ability that was handed in on the platform."""
        return isinstance(self.part, Judgeable) and self.achievement.text is not None

    @property
    def past(self) -> list[dict[str, Any]]:
        """Earlier drafts and judgements, the latest first."""
        told = ("text", "returned_at", "grade", "passed")
        return [before for before in reversed(self.achievement.history) if any(name in before for name in told)]


@dataclass(frozen=True)
class Waiting:
    """A line of the list."""

    achievement: Achievement
    name: str
    school: str
    part: Judgeable
    copied: Copies | None


def get(session: Session, principal: Principal, achievement_id: int, now: datetime) -> Piece:
    """Raises NotFound: outside of reach, or of a part that the programme does not have any more."""
    row = scope.get(session, principal, Achievement, achievement_id)
    enrolment = session.get_one(Enrolment, row.enrolment_id)
    rules = programmes.get(session, enrolment.programme_id)
    part = rules.part(row.part)
    if part is None:
        raise NotFound("本项目没有这个考核项。")
    school = session.get(Organisation, enrolment.school_id) if enrolment.school_id else None
    return Piece(
        achievement=row,
        enrolment=enrolment,
        name=enrolment.account.name,
        school=school.name if school else "",
        programme=rules.title,
        part=part,
        copied=copies.of(session, [row.id]).get(row.id) if row.digest else None,
        stamp=stamps.of(row),
        judged=judged(row),
        own=enrolment.account_id == principal.account_id,
        revisable=deadlines.holds(deadlines.spans_of(Scorer(rules), part), now),
    )


def judge(
    session: Session,
    principal: Principal,
    achievement_id: int,
    judgement: Judgement,
    *,
    comment: str,
    recommended: bool,
    seen: str,
    now: datetime,
) -> Achievement:
    """Grade or certify it; homework may be recommended (推优) as well. Raises NotFound, NotAllowed, and as grading.record."""
    piece, staff = _mine(session, principal, achievement_id, now)
    row = piece.achievement
    if not seen:
        raise stamps.HandedInMeanwhile
    row = grading.record(
        session, staff, row.enrolment_id, row.part, judgement, item=row.item, comment=comment, seen=seen, now=now
    )
    if isinstance(piece.part, GradedPart) and row.recommended is not recommended:
        grading.recommend(session, staff, row.enrolment_id, row.part, item=row.item, recommended=recommended, now=now)
    return row


def send_back(
    session: Session, principal: Principal, achievement_id: int, *, comment: str, seen: str, now: datetime
) -> Achievement:
    """Ask for a revision (退回), saying why. Raises NotFound, NotAllowed, and as grading.send_back."""
    piece, staff = _mine(session, principal, achievement_id, now)
    row = piece.achievement
    if not seen:
        raise stamps.HandedInMeanwhile
    return grading.send_back(
        session, staff, row.enrolment_id, row.part, item=row.item, comment=comment, seen=seen, now=now
    )


def listed(
    session: Session, principal: Principal, workshop: Workshop, *, done: bool = False, after: int = 0
) -> list[Waiting]:
    """What waits for a grade or certification in this workshop (or has one, with `done`), by id, `after` which one; of the learners whom
    the person reaches."""
    parts = _parts(session, workshop.programme_slug)
    query = scope.scope(
        sa.select(Achievement, Enrolment.programme_id, Account.name, Organisation.name)
        .join(Enrolment, Enrolment.id == Achievement.enrolment_id)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id),
        principal,
    )
    decided = sa.or_(Achievement.grade.is_not(None), Achievement.passed.is_not(None))
    rows = session.execute(
        query.where(
            Enrolment.workshop_id == workshop.id,
            *_open(parts),
            decided if done else sa.not_(decided),
            Achievement.id > after,
        )
        .order_by(Achievement.id)
        .limit(MOST)
        .options(defer(Achievement.history), defer(Achievement.text))
    ).all()
    alike = copies.of(session, [row.id for row, *_ in rows if row.digest is not None])
    return [
        Waiting(row, name, school or "", parts[version][row.part], alike.get(row.id))
        for row, version, name, school in rows
    ]


def counts(session: Session, workshops: list[Workshop]) -> dict[int, int]:
    """How many pieces wait in each workshop; those with none are left out."""
    found: dict[int, int] = {}
    for slug in {workshop.programme_slug for workshop in workshops}:
        query = (
            sa.select(Enrolment.workshop_id, sa.func.count())
            .join(Achievement, Achievement.enrolment_id == Enrolment.id)
            .where(
                Enrolment.workshop_id.in_([one.id for one in workshops if one.programme_slug == slug]),
                *_open(_parts(session, slug)),
                Achievement.grade.is_(None),
                Achievement.passed.is_(None),
            )
            .group_by(Enrolment.workshop_id)
        )
        found |= {workshop_id or 0: count for workshop_id, count in session.execute(query)}
    return found


def next_after(session: Session, principal: Principal, piece: Piece) -> int | None:
    """The next piece that waits in the same workshop, from the beginning again after the last."""
    workshop = session.get(Workshop, piece.enrolment.workshop_id) if piece.enrolment.workshop_id else None
    if workshop is None:
        return None
    for after in (piece.achievement.id, 0):
        for waiting in listed(session, principal, workshop, after=after):
            if waiting.achievement.id != piece.achievement.id:
                return waiting.achievement.id
    return None


def _parts(session: Session, slug: str) -> dict[int, dict[str, Judgeable]]:
    """What is judged, by the id of each version of the programme: who was not brought to the newest one is graded by the own."""
    versions = session.scalars(sa.select(Programme.id).where(Programme.slug == slug)).all()
    return {
        version: {part.key: part for part in programmes.get(session, version).parts if isinstance(part, Judgeable)}
        for version in versions
    }


def _open(parts: dict[int, dict[str, Judgeable]]) -> tuple[sa.ColumnElement[bool], ...]:
    judged_by = [
        sa.and_(Enrolment.programme_id == version, Achievement.part.in_(keys)) for version, keys in parts.items()
    ]
    return (
        Enrolment.status == ACTIVE,
        sa.or_(sa.false(), *judged_by),
        Achievement.text.is_not(None),
        Achievement.returned_at.is_(None),
    )


def _mine(session: Session, principal: Principal, achievement_id: int, now: datetime) -> tuple[Piece, Staff]:
    """A piece of the own workshop, handed in by somebody else. Raises NotFound, NotAllowed."""
    piece = get(session, principal, achievement_id, now)
    principal.require("workshop")
    if not piece.judgeable:
        raise NotFound("这一项不用批阅。")
    if piece.own:
        raise NotAllowed("不能批阅自己的作业，请联系管理员指定他人。")
    return piece, Staff(principal.account_id, piece.enrolment.workshop_id)
