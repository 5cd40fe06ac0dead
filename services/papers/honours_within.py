"""Honours (评优) as staff see them: the ranks of a whole programme, of which each sees those within reach; who may freeze the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Enrolment,
    HonourEntry,
    HonourList,
    Organisation,
    Programme,
    Recommendation,
    Result,
    Workshop,
)
from programmes.evidence import exactly
from programmes.parts import Paper as Rule
from services import programmes
from services.authority import scope
from services.authority.principals import NotAllowed, Principal
from services.papers import honours
from services.papers.ranks import Candidate, Placed
from services.standings import ACTIVE

#: Up to so many learners are scored anew for a preview; of more, the stored results are taken.
MOST_SCORED = 3000
CHUNK, PAGE = 500, 50


@dataclass(frozen=True)
class Preview:
    """`shown`: those within reach. `candidates` and `awarded` count everybody. `stored`: by results that were computed before."""

    shown: list[Placed]
    candidates: int
    awarded: int
    stored: bool


@dataclass(frozen=True)
class Awarded:
    """One line of the award list."""

    rank: int
    name: str
    school: str
    workshop: str
    score: float


def kinds(session: Session, slug: str) -> list[Rule]:
    """The honours of the programme; empty where it has none. Raises NotFound (the programme)."""
    rules = programmes.get(session, programmes.latest(session, slug).id)
    return [rule for rule in rules.papers if rule.honour is not None]


def preview(session: Session, principal: Principal, slug: str, kind: str, now: datetime) -> Preview:
    """How the candidates rank as things stand. Raises NotFound."""
    many = (session.scalar(sa.select(sa.func.count()).select_from(_active(slug).subquery())) or 0) > MOST_SCORED
    placed = honours.preview(session, slug, kind, now, _stored if many else None)
    known = _reached(session, principal, [one.candidate.account_id for one in placed])
    return Preview(
        [one for one in placed if one.candidate.account_id in known],
        len(placed),
        sum(one.awarded for one in placed),
        many,
    )


def reaches_all(session: Session, principal: Principal, slug: str) -> bool:
    """Whether nobody who takes part is beyond the person's reach: a list is of the whole programme."""
    within = scope.within(Enrolment, principal)
    reached = sa.false() if within is None else sa.func.coalesce(within, sa.false())  # null: without a school
    outside = _active(slug).where(sa.not_(reached))
    return not session.scalar(sa.select(outside.exists()))


def require_all(session: Session, principal: Principal, slug: str) -> None:
    """Raises NotAllowed."""
    principal.require("honours")
    if not reaches_all(session, principal, slug):
        raise NotAllowed("评优名单包括您管辖范围以外的学员，请由上级管理员公布。")


def awarded(session: Session, principal: Principal, frozen: HonourList) -> list[Awarded]:
    """Who of those within reach stands on the list."""
    query = (
        sa.select(HonourEntry.rank, Account.name, Organisation.name, Workshop.title, HonourEntry.score)
        .join(Account, Account.id == HonourEntry.account_id)
        .outerjoin(Enrolment, Enrolment.id == HonourEntry.enrolment_id)
        .outerjoin(Organisation, Organisation.id == sa.func.coalesce(Enrolment.school_id, Account.school_id))
        .outerjoin(Workshop, Workshop.id == HonourEntry.workshop_id)
        .where(HonourEntry.list_id == frozen.id, HonourEntry.awarded.is_(True))
        .order_by(HonourEntry.workshop_id, HonourEntry.rank, HonourEntry.account_id)
    )
    reached = scope.within(Account, principal)
    rows = session.execute(query.where(sa.false() if reached is None else reached))
    return [Awarded(rank, name, school or "", workshop or "", score) for rank, name, school, workshop, score in rows]


def _active(slug: str) -> sa.Select[int]:
    return (
        sa.select(Enrolment.id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE)
    )


def _stored(session: Session, slug: str, rule: Rule, now: datetime) -> list[Candidate]:
    """services.papers.honours.passed, by the results of the last reckoning (services.results)."""
    if rule.role != "teacher":
        return honours.passed(session, slug, rule, now)
    recommended = set(session.scalars(sa.select(Recommendation.enrolment_id).where(Recommendation.kind == rule.key)))
    query = (
        sa.select(Enrolment.account_id, Result.score, Enrolment.id, Enrolment.workshop_id)
        .join(Result, Result.enrolment_id == Enrolment.id)
        .where(Enrolment.id.in_(_active(slug)), Result.passed.is_(True))
        .order_by(Enrolment.id)
    )
    best: dict[int, Candidate] = {}
    for account_id, score, enrolment_id, workshop_id in session.execute(query):
        one = Candidate(account_id, exactly(score), enrolment_id, workshop_id, enrolment_id in recommended)
        if account_id not in best or one.score > best[account_id].score:
            best[account_id] = one
    return list(best.values())


def _reached(session: Session, principal: Principal, accounts: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(accounts), CHUNK):
        query = sa.select(Account.id).where(Account.id.in_(accounts[start : start + CHUNK]))
        found.update(session.scalars(scope.scope(query, principal)))
    return found
