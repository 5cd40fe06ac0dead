"""The tree of organisations (单位) as somebody who appoints walks it: one level at a time, with how many hold a role there."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation, Workshop
from services.authority import scope
from services.authority.principals import Principal


class Line(NamedTuple):
    """`below`: organisations directly under it; `holders`: roles held at it."""

    organisation: Organisation
    below: int
    holders: int


def tops(session: Session, by: Principal, *, offset: int = 0, limit: int | None = None) -> list[Line]:
    """Where the person begins: the own organisation; for somebody who reaches everything, all that have none above them."""
    where = Organisation.parent_id.is_(None) if by.everywhere else Organisation.id == by.organisation_id
    return _lines(session, by, where, offset, limit)


def below(
    session: Session, by: Principal, organisation: Organisation, *, offset: int = 0, limit: int | None = None
) -> list[Line]:
    """Those directly under it."""
    return _lines(session, by, Organisation.parent_id == organisation.id, offset, limit)


def above(session: Session, by: Principal, organisation: Organisation) -> list[Organisation]:
    """The way down to it, from the person's own; without it."""
    way: list[Organisation] = []
    here = organisation
    while here.parent_id is not None and here.id != by.organisation_id and len(way) < 10:
        here = session.get_one(Organisation, here.parent_id)
        way.insert(0, here)
    return way


def leaders(session: Session, organisation: Organisation) -> list[Account]:
    """Workshop leaders who work there: they hold their role by the workshop."""
    leading = sa.select(Workshop.leader_id).where(Workshop.leader_id.is_not(None))
    query = sa.select(Account).where(Account.school_id == organisation.id, Account.id.in_(leading))
    return list(session.scalars(query.order_by(Account.name, Account.id)))


def _lines(
    session: Session, by: Principal, where: sa.ColumnElement[bool], offset: int, limit: int | None
) -> list[Line]:
    child = sa.orm.aliased(Organisation)
    children = sa.select(sa.func.count(child.id)).where(child.parent_id == Organisation.id).scalar_subquery()
    holders = (
        sa.select(sa.func.count(Appointment.id))
        .where(Appointment.organisation_id == Organisation.id, Appointment.ended_at.is_(None))
        .scalar_subquery()
    )
    query = sa.select(Organisation, children, holders).where(where).order_by(Organisation.code)
    return [Line(*row) for row in session.execute(scope.scope(query, by).offset(offset).limit(limit))]
