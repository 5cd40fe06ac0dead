"""What a collector (收费联系人) sees and does in the console: the bills of the own district, and the money that came for them.

Whose word counts for which school is the programme's: each of its collectors has a key and names districts; one names none and has the
rest (programmes.arrangements.Collector). A person is matched to that by the organisation of the appointment: at a county it is the
collector who names the county, else the one with the rest; at a city the one with the rest, for that is who confirms for the city's
own schools. So a person sees a bill where two things hold: its school lies below the own organisation, and it was issued for that
collector's key. Whoever is one collector for several counties holds an appointment at each of them. Everything else is not found.

Money belongs to a programme, and to no school until it was matched. What is matched is seen with its bill. What is not is seen by the
collectors of programmes in which a school of their own district takes part, and by nobody else: somebody has to recognise it, and what
the payer wrote on the slip is all there is to recognise it by. Personal numbers in it were masked when it was recorded.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as rules
from models import Bill, Organisation, Programme, Remittance
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.enrolling import taking_part
from services.errors import NotFound
from services.fees import bills, reconciling
from services.fees.reconciling import MovedMeanwhile


def own_programmes(session: Session, principal: Principal) -> list[Programme]:
    """Those for whose fees the person is a collector: the newest version of each, the latest published first."""
    newest: dict[str, Programme] = {}
    for row in programmes.every(session):
        newest.setdefault(row.slug, row)
    own = [row for row in newest.values() if key_of(session, principal, row.slug) is not None]
    return sorted(own, key=lambda row: row.published_at, reverse=True)


def key_of(session: Session, principal: Principal, slug: str) -> str | None:
    """Which of the programme's collectors the person is; "" where it names none, None where the person is none of them."""
    programme = bills.programme_of(session, slug)
    unit = session.get(Organisation, principal.organisation_id) if principal.organisation_id is not None else None
    if unit is None or programme.fee.payer != "school" or not _takes_part(session, principal, slug):
        return None
    return _key(programme, unit)


def require_key(session: Session, principal: Principal, slug: str) -> str:
    """Raises NotFound."""
    key = key_of(session, principal, slug)
    if key is None:
        raise NotFound("您不是这个项目的收费联系人。")
    return key


def own_bills(session: Session, principal: Principal, slug: str) -> sa.ColumnElement[bool]:
    """The condition on Bill. Raises NotFound."""
    reached = scope.within(Bill, principal)
    return sa.and_(
        sa.false() if reached is None else reached,
        Bill.programme_slug == slug,
        Bill.collector == require_key(session, principal, slug),
    )


def bill(session: Session, principal: Principal, bill_id: int) -> Bill:
    """One of the own bills. Raises NotFound."""
    found = scope.get(session, principal, Bill, bill_id)
    if found.collector != require_key(session, principal, found.programme_slug):
        raise NotFound
    return found


def remittance(session: Session, principal: Principal, remittance_id: int) -> Remittance:
    """Money for one of the own bills, or of a programme of one's own and for no bill yet. Raises NotFound."""
    found = session.get(Remittance, remittance_id) if 0 < remittance_id <= scope.GREATEST_ID else None
    if found is None:
        raise NotFound
    if found.bill_id is None:
        require_key(session, principal, found.programme_slug)
    else:
        bill(session, principal, found.bill_id)
    return found


def assign(
    session: Session, principal: Principal, remittance_id: int, bill_id: int | None, *, was: int | None
) -> Remittance:
    """Say whose money it is; None: nobody knows. `was`: whose it was on the page that the person saw.

    Raises NotFound, BillNotOpen, MovedMeanwhile.
    """
    money = remittance(session, principal, remittance_id)
    if bill_id is not None:
        bill(session, principal, bill_id)
    if money.bill_id != was:
        raise MovedMeanwhile
    return reconciling.assign(session, remittance_id, bill_id)


def confirm(session: Session, principal: Principal, bill_id: int, *, reason: str, now: datetime) -> tuple[Bill, bool]:
    """The person has the money. False where it was confirmed before, by whomever: then nothing changes.

    Raises NotFound, BillNotOpen, SumDiffers.
    """
    found = bill(session, principal, bill_id)
    if bills.locked(session, bill_id).state == bills.CONFIRMED:
        return found, False
    done = reconciling.confirm(
        session,
        bill_id,
        collector=found.collector,
        by=principal.name,
        now=now,
        reason=reason,
        account_id=principal.account_id,
    )
    return done, True


def take_back(session: Session, principal: Principal, bill_id: int, *, reason: str) -> Bill:
    """Undo a confirmation that was wrong. Raises NotFound, NotConfirmed, BillNotOpen, Invalid (reason)."""
    found = bill(session, principal, bill_id)
    return reconciling.take_back(session, bill_id, collector=found.collector, by=principal.name, reason=reason)


def _takes_part(session: Session, principal: Principal, slug: str) -> bool:
    """Whether a school below the own organisation has learners, or a bill, in this programme."""
    versions = session.scalars(sa.select(Programme.id).where(Programme.slug == slug)).all()
    billed = scope.scope(sa.select(Bill.id).where(Bill.programme_slug == slug), principal)
    return taking_part.anybody(session, principal, versions) or bool(session.scalar(sa.select(billed.exists())))


def _key(programme: rules.Programme, unit: Organisation) -> str | None:
    if not programme.fee.collectors:
        return ""
    try:
        return bills.collector_of(programme, unit.name if unit.kind == "county" else "").key
    except NotFound:
        return None
