"""What staff do with an enrolment (变更报名): within reach, on nobody of the own rank or a higher one, and written down."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Organisation, Workshop
from services import accounts, audit
from services.authority import appointments, scope
from services.authority.principals import Principal
from services.enrolling import enrolments, exemptions, moves
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.schools import Schools
from services.vault import Vault


class WorksElsewhere(Forbidden):
    """此人现在的单位不在您的管理范围，调动请由上级管理员办理。"""

    code = "works_elsewhere"


class OtherProgramme(Conflict):
    """这个工作坊不属于本项目。"""

    code = "workshop_of_another_programme"


def get(session: Session, principal: Principal, enrolment_id: int) -> Enrolment:
    """Raises NotFound."""
    return scope.get(session, principal, Enrolment, enrolment_id)


def withdraw(session: Session, vault: Vault, by: audit.By, enrolment_id: int, now: datetime) -> None:
    """Raises NotFound, NotAllowed."""
    found = _to_change(session, by, enrolment_id)
    accounts.lock(session, found.account_id)
    session.refresh(found)
    enrolments.withdraw(found)
    _record(session, vault, by, found, now, did="withdrawn")


def reinstate(session: Session, vault: Vault, by: audit.By, enrolment_id: int, now: datetime) -> None:
    """Raises NotFound, NotAllowed, QuotaMissing, QuotaFull."""
    found = _to_change(session, by, enrolment_id)
    enrolments.reinstate(session, found)
    _record(session, vault, by, found, now, did="reinstated")


def exempt(
    session: Session,
    vault: Vault,
    by: audit.By,
    enrolment_id: int,
    now: datetime,
    *,
    kind: str,
    number: str,
    issued: date,
) -> None:
    """Raises NotFound, NotAllowed, and as services.enrolling.exemptions."""
    found = _to_change(session, by, enrolment_id)
    exemptions.exempt(session, found, kind=kind, number=number, issued=issued, now=now)
    _record(session, vault, by, found, now, did="exempted", kind=kind)


def undo_exemption(session: Session, vault: Vault, by: audit.By, enrolment_id: int, now: datetime) -> bool:
    """False where there was none. Raises NotFound, NotAllowed."""
    found = _to_change(session, by, enrolment_id)
    done = exemptions.undo(session, found)
    if done:
        _record(session, vault, by, found, now, did="exemption_undone")
    return done


def move(
    session: Session, vault: Vault, by: audit.By, enrolment_id: int, now: datetime, *, school: str, reason: str
) -> Organisation:
    """To the school of this name or code, within reach.

    Raises NotFound, NotAllowed, WorksElsewhere, Invalid (school, reason), QuotaMissing, QuotaFull.
    """
    found = _to_change(session, by, enrolment_id)
    who = _acting(by)
    account = found.account
    if account.school_id is not None:
        condition = scope.within(Organisation, who)
        here = sa.select(Organisation.id).where(Organisation.id == account.school_id)
        if condition is not None and session.scalar(here.where(condition)) is None:
            raise WorksElsewhere
    target = find_school(session, who, school)
    if not reason.strip() or len(reason.strip()) > moves.LONGEST_REASON:
        raise Invalid.field("reason", f"请填写调动原因，{moves.LONGEST_REASON} 个字以内")
    moved = moves.move(session, found, target.id, now, reason=reason.strip(), moved_by=who.account_id)
    if moved:
        _record(session, vault, by, found, now, did="moved", to=target.id)
    return target


def put_into_workshop(
    session: Session, vault: Vault, by: audit.By, enrolment_id: int, now: datetime, workshop_id: int | None
) -> None:
    """None: into none. Raises NotFound, NotAllowed, OtherProgramme."""
    found = _to_change(session, by, enrolment_id)
    if workshop_id is not None:
        workshop = scope.get(session, _acting(by), Workshop, workshop_id)
        if workshop.programme_slug != found.programme.slug:
            raise OtherProgramme
    found.workshop_id = workshop_id
    _record(session, vault, by, found, now, did="workshop", workshop=workshop_id)


def workshops(session: Session, principal: Principal, slug: str) -> Sequence[Workshop]:
    """Those within reach."""
    query = scope.scope(sa.select(Workshop), principal).where(Workshop.programme_slug == slug)
    return session.scalars(query.order_by(Workshop.title)).all()


def find_school(session: Session, principal: Principal, text: str) -> Organisation:
    """The unit of this name or code, within reach. Raises Invalid (school)."""
    reach = None if principal.everywhere else scope.unit_ids(session, principal)
    known = Schools(session, create=False, default_code="", reach=reach)
    by_code = known.find(text.strip(), "") if text.strip() else "请填写学校"
    found = by_code if not isinstance(by_code, str) else known.find("", text.strip())
    if isinstance(found, str) or found.id is None:
        raise Invalid.field("school", found if isinstance(found, str) else "没有这所学校")
    return session.get_one(Organisation, found.id)


def _to_change(session: Session, by: audit.By, enrolment_id: int) -> Enrolment:
    """Raises NotFound, NotAllowed."""
    who = _acting(by)
    found = get(session, who, enrolment_id)
    appointments.require_below(session, who, found.account_id)
    return found


def _acting(by: audit.By) -> Principal:
    if by.principal is None:
        raise NotFound
    return by.principal


def _record(session: Session, vault: Vault, by: audit.By, found: Enrolment, now: datetime, **detail: Any) -> None:
    session.flush()
    audit.record(
        session,
        vault,
        by,
        "enrolment",
        now,
        target=("enrolment", found.id),
        organisation_id=found.school_id,
        **detail,
    )
