"""Training fees (培训费): what each school owes, the slip's text, what arrived, and the collector's confirmation.

    issue     headcount × fee for one school; a new bill voids the open one, after a confirmed one only newcomers are billed
    record    a remittance as the bank told it; the same bank number again changes nothing
    reconcile bill by bill: nothing, short, exact or over; and money that nobody knows whose it is
    confirm   by the collector of the school's district: this alone opens the papers of the school

Money is whole fen (分). Nothing here opens anything by itself, whatever sum arrives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import programmes
from models import Bill, Enrolment, Organisation, Programme, Remittance
from programmes.arrangements import Collector
from programmes.evidence import exactly
from services import accounts, districts, remittances
from services import programmes as published
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.vault import Vault

OPEN, CONFIRMED, VOID = "open", "confirmed", "void"


class NoFee(Conflict):
    """本项目的培训费不由学校汇缴，不需要缴费单。"""

    code = "no_fee"


class NobodyToPayFor(Conflict):
    """这所学校没有需要缴费的学员。"""

    code = "nobody_to_pay_for"


class BillNotOpen(Conflict):
    """这张缴费单已经确认或作废，请刷新后再看。"""

    code = "bill_not_open"


class SumDiffers(Conflict):
    """到账金额与应缴金额不同，不能直接确认；核实后请写明原因再确认。"""

    code = "sum_differs"


class NotYourDistrict(Forbidden):
    """这所学校的缴费由其他收费联系人确认。"""

    code = "not_your_district"


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


def issue(
    session: Session,
    vault: Vault,
    slug: str,
    school_id: int,
    *,
    handler: str,
    contact: str,
    invoice: dict[str, str],
    now: datetime,
) -> Bill:
    """The school's bill for its learners as of now. `contact` (telephone) is kept sealed.

    Raises NotFound, NoFee, NobodyToPayFor, Invalid (field handler or contact).
    """
    programme = _programme(session, slug)
    fee = programme.fee
    if fee.payer != "school" or fee.per_head is None:
        raise NoFee
    if not handler.strip() or len(handler) > 50:
        raise Invalid.field("handler", "请填写经办人姓名（50 字以内）")
    if not contact.strip() or len(contact) > 30:
        raise Invalid.field("contact", "请填写经办人联系电话（30 个字符以内）")
    place = districts.place_of(session, school_id)
    # One bill after another for a school: the row of the school stands for all of them.
    session.execute(sa.select(Organisation.id).where(Organisation.id == school_id).with_for_update())
    before = session.scalars(sa.select(Bill).where(Bill.programme_slug == slug, Bill.school_id == school_id)).all()
    headcount = count_learners(session, slug, school_id) - sum(
        bill.headcount for bill in before if bill.state == CONFIRMED
    )
    if headcount <= 0:
        raise NobodyToPayFor("已确认的缴费已包含全部学员。" if before else None)
    per_head_fen = int(exactly(fee.per_head) * 100)
    bill = Bill(
        id=accounts.new_id(),
        programme_slug=slug,
        school_id=school_id,
        serial=max((bill.serial for bill in before), default=0) + 1,
        state=OPEN,
        headcount=headcount,
        per_head_fen=per_head_fen,
        amount_fen=headcount * per_head_fen,
        collector=_collector(programme, place.county).key if fee.collectors else "",
        handler=handler.strip(),
        contact_envelope=b"",
        invoice=invoice,
        issued_at=now,
    )
    bill.contact_envelope = vault.seal(contact.strip(), bill.id)
    for old in before:
        if old.state == OPEN:
            old.state = VOID
            _hand_over(session, old, bill)
    session.add(bill)
    session.flush()
    return bill


def slip(session: Session, vault: Vault, bill: Bill) -> str:
    """What the payer must write on the bank slip (汇款单摘要), in the notice's order."""
    programme = _programme(session, bill.programme_slug)
    place = districts.place_of(session, bill.school_id)
    words = {
        "city": place.city,
        "county": place.county,
        "school": place.school,
        "headcount": f"{bill.headcount}人",
        "handler": bill.handler,
        "contact": vault.open(bill.contact_envelope, bill.id),
    }
    text = programme.fee.slip or "{school} {headcount} {handler} {contact}"
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def count_learners(session: Session, slug: str, school_id: int) -> int:
    """Those the school pays for: enrolled there, neither exempt nor withdrawn."""
    query = (
        sa.select(sa.func.count(sa.distinct(Enrolment.account_id)))
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.school_id == school_id, Enrolment.status == "active")
    )
    return session.scalar(query) or 0


