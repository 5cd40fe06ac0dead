"""Money that arrived (汇款): recorded as the bank told it, and matched to a school's bill where that is beyond doubt."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Bill, Organisation, Remittance
from services import programmes
from services.errors import Conflict, Invalid
from services.fees import bills
from services.tables import cells

#: One remittance is never more than this: 100 million yuan.
MOST_FEN = 10**10


class ReferenceTaken(Conflict):
    """这个银行流水号已经登记过，而内容不同，请核对。"""

    code = "reference_taken"


@dataclass(frozen=True)
class Arrived:
    """One line of the bank's list. `summary` is what the payer wrote on the slip."""

    reference: str
    payer: str
    summary: str
    amount_fen: int
    paid_on: date


def record(
    session: Session,
    slug: str,
    arrived: Arrived,
    now: datetime,
    *,
    matcher: "Matcher | None" = None,
    by: int | None = None,
) -> tuple[Remittance, bool]:
    """The remittance, and whether it is new. The same line again changes nothing.

    It is matched to a bill only where exactly one open bill's school is named. Personal numbers in what the payer wrote are masked.
    Raises NotFound (the programme), ReferenceTaken, Invalid.
    """
    arrived = replace(arrived, payer=cells.masked(arrived.payer), summary=cells.masked(arrived.summary)[:300])
    _check(arrived, now.date())
    matcher = matcher or Matcher(session, slug)
    known = session.scalar(
        sa.select(Remittance).where(Remittance.programme_slug == slug, Remittance.reference == arrived.reference)
    )
    if known:
        if (known.payer, known.amount_fen, known.paid_on) != (arrived.payer, arrived.amount_fen, arrived.paid_on):
            raise ReferenceTaken(f"银行流水号 {arrived.reference} 已经登记过，而付款人、金额或日期不同，请核对。")
        return known, False
    remittance = Remittance(
        programme_slug=slug,
        reference=arrived.reference,
        payer=arrived.payer,
        summary=arrived.summary,
        amount_fen=arrived.amount_fen,
        paid_on=arrived.paid_on,
        bill_id=matcher.bill_for(arrived),
        recorded_at=now,
        recorded_by=by,
    )
    try:
        with session.begin_nested():
            session.add(remittance)
    except IntegrityError:  # somebody recorded it since we looked
        raise ReferenceTaken(f"银行流水号 {arrived.reference} 刚刚被登记过，请重新导入。") from None
    return remittance, True


def unknown(session: Session, slug: str) -> Sequence[Remittance]:
    """Those that belong to no bill, the oldest first."""
    query = sa.select(Remittance).where(Remittance.programme_slug == slug, Remittance.bill_id.is_(None))
    return session.scalars(query.order_by(Remittance.paid_on, Remittance.id)).all()


def of_bill(session: Session, bill_id: int) -> Sequence[Remittance]:
    query = sa.select(Remittance).where(Remittance.bill_id == bill_id)
    return session.scalars(query.order_by(Remittance.paid_on, Remittance.id)).all()


def _check(arrived: Arrived, today: date) -> None:
    if not 1 <= len(arrived.reference) <= 64:
        raise Invalid.field("reference", "银行流水号应为 1 至 64 个字符")
    if not 1 <= len(arrived.payer) <= 100:
        raise Invalid.field("payer", "付款人应为 1 至 100 个字")
    if not 0 < arrived.amount_fen <= MOST_FEN:
        raise Invalid.field("amount", "金额应大于 0，并且不超过一亿元")
    if not date(2000, 1, 1) <= arrived.paid_on <= today:
        raise Invalid.field("paid_on", "汇款日期不正确：不能在将来，也不能太早")


class Matcher:
    """Finds the one school whose whole name stands in what the payer wrote; made once for many remittances.

    It keeps the open bills as they are until the transaction ends: money that came to a bill which is voided or confirmed at this
    moment would be seen by nobody. Only bills of `which` are matched. Raises NotFound (the programme).
    """

    def __init__(self, session: Session, slug: str, *which: sa.ColumnElement[bool]) -> None:
        programmes.latest(session, slug)
        schools = sa.select(Organisation.id, Organisation.name).where(Organisation.kind == "school")
        self._names = [(school, _plain(name)) for school, name in session.execute(schools)]
        waiting = sa.select(Bill.id).where(Bill.programme_slug == slug, Bill.state == bills.OPEN, *which)
        rows = bills.all_locked(session, session.scalars(waiting).all())
        self._bills = {bill.school_id: bill.id for bill in rows if bill.state == bills.OPEN}

    def bill_for(self, arrived: Arrived) -> int | None:
        """The school's open bill. A longer name that contains a shorter one wins (第一小学 and 城关第一小学); two schools named,
        or two of one name: nobody's."""
        said = _plain(arrived.payer) + "\n" + _plain(arrived.summary)
        named = [(school, name) for school, name in self._names if name in said]
        whole = [school for school, name in named if not any(name != other and name in other for _, other in named)]
        return self._bills.get(whole[0]) if len(whole) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
