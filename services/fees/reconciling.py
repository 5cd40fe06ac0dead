"""What arrived beside what is owed, and the word of the collector (收费联系人) that opens the papers of a school.

    reconcile  bill by bill: nothing, short, exact or over; and money that nobody knows whose it is
    assign     say whose money it is
    confirm    by the collector of the school's district: this alone opens the papers of the school

Nothing here opens anything by itself, whatever sum arrives. Money is whole fen (分).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Bill, Organisation, Remittance
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.fees import bills, remittances
from services.fees.bills import CONFIRMED, OPEN, VOID, BillNotOpen, yuan


class SumDiffers(Conflict):
    """到账金额与应缴金额不同，不能直接确认；核实后请写明原因再确认。"""

    code = "sum_differs"


class NotYourDistrict(Forbidden):
    """这所学校的缴费由其他收费联系人确认。"""

    code = "not_your_district"


class MovedMeanwhile(Conflict):
    """这笔汇款刚刚被别人认领，请刷新后再看。"""

    code = "remittance_moved"


class NotConfirmed(Conflict):
    """这张缴费单没有确认，不需要撤销。"""

    code = "bill_not_confirmed"


@dataclass(frozen=True)
class Reconciled:
    """One bill beside what arrived for it, in fen. state: none, short, exact or over."""

    bill: Bill
    school: str
    received_fen: int
    remittances: int

    @property
    def state(self) -> str:
        if not self.remittances:
            return "none"
        difference = self.received_fen - self.bill.amount_fen
        return "exact" if difference == 0 else "short" if difference < 0 else "over"


@dataclass(frozen=True)
class Invoice:
    """What one invoice must say; `title` is the school's name where it gave no other."""

    bill_id: int
    school: str
    title: str
    tax_number: str
    headcount: int
    amount_fen: int


def reconcile(
    session: Session, slug: str, *which: sa.ColumnElement[bool]
) -> tuple[list[Reconciled], Sequence[Remittance]]:
    """Every bill that is not void (of `which`, conditions on Bill) beside what arrived for it, by school; and the remittances that
    belong to no bill."""
    arrived = (
        sa.select(
            Remittance.bill_id,
            sa.func.sum(Remittance.amount_fen).label("fen"),
            sa.func.count().label("times"),
        )
        .where(Remittance.programme_slug == slug, Remittance.bill_id.is_not(None))
        .group_by(Remittance.bill_id)
        .subquery()
    )
    query = (
        sa.select(Bill, Organisation.name, arrived.c.fen, arrived.c.times)
        .join(Organisation, Organisation.id == Bill.school_id)
        .outerjoin(arrived, arrived.c.bill_id == Bill.id)
        .where(Bill.programme_slug == slug, Bill.state != VOID, *which)
        .order_by(Organisation.code, Bill.serial)
    )
    rows = [Reconciled(bill, name, int(fen or 0), int(times or 0)) for bill, name, fen, times in session.execute(query)]
    return rows, remittances.unknown(session, slug)


def confirm(
    session: Session,
    bill_id: int,
    *,
    collector: str,
    by: str,
    now: datetime,
    reason: str = "",
    account_id: int | None = None,
) -> Bill:
    """The collector has the money: the papers of this school open. `by` names the person.

    What arrived must be the sum; a difference needs a `reason`, which is kept. Again is harmless.
    Raises NotFound, NotYourDistrict, BillNotOpen, SumDiffers, Invalid (field by).
    """
    bill = bills.locked(session, bill_id)
    _require_collector(session, bill, collector)
    if not by.strip():
        raise Invalid.field("by", "请写明确认人姓名")
    if bill.state == CONFIRMED:
        return bill
    if bill.state != OPEN:
        raise BillNotOpen
    received = session.scalar(sa.select(sa.func.sum(Remittance.amount_fen)).where(Remittance.bill_id == bill.id))
    if int(received or 0) != bill.amount_fen and not reason.strip():
        raise SumDiffers(
            f"应缴 {yuan(bill.amount_fen)} 元，到账 {yuan(int(received or 0))} 元，核实后请写明原因再确认。"
        )
    bill.state = CONFIRMED
    bill.confirmed_at = now
    bill.confirmed_by = account_id
    said = "：".join(filter(None, (by.strip(), reason.strip())))
    bill.confirmed_note = "；".join(filter(None, (bill.confirmed_note, said)))[-300:]
    session.flush()
    return bill


def take_back(session: Session, bill_id: int, *, collector: str, by: str, reason: str) -> Bill:
    """Undo a confirmation that was wrong; papers already printed stay (services.papers.papers revokes).

    Raises NotFound, NotYourDistrict, NotConfirmed, BillNotOpen (a newer one stands), Invalid (field by or reason).
    """
    bill = bills.locked(session, bill_id)
    _require_collector(session, bill, collector)
    if bill.state != CONFIRMED:
        raise NotConfirmed
    if not by.strip():
        raise Invalid.field("by", "请写明撤销人姓名")
    if not reason.strip():
        raise Invalid.field("reason", "请写明撤销确认的原因")
    newer = sa.select(Bill.id).where(
        Bill.programme_slug == bill.programme_slug, Bill.school_id == bill.school_id, Bill.serial > bill.serial
    )
    if session.scalar(newer.where(Bill.state != VOID).limit(1)):
        raise BillNotOpen("这所学校后来又有新的缴费单，请先处理那一张。")
    bill.state, bill.confirmed_at, bill.confirmed_by = OPEN, None, None
    bill.confirmed_note = f"{bill.confirmed_note}；撤销：{by.strip()}：{reason.strip()}"[-300:]
    session.flush()
    return bill


def assign(session: Session, remittance_id: int, bill_id: int | None) -> Remittance:
    """Say whose money it is; None: nobody knows. Money of a confirmed bill stays where it is.

    Raises NotFound, BillNotOpen, MovedMeanwhile.
    """
    remittance = session.get(Remittance, remittance_id) if 0 < remittance_id < 2**63 else None
    if remittance is None:
        raise NotFound("没有找到这笔汇款。")
    before = remittance.bill_id
    # The bills before the money, as everybody locks them who moves some.
    for bill in bills.all_locked(session, {one for one in (before, bill_id) if one is not None}):
        if bill.programme_slug != remittance.programme_slug:
            raise NotFound("这张缴费单不属于这笔汇款的项目。")
        if bill.state != OPEN:
            raise BillNotOpen
    session.refresh(remittance, with_for_update=True)
    if remittance.bill_id != before:
        raise MovedMeanwhile
    remittance.bill_id = bill_id
    session.flush()
    return remittance


def invoices(session: Session, slug: str, *which: sa.ColumnElement[bool]) -> list[Invoice]:
    """What the invoices (发票) of confirmed bills (of `which`) must say, by school."""
    rows, _ = reconcile(session, slug, *which)
    return [
        Invoice(
            row.bill.id,
            row.school,
            row.bill.invoice.get("title") or row.school,
            row.bill.invoice.get("tax_number", ""),
            row.bill.headcount,
            row.bill.amount_fen,
        )
        for row in rows
        if row.bill.state == CONFIRMED
    ]


def _require_collector(session: Session, bill: Bill, collector: str) -> None:
    programme = bills.programme_of(session, bill.programme_slug)
    known = {known.key: known.title for known in programme.fee.collectors}
    if bill.collector and collector != bill.collector:
        raise NotYourDistrict(f"这所学校的缴费由“{known.get(bill.collector, bill.collector)}”确认。")
