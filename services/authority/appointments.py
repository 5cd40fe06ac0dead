"""Who holds which role at which organisation (任职): given and ended by somebody of a higher rank, within reach."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation
from services import accounts
from services.authority import scope
from services.authority.principals import NotAllowed, Principal, rank_of
from services.authority.roles import OPERATOR, ROLES, WORKSHOP_LEADER
from services.errors import Conflict, Invalid, NotFound


class AppointedAlready(Conflict):
    """此人已担任这个职务。"""

    code = "appointed_already"


def appoint(
    session: Session, by: Principal | None, account_id: int, role: str, organisation_id: int | None, now: datetime
) -> Appointment:
    """Give the account a role. `by` None: whoever runs the server.

    Raises Invalid (a role that there is not, or that cannot be held there), NotFound (outside of reach), NotAllowed (not below the own
    rank), AppointedAlready.
    """
    if role not in ROLES or role == WORKSHOP_LEADER:
        raise Invalid.field("role", "没有这个角色")
    wanted = ROLES[role]
    if by is not None:
        by.require("appoint")
        if wanted.rank >= by.role.rank:
            raise NotAllowed("只能任命比自己级别低的角色。")
    organisation = _organisation(session, by, organisation_id)
    if (organisation.kind if organisation else "") not in (wanted.at or {""}):
        raise Invalid.field("organisation_id", f"{wanted.title}不能设在这个单位")
    account = accounts.lock(session, account_id)
    if by is not None:
        require_below(session, by, account.id)
    held = sa.select(Appointment.id).where(
        Appointment.account_id == account.id,
        Appointment.role == role,
        Appointment.organisation_id == organisation_id if organisation else Appointment.organisation_id.is_(None),
        Appointment.ended_at.is_(None),
    )
    if session.scalar(held) is not None:
        raise AppointedAlready
    made = Appointment(
        account_id=account.id,
        role=role,
        organisation_id=organisation.id if organisation else None,
        appointed_at=now,
        appointed_by=by.account_id if by else None,
    )
    session.add(made)
    session.flush()
    return made


def end(session: Session, by: Principal | None, appointment_id: int, now: datetime) -> Appointment:
    """Take the role away; its sessions end with the next request. Again is harmless. Raises NotFound, NotAllowed."""
    held = session.get(Appointment, appointment_id) if 0 < appointment_id <= scope.GREATEST_ID else None
    if held is None:
        raise NotFound
    if by is not None:
        by.require("appoint")
        _organisation(session, by, held.organisation_id)
        if ROLES[held.role].rank >= by.role.rank:
            raise NotAllowed("只能免去比自己级别低的角色。")
    if held.ended_at is None:
        held.ended_at, held.ended_by = now, by.account_id if by else None
    session.flush()
    return held


def below(session: Session, by: Principal) -> list[tuple[Appointment, Account, Organisation | None]]:
    """Those in force within reach, by organisation and rank."""
    query = (
        sa.select(Appointment, Account, Organisation)
        .join(Account, Account.id == Appointment.account_id)
        .outerjoin(Organisation, Organisation.id == Appointment.organisation_id)
        .where(Appointment.ended_at.is_(None))
        .order_by(Organisation.code, Appointment.role, Account.name)
    )
    if by.role.key != OPERATOR:
        query = query.where(Appointment.organisation_id.in_(scope.units(by)))
    return [(held, account, unit) for held, account, unit in session.execute(query)]


def require_below(session: Session, by: Principal, account_id: int) -> None:
    """Nobody acts on somebody of the own rank or a higher one, nor on themselves. Raises NotAllowed."""
    if account_id == by.account_id:
        raise NotAllowed("不能对自己进行此操作。")
    if rank_of(session, account_id) >= by.role.rank:
        raise NotAllowed("不能对同级或上级人员进行此操作。")


def _organisation(session: Session, by: Principal | None, organisation_id: int | None) -> Organisation | None:
    """The organisation, within reach. Raises NotFound."""
    if organisation_id is None:
        if by is not None and not by.everywhere:
            raise NotFound("没有找到这个单位。")
        return None
    if by is not None:
        return scope.get(session, by, Organisation, organisation_id)
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("没有找到这个单位。")
    return found
