"""The rollups (统计表): one row a school and programme, counted by the database in one statement and written whole.

All versions of the programme together. Results (services.results) are what passed, scored and earned hours; they are as fresh as they were
last computed, so recompute first where it matters. Whoever reads sees one count or the next, never a mixture.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme, Result, SchoolTally
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.standings import ACTIVE, EXEMPT
from services.watching import at_risk

WITHDRAWN = "withdrawn"
#: Stands for no school.
NOWHERE = 0


class Counts(NamedTuple):
    """The columns that SchoolTally and DailyTally share, in their order."""

    enrolled: int = 0
    exempt: int = 0
    withdrawn: int = 0
    signed_in: int = 0
    studying: int = 0
    passed: int = 0
    at_risk: int = 0
    credited_seconds: int = 0
    hours_credited: float = 0.0
    score_sum: float = 0.0

    def plus(self, other: "Counts") -> "Counts":
        summed: list[Any] = [a + b for a, b in zip(self, other, strict=True)]
        return Counts(*summed)


def count(session: Session, slug: str, now: datetime) -> int:
    """Count the programme anew; returns how many schools have somebody in it. Again is harmless, and so is twice at once: the newest count
    stays. Raises NotFound."""
    newest = programmes.latest(session, slug)
    rows = [
        {"programme_slug": slug, "school_id": school_id or NOWHERE, "counted_at": now, **counts._asdict()}
        for school_id, counts in _counted(session, slug, now)
    ]
    # Whoever counts at the same time waits here; enrolments that refer to the row do not.
    session.execute(sa.select(Programme.id).where(Programme.id == newest.id).with_for_update(key_share=True))
    written = counted_at(session, slug)
    if written is not None and written > now:
        return len(rows)
    session.execute(sa.delete(SchoolTally).where(SchoolTally.programme_slug == slug))
    if rows:
        session.execute(sa.insert(SchoolTally), rows)
    return len(rows)


def counted_at(session: Session, slug: str) -> datetime | None:
    """When the programme was counted; None: never, or nobody is in it."""
    query = sa.select(SchoolTally.counted_at).where(SchoolTally.programme_slug == slug).limit(1)
    return session.scalar(query)


def programmes_within(session: Session, principal: Principal) -> list[str]:
    """The programmes in which schools within reach were counted."""
    query = sa.select(SchoolTally.programme_slug).distinct().order_by(SchoolTally.programme_slug)
    return list(session.scalars(scope.scope(query, principal)))


def taking_part(session: Session, principal: Principal) -> dict[str, int]:
    """By programme, how many enrolments of the schools within reach were not withdrawn; only of programmes that were counted."""
    number = sa.func.sum(SchoolTally.enrolled + SchoolTally.exempt)
    query = sa.select(SchoolTally.programme_slug, number).group_by(SchoolTally.programme_slug)
    return {slug: int(count) for slug, count in session.execute(scope.scope(query, principal))}


def read(values: Any) -> Counts:
    """Sums as a database gives them: decimals, and None for nothing."""
    whole = [int(value or 0) for value in values[:8]]
    return Counts(*whole, *(round(float(value or 0), 6) for value in values[8:]))


def _counted(session: Session, slug: str, now: datetime) -> list[tuple[int | None, Counts]]:
    active = Enrolment.status == ACTIVE

    def number(*what: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((sa.and_(*what), 1), else_=0))

    def total(column: Any) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((active, sa.func.coalesce(column, 0)), else_=0))

    query = (
        sa.select(
            Enrolment.school_id,
            number(active),
            number(Enrolment.status == EXEMPT),
            number(Enrolment.status == WITHDRAWN),
            number(active, Account.last_login_at.is_not(None)),
            number(active, Enrolment.credited_seconds > 0),
            number(active, Result.passed.is_(True)),
            number(active, at_risk.condition(session, slug, now)),
            total(Enrolment.credited_seconds),
            total(Result.hours_credited),
            total(Result.score),
        )
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Result, Result.enrolment_id == Enrolment.id)
        .where(Programme.slug == slug)
        .group_by(Enrolment.school_id)
    )
    return [(school_id, read(values)) for school_id, *values in session.execute(query)]
