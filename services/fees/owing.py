"""What the schools within reach owe for a programme (应缴): headcount × fee, beside what was billed and confirmed. Money is whole fen."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Bill, Enrolment, Organisation, Programme
from services.authority import scope
from services.authority.principals import Principal
from services.errors import NotFound
from services.fees import bills
from services.fees.bills import CONFIRMED, OPEN, VOID
from services.standings import ACTIVE

#: Schools on a page.
PAGE = 50


@dataclass(frozen=True)
class Owing:
    """One school: how many it pays for, for how many that was confirmed, and its newest bill that is not void."""

    school_id: int
    school: str
    code: str
    headcount: int
    confirmed: int
    per_head_fen: int
    bill: Bill | None

    @property
    def due(self) -> int:
        """For how many it still has to pay."""
        return max(0, self.headcount - self.confirmed)

    @property
    def due_fen(self) -> int:
        return self.due * self.per_head_fen

    @property
    def state(self) -> str:
        """paid, open (billed, not confirmed), outdated (the open bill counts others than are enrolled now), unbilled or nobody."""
        if self.bill is not None and self.bill.state == OPEN:
            return "open" if self.bill.headcount == self.due else "outdated"
        if self.due:
            return "unbilled"
        return "paid" if self.confirmed else "nobody"


@dataclass(frozen=True)
class Totals:
    schools: int
    headcount: int
    confirmed: int


def require_fee(session: Session, slug: str) -> int:
    """What each learner costs, in fen. Raises NotFound, NoFee."""
    fee = bills.programme_of(session, slug).fee
    if fee.payer != "school" or fee.per_head is None:
        raise bills.NoFee
    return bills.fen(fee.per_head)


def page(
    session: Session, principal: Principal, slug: str, *, number: int = 1, name: str = "", unpaid: bool = False
) -> tuple[list[Owing], bool, Totals]:
    """The schools of page `number` (from 1) by code, whether more follow, and the totals of all schools; those with `name` in theirs.

    All are counted once, for the totals: everybody whom a school pays for is read in any case. Raises NotFound, NoFee.
    """
    per_head = require_fee(session, slug)
    every = session.execute(_query(principal, _heads(principal, slug), _paid(slug)).order_by(Organisation.code)).all()
    totals = Totals(len(every), sum(row.headcount for row in every), sum(int(row.confirmed) for row in every))
    asked = [row for row in every if name in row.name and (not unpaid or row.headcount > row.confirmed)]
    start = (number - 1) * PAGE
    rows = asked[start : start + PAGE]
    newest = _newest(session, slug, [row.id for row in rows])
    found = [
        Owing(row.id, row.name, row.code, row.headcount, int(row.confirmed), per_head, newest.get(row.id))
        for row in rows
    ]
    return found, len(asked) > start + PAGE, totals


def of_school(session: Session, principal: Principal, slug: str, school_id: int) -> Owing:
    """Raises NotFound (also for a unit that is no school), NoFee."""
    school = scope.get(session, principal, Organisation, school_id)
    if school.kind != "school":
        raise NotFound
    per_head = require_fee(session, slug)
    query = _query(principal, _heads(principal, slug), _paid(slug)).where(Organisation.id == school_id)
    row = session.execute(query).one_or_none()
    headcount, confirmed = (row.headcount, row.confirmed) if row is not None else (0, 0)
    newest = _newest(session, slug, [school_id]).get(school_id)
    return Owing(school.id, school.name, school.code, headcount, confirmed, per_head, newest)


def history(session: Session, slug: str, school_id: int) -> Sequence[Bill]:
    """All bills of a school, the newest first."""
    query = sa.select(Bill).where(Bill.programme_slug == slug, Bill.school_id == school_id)
    return session.scalars(query.order_by(Bill.serial.desc())).all()


def _query(principal: Principal, heads: sa.Subquery, paid: sa.Subquery) -> sa.Select[int, str, str, int, int]:
    query = (
        sa.select(
            Organisation.id,
            Organisation.name,
            Organisation.code,
            heads.c.learners.label("headcount"),
            sa.func.coalesce(paid.c.learners, 0).label("confirmed"),
        )
        .join(heads, heads.c.school_id == Organisation.id)
        .outerjoin(paid, paid.c.school_id == Organisation.id)
    )
    return scope.scope(query, principal)


def _heads(principal: Principal, slug: str) -> sa.Subquery:
    """Whom each school within reach pays for, as services.standings.headcounts counts them."""
    query = (
        sa.select(Enrolment.school_id, sa.func.count(sa.distinct(Enrolment.account_id)).label("learners"))
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE, Enrolment.school_id.is_not(None))
        .group_by(Enrolment.school_id)
    )
    return scope.scope(query, principal).subquery()


def _paid(slug: str) -> sa.Subquery:
    return (
        sa.select(Bill.school_id, sa.func.sum(Bill.headcount).label("learners"))
        .where(Bill.programme_slug == slug, Bill.state == CONFIRMED)
        .group_by(Bill.school_id)
        .subquery()
    )


def _newest(session: Session, slug: str, school_ids: Sequence[int]) -> dict[int, Bill]:
    query = sa.select(Bill).where(Bill.programme_slug == slug, Bill.school_id.in_(school_ids), Bill.state != VOID)
    return {bill.school_id: bill for bill in session.scalars(query.order_by(Bill.serial))}
