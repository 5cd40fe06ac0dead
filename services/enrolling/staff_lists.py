"""Enrolments as staff look for them (报名): within reach, by school, state and name."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, Workshop
from services.authority import scope
from services.authority.principals import Principal
from services.enrolling.enrolments import ACTIVE, EXEMPT, WITHDRAWN

STATES = {ACTIVE: "在学", EXEMPT: "免修", WITHDRAWN: "已退出"}
#: Not a state of the enrolment but of its teacher.
NEVER_IN = "never"


@dataclass(frozen=True)
class Filters:
    """`state`: one of STATES, NEVER_IN or "" for all. `name`: how it begins. `school_id`: None for all."""

    state: str = ""
    name: str = ""
    school_id: int | None = None


class Line(NamedTuple):
    id: int
    account_id: int
    name: str
    school: str
    stage: str
    subject: str
    state: str
    workshop: str
    credited_seconds: int
    last_login_at: datetime | None


def page(
    session: Session, principal: Principal, slug: str, filters: Filters, after: int, size: int
) -> tuple[list[Line], bool]:
    """Those after the enrolment `after`, in the order in which they were enrolled; and whether there are more."""
    programme_ids = sa.select(Programme.id).where(Programme.slug == slug)
    query = (
        scope.scope(sa.select(Enrolment), principal)
        .with_only_columns(
            Enrolment.id,
            Enrolment.account_id,
            Account.name,
            sa.func.coalesce(Organisation.name, "").label("school"),
            sa.func.coalesce(Account.stage, "").label("stage"),
            sa.func.coalesce(Account.subject, "").label("subject"),
            Enrolment.status,
            sa.func.coalesce(Workshop.title, "").label("workshop"),
            Enrolment.credited_seconds,
            Account.last_login_at,
        )
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .outerjoin(Workshop, Workshop.id == Enrolment.workshop_id)
        .where(Enrolment.programme_id.in_(programme_ids), Enrolment.id > after)
        .order_by(Enrolment.id)
        .limit(size + 1)
    )
    if filters.school_id is not None:
        query = query.where(Enrolment.school_id == filters.school_id)
    if filters.name:
        query = query.where(Account.name.startswith(filters.name, autoescape=True))
    if filters.state == NEVER_IN:
        query = query.where(Account.last_login_at.is_(None), Enrolment.status == ACTIVE)
    elif filters.state:
        query = query.where(Enrolment.status == filters.state)
    found = [Line._make(row) for row in session.execute(query)]
    return found[:size], len(found) > size


def schools(session: Session, principal: Principal, slug: str, most: int = 500) -> list[Organisation]:
    """The units within reach that have somebody enrolled, by name."""
    programme_ids = sa.select(Programme.id).where(Programme.slug == slug)
    used = sa.select(Enrolment.school_id).where(
        Enrolment.programme_id.in_(programme_ids), Enrolment.school_id == Organisation.id
    )
    query = scope.scope(sa.select(Organisation), principal).where(used.exists()).order_by(Organisation.name).limit(most)
    return list(session.scalars(query))
