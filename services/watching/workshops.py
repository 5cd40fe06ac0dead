"""How far the workshops (工作坊) are, of the learners in one unit."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Enrolment, Result, Workshop
from services.authority.principals import Principal
from services.standings import ACTIVE
from services.watching import learners, units


def listed(
    session: Session, principal: Principal, slug: str, organisation_id: int | None, *, direct: bool = False
) -> list[Any]:
    """(id, title, leader, learners, studying, passed) of each workshop with learners in the unit; of its learners only those."""
    unit = units.reached(session, principal, organisation_id)
    leader = aliased(Account)

    def number(what: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((what, 1), else_=0))

    query = (
        sa.select(
            Workshop.id,
            Workshop.title,
            leader.name.label("leader"),
            sa.func.count(Enrolment.id).label("learners"),
            number(Enrolment.credited_seconds > 0).label("studying"),
            number(Result.passed.is_(True)).label("passed"),
        )
        .join(Enrolment, Enrolment.workshop_id == Workshop.id)
        .outerjoin(leader, leader.id == Workshop.leader_id)
        .outerjoin(Result, Result.enrolment_id == Enrolment.id)
        .where(
            Workshop.programme_slug == slug, Enrolment.status == ACTIVE, learners.in_unit(session, unit, direct=direct)
        )
        .group_by(Workshop.id, Workshop.title, leader.name)
        .order_by(Workshop.title, Workshop.id)
        .limit(500)
    )
    return list(session.execute(query))
