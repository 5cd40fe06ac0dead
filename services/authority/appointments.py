"""Who holds which role at which organisation (任职): given and ended by somebody of a higher rank, within reach."""

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation
from services import accounts, id_numbers, second_factor
from services.authority import principals, scope
from services.authority.principals import NotAllowed, Principal, rank_of
from services.authority.roles import ROLES, WORKSHOP_LEADER, Role
from services.errors import Conflict, Invalid, NotFound
from services.vault import Vault

#: Accounts of people who are no teachers: `flask staff add` makes them.
STAFF = "staff"
NOBODY = "没有找到这个人。请核对证件号码：只能任命在本单位或下级单位工作的教师，或平台运维添加过的管理人员。"


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
    if by is None:
        found = session.get(Appointment, appointment_id) if 0 < appointment_id <= scope.GREATEST_ID else None
        if found is None:
            raise NotFound("没有这个任职。")
        held = found
    else:
        held = scope.get(session, by, Appointment, appointment_id)
        by.require("appoint")
        if ROLES[held.role].rank >= by.role.rank:
            raise NotAllowed("只能免去比自己级别低的角色。")
    accounts.lock(session, held.account_id)
    session.refresh(held)  # another one ended it meanwhile, perhaps
    if held.ended_at is None:
        held.ended_at, held.ended_by = now, by.account_id if by else None
    session.flush()
    return held


def roles_for(by: Principal, organisation: Organisation) -> list[Role]:
    """The roles that this person may give at this organisation, the highest first."""
    fitting = [role for role in ROLES.values() if organisation.kind in role.at and role.rank < by.role.rank]
    return sorted(fitting, key=lambda role: -role.rank)


def candidate(session: Session, vault: Vault, by: Principal, number: str) -> Account:
    """Whoever has this ID number and may be appointed: who works within reach, or is no teacher. Raises Invalid, NotFound."""
    found = accounts.find(session, vault, id_numbers.parse(number))
    if found is None:
        raise NotFound(NOBODY)
    elsewhere = found.role != STAFF or found.school_id is not None
    if elsewhere and session.scalar(scope.scope(sa.select(Account).where(Account.id == found.id), by)) is None:
        raise NotFound(NOBODY)
    return found


def below(
    session: Session, by: Principal, *, at: Organisation | None = None, offset: int = 0, limit: int | None = None
) -> list[tuple[Appointment, Account, Organisation | None]]:
    """Those in force within reach, or at this organisation alone; by organisation and rank."""
    query = (
        sa.select(Appointment, Account, Organisation)
        .join(Account, Account.id == Appointment.account_id)
        .outerjoin(Organisation, Organisation.id == Appointment.organisation_id)
        .where(Appointment.ended_at.is_(None))
        .order_by(Organisation.code, Appointment.role, Account.name, Appointment.id)
        .offset(offset)
        .limit(limit)
    )
    if at is not None:
        query = query.where(Appointment.organisation_id == at.id)
    return [(held, account, unit) for held, account, unit in session.execute(scope.scope(query, by))]


def holder(session: Session, by: Principal, account_id: int) -> tuple[Account, list[Principal]]:
    """Somebody who holds a role within reach, or leads a workshop and works there, and those of their roles that lie within reach.

    Raises NotFound.
    """
    account = session.get(Account, account_id) if 0 < account_id <= scope.GREATEST_ID else None
    if account is None:
        raise NotFound
    _, held = _roles(session, by, account)
    if not held:
        raise NotFound
    return account, held


def reset_second_factor(session: Session, by: Principal | None, account_id: int, now: datetime) -> bool:
    """For a lost phone (换手机了): the person sets up anew at the next sign-in; every session ends. False where nothing was set up.

    Raises NotFound, NotAllowed: for the own rank and above, and for somebody with a role outside of reach, which this would open too.
    """
    if by is not None:
        by.require("appoint")
        holder(session, by, account_id)
        require_whole(session, by, account_id)
    accounts.lock(session, account_id)
    return second_factor.remove(session, account_id, now)


def require_below(session: Session, by: Principal, account_id: int) -> None:
    """Nobody acts on somebody of the own rank or a higher one, nor on themselves. Raises NotAllowed."""
    if account_id == by.account_id:
        raise NotAllowed("不能对自己进行此操作。")
    if rank_of(session, account_id) >= by.role.rank:
        raise NotAllowed("不能对同级或上级人员进行此操作。")


def require_whole(session: Session, by: Principal, account_id: int) -> None:
    """The same, and all roles of theirs lie within reach: whoever sets back a password or a phone could come in by each of them.

    Raises NotAllowed, NotFound.
    """
    require_below(session, by, account_id)
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    held, reached = _roles(session, by, account)
    if len(reached) < len(held):
        raise NotAllowed("此人还在您管理范围以外任职，请联系上级管理员。")


def why_not(
    session: Session,
    by: Principal,
    account_id: int,
    required: Callable[[Session, Principal, int], None] = require_below,
) -> str:
    """Why this person may not act on that one, for a page to say before anybody tries; "" where they may."""
    try:
        required(session, by, account_id)
    except NotAllowed as refused:
        return refused.detail
    return ""


def _roles(session: Session, by: Principal, account: Account) -> tuple[list[Principal], list[Principal]]:
    """All that the person holds, and those of them that lie within reach."""
    held = principals.of_account(session, account)
    reached = scope.scope(sa.select(Appointment.id).where(Appointment.account_id == account.id), by)
    ids = set(session.scalars(reached)) if held else set()
    works_here = any(one.leads for one in held) and (
        session.scalar(scope.scope(sa.select(Account.id).where(Account.id == account.id), by)) is not None
    )
    return held, [one for one in held if one.appointment_id in ids or (one.leads and works_here)]


def not_below(session: Session, rank: int, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts on whom nobody of this rank may act, as `require_below` has it for one: themselves among them, for they hold
    an appointment of it. (Leaders of workshops hold none, and are below everybody else.)"""
    held = sa.select(Appointment.account_id, Appointment.role).where(
        Appointment.account_id.in_(account_ids), Appointment.ended_at.is_(None)
    )
    return {key for key, role in session.execute(held) if role in ROLES and ROLES[role].rank >= rank}


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
