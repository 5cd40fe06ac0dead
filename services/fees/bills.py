"""Bills (缴费单): what a school owes for a programme, and what its slip must say. Money is whole fen (分).

issue   headcount × fee for one school; a new bill voids the open one, after a confirmed one only newcomers are billed
slip    the text for the bank slip, in the notice's order
"""

import re
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes
from models import Bill, Organisation, Remittance
from programmes.arrangements import Collector
from programmes.evidence import exactly
from services import accounts, districts, standings
from services import programmes as published
from services.errors import Conflict, Invalid, NotFound
from services.vault import Vault

OPEN, CONFIRMED, VOID = "open", "confirmed", "void"


class NoFee(Conflict):
    """本项目的培训费不由学校汇缴，不需要缴费单。"""

    code = "no_fee"


class NobodyToPayFor(Conflict):
    """这所学校没有需要缴费的学员。"""

    code = "nobody_to_pay_for"


class BillIssuedMeanwhile(Conflict):
    """这所学校刚刚已开出新的缴费单，没有再开，请先看那一张。"""

    code = "bill_issued_meanwhile"


class BillNotOpen(Conflict):
    """这张缴费单已经确认或作废，请刷新后再看。"""

    code = "bill_not_open"


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
    after: int | None = None,
) -> Bill:
    """The school's bill for its learners as of now. `contact` (telephone) is kept sealed. `after`: the serial of the last bill that
    whoever asks has seen (0: none), so that a form that is sent twice makes one bill.

    Raises NotFound, NoFee, NobodyToPayFor, BillIssuedMeanwhile, Invalid (field handler, contact, title or tax_number).
    """
    programme = programme_of(session, slug)
    fee = programme.fee
    if fee.payer != "school" or fee.per_head is None:
        raise NoFee
    if not handler.strip() or len(handler) > 50 or not handler.isprintable():
        raise Invalid.field("handler", "请填写经办人姓名（50 字以内）")
    if not contact.strip() or len(contact) > 30 or not contact.isprintable():
        raise Invalid.field("contact", "请填写经办人联系电话（30 个字符以内）")
    _require_sayable(invoice)
    place = districts.place_of(session, school_id)
    # One bill after another for a school: the row of the school stands for all of them. Its bills are locked too, or one
    # that is confirmed at this moment would be voided.
    session.execute(sa.select(Organisation.id).where(Organisation.id == school_id).with_for_update())
    its = sa.select(Bill.id).where(Bill.programme_slug == slug, Bill.school_id == school_id)
    before = all_locked(session, session.scalars(its).all())
    last = max((bill.serial for bill in before), default=0)
    if after is not None and after != last:
        raise BillIssuedMeanwhile
    headcount = standings.headcount(session, slug, school_id) - sum(
        bill.headcount for bill in before if bill.state == CONFIRMED
    )
    if headcount <= 0:
        raise NobodyToPayFor("已确认的缴费已包含全部学员。" if before else None)
    per_head_fen = fen(fee.per_head)
    bill = Bill(
        id=accounts.new_id(),
        programme_slug=slug,
        school_id=school_id,
        serial=last + 1,
        state=OPEN,
        headcount=headcount,
        per_head_fen=per_head_fen,
        amount_fen=headcount * per_head_fen,
        collector=collector_of(programme, place.county).key if fee.collectors else "",
        handler=handler.strip(),
        contact_envelope=b"",
        invoice=invoice,
        issued_at=now,
    )
    bill.contact_envelope = vault.seal(contact.strip(), bill.id)
    session.add(bill)
    session.flush()
    for old in before:
        if old.state == OPEN:
            old.state = VOID
            # Money that came for the voided bill stands for the new one.
            session.execute(sa.update(Remittance).where(Remittance.bill_id == old.id).values(bill_id=bill.id))
    session.flush()
    return bill


def slip(session: Session, vault: Vault, bill: Bill) -> str:
    """What the payer must write on the bank slip (汇款单摘要), in the notice's order."""
    programme = programme_of(session, bill.programme_slug)
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
    return re.sub(r"\{([a-z]+)\}", lambda found: words.get(found[1], found[0]), text)


def fen(yuan: float) -> int:
    """A sum of a programme in whole fen."""
    return round(exactly(yuan) * 100)


def yuan(fen: int) -> str:
    """1,080.00"""
    return f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"


def programme_of(session: Session, slug: str) -> programmes.Programme:
    """The newest version. Raises NotFound."""
    return published.get(session, published.latest(session, slug).id)


def collector_of(programme: programmes.Programme, county: str) -> Collector:
    """Who confirms for this county or district; "": for the city's own schools. Raises NotFound."""
    collectors = programme.fee.collectors
    named = [collector for collector in collectors if county and county in collector.districts]
    rest = [collector for collector in collectors if not collector.districts]
    for collector in [*named, *rest]:
        return collector
    raise NotFound(f"通知没有写明“{county or '本校'}”由谁收费，请联系项目管理员。")


def _require_sayable(invoice: dict[str, str]) -> None:
    for name, longest, called in (("title", 100, "发票抬头"), ("tax_number", 30, "纳税人识别号")):
        said = invoice.get(name, "")
        if len(said) > longest or not said.isprintable():
            raise Invalid.field(name, f"{called}最多 {longest} 个字符，不能有控制字符")


def all_locked(session: Session, bill_ids: Iterable[int]) -> list[Bill]:
    """These bills as they are now, kept from other writers until the transaction ends.

    In the order of their ids and by nothing but them, so that two who lock several never wait for each other: MariaDB would lock the
    entries of another index on the way.
    """
    return [locked(session, bill_id) for bill_id in sorted(bill_ids)]


def locked(session: Session, bill_id: int) -> Bill:
    """The bill as it is now, kept from other writers until the transaction ends. Raises NotFound."""
    bill = session.get(Bill, bill_id, with_for_update=True, populate_existing=True) if 0 < bill_id < 2**63 else None
    if bill is None:
        raise NotFound("没有找到这张缴费单。")
    return bill
