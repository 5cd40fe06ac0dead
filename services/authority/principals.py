"""The person who acts (操作人): a staff account in one of its roles, at one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation, Workshop
from services.authority.roles import OPERATOR, ROLES, WORKSHOP_LEADER, Permission, Role
from services.errors import Forbidden


class NotAllowed(Forbidden):
    """您的角色不能进行此操作。"""

    code = "not_allowed"


@dataclass(frozen=True)
class Principal:
    """`organisation_id` None: an operator, who reaches everything, or a workshop leader, who reaches the own workshops' learners.

    `appointment_id` None for workshop leaders. `units`: the ids of the own organisation and all below it as they were when the person was
    recognised, where they are few; None where they are many or nobody looked (services.authority.scope.with_units).
    """

    account_id: int
    name: str
    role: Role
    appointment_id: int | None
    organisation_id: int | None
    organisation: str
    units: frozenset[int] | None = field(default=None, repr=False, compare=False)

    def may(self, permission: Permission) -> bool:
        return permission in self.role.may

    def require(self, permission: Permission) -> None:
        """Raises NotAllowed."""
        if not self.may(permission):
            raise NotAllowed

    @property
    def everywhere(self) -> bool:
        return self.role.key == OPERATOR

    @property
    def leads(self) -> bool:
        return self.role.key == WORKSHOP_LEADER

    @property
    def title(self) -> str:
        """示范东县 县级管理员"""
        return f"{self.organisation} {self.role.title}".strip()


def of_account(session: Session, account: Account) -> list[Principal]:
    """All that this person may act as, the highest rank first; empty for somebody who is no staff. One statement."""
    in_force = sa.and_(Appointment.account_id == Account.id, Appointment.ended_at.is_(None))
    leads = sa.exists().where(Workshop.leader_id == Account.id)
    query = (
        sa.select(leads, Appointment.id, Appointment.role, Organisation.id, Organisation.name)
        .select_from(Account)
        .outerjoin(Appointment, in_force)
        .outerjoin(Organisation, Organisation.id == Appointment.organisation_id)
        .where(Account.id == account.id)
        .order_by(Appointment.id)
    )
    rows = session.execute(query).all()
    held = [
        Principal(account.id, account.name, ROLES[role], appointment_id, unit, name or "")
        for _, appointment_id, role, unit, name in rows
        if role in ROLES
    ]
    if rows and rows[0][0]:
        held.append(Principal(account.id, account.name, ROLES[WORKSHOP_LEADER], None, None, ""))
    return sorted(held, key=lambda one: -one.role.rank)


def find(held: Sequence[Principal], appointment_id: int | None) -> Principal | None:
    """The one that is held by this appointment; None: as a workshop leader."""
    return next((one for one in held if one.appointment_id == appointment_id), None)


def rank_of(session: Session, account_id: int) -> int:
    """The highest rank that the account holds; 0 for a teacher."""
    account = session.get(Account, account_id)
    return max((one.role.rank for one in of_account(session, account)), default=0) if account is not None else 0