def reconcile(session: Session, slug: str) -> tuple[list[Reconciled], Sequence[Remittance]]:
    """Every bill that is not void beside what arrived for it, by school; and the remittances that belong to no bill."""
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
        .where(Bill.programme_slug == slug, Bill.state != VOID)
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
    bill = _locked(session, bill_id)
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
    bill.confirmed_note = "：".join(filter(None, (by.strip(), reason.strip())))[:300]
    session.flush()
    return bill


def take_back(session: Session, bill_id: int, *, collector: str, by: str, reason: str) -> Bill:
    """Undo a confirmation that was wrong; papers already printed stay (services.papers revokes). Raises as confirm does."""
    bill = _locked(session, bill_id)
    _require_collector(session, bill, collector)
    if bill.state != CONFIRMED:
        raise BillNotOpen
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
    """Say whose money it is; None: nobody knows. Money of a confirmed bill stays where it is. Raises NotFound, BillNotOpen."""
    remittance = session.get(Remittance, remittance_id, with_for_update=True)
    if remittance is None:
        raise NotFound("没有找到这笔汇款。")
    for touched in {remittance.bill_id, bill_id} - {None}:
        bill = _locked(session, int(touched or 0))
        if bill.programme_slug != remittance.programme_slug:
            raise NotFound("这张缴费单不属于这笔汇款的项目。")
        if bill.state != OPEN:
            raise BillNotOpen
    remittance.bill_id = bill_id
    session.flush()
    return remittance


def invoices(session: Session, slug: str) -> list[dict[str, object]]:
    """What the invoices (发票) of confirmed bills must say: school, title, tax number …, amount in yuan, payer and date."""
    rows, _ = reconcile(session, slug)
    return [
        {"bill_id": row.bill.id, "school": row.school, "amount": yuan(row.bill.amount_fen), **row.bill.invoice}
        for row in rows
        if row.bill.state == CONFIRMED
    ]


def yuan(fen: int) -> str:
    """1,080.00"""
    return f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"


def _programme(session: Session, slug: str) -> programmes.Programme:
    return published.get(session, published.latest(session, slug).id)


def _collector(programme: programmes.Programme, county: str) -> Collector:
    """Who confirms for this county or district. Raises NotFound."""
    collectors = programme.fee.collectors
    named = [collector for collector in collectors if county and county in collector.districts]
    rest = [collector for collector in collectors if not collector.districts]
    for collector in [*named, *rest]:
        return collector
    raise NotFound(f"通知没有写明“{county or '本校'}”由谁收费，请联系项目管理员。")


def _require_collector(session: Session, bill: Bill, collector: str) -> None:
    programme = _programme(session, bill.programme_slug)
    known = {known.key: known.title for known in programme.fee.collectors}
    if bill.collector and collector != bill.collector:
        raise NotYourDistrict(f"这所学校的缴费由“{known.get(bill.collector, bill.collector)}”确认。")


def _locked(session: Session, bill_id: int) -> Bill:
    bill = session.get(Bill, bill_id, with_for_update=True, populate_existing=True) if 0 < bill_id < 2**63 else None
    if bill is None:
        raise NotFound("没有找到这张缴费单。")
    return bill


def _hand_over(session: Session, old: Bill, new: Bill) -> None:
    """Money that came for the voided bill now stands for the new one."""
    session.add(new)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict from None
    session.execute(sa.update(Remittance).where(Remittance.bill_id == old.id).values(bill_id=new.id))
