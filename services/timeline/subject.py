"""Whose timeline it is: the account and those of its enrolments that are within reach."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, WechatBinding
from services.authority import scope
from services.authority.principals import Principal
from services.errors import NotFound


@dataclass(frozen=True)
class Subject:
    """`enrolments` are the latest first; `programmes` are their notices' rows by id, `schools` names by id."""

    account: Account
    enrolments: list[Enrolment]
    programmes: dict[int, Programme]
    schools: dict[int, str]
    binding: WechatBinding | None

    @property
    def enrolment_ids(self) -> list[int]:
        return [row.id for row in self.enrolments]

    def programme_of(self, enrolment: Enrolment) -> Programme:
        return self.programmes[enrolment.programme_id]

    def enrolment(self, enrolment_id: int | None) -> Enrolment | None:
        """The one with this id; without one the latest that was not withdrawn, else the latest. Raises NotFound."""
        if enrolment_id is not None:
            found = next((row for row in self.enrolments if row.id == enrolment_id), None)
            if found is None:
                raise NotFound
            return found
        going = [row for row in self.enrolments if row.status != "withdrawn"]
        return next(iter(going or self.enrolments), None)


def reach(session: Session, principal: Principal, account_id: int) -> Subject:
    """Raises NotFound."""
    account = scope.get(session, principal, Account, account_id)
    query = sa.select(Enrolment).where(Enrolment.account_id == account.id)
    ordered = query.order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())
    rows = [row for row in session.scalars(ordered) if scope.reaches(session, principal, row.school_id)]
    programmes = session.scalars(sa.select(Programme).where(Programme.id.in_({row.programme_id for row in rows})))
    schools = {row.school_id for row in rows} | {account.school_id}
    names = session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(schools - {None})))
    return Subject(
        account,
        rows,
        {row.id: row for row in programmes},
        {row.id: row.name for row in names},
        session.get(WechatBinding, account.id),
    )
