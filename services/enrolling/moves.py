"""Moving school (调动): an enrolment goes to another school with all that was earned, and every move is kept."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Enrolment, EnrolmentMove, Organisation
from services import accounts, programmes
from services.enrolling import quotas

#: Why a roster moves somebody.
BY_ROSTER = "名单"
LONGEST_REASON = 200


class Move(NamedTuple):
    """A school by its name; "" for none."""

    at: datetime
    from_school: str
    to_school: str
    reason: str
    moved_by: int | None


def move(
    session: Session,
    enrolment: Enrolment,
    to_school_id: int,
    now: datetime,
    *,
    reason: str = "",
    moved_by: int | None = None,
) -> bool:
    """Bring the enrolment and its teacher to another school; False where they are there already.

    Secondment (借调) ends with it. Other programmes' enrolments stay where they were paid for. Raises QuotaMissing, QuotaFull.
    """
    notice = programmes.get(session, enrolment.programme_id)
    if notice.enrolment.quota:
        quotas.lock(session, notice.id)  # before the account, as a roster does: each would wait for the other's
    account = accounts.lock(session, enrolment.account_id)
    session.refresh(enrolment)
    account.school_id = to_school_id
    if enrolment.school_id == to_school_id:
        return False
    if enrolment.status != "withdrawn":
        quotas.take(session, notice, to_school_id, enrolment.track)
    session.add(
        EnrolmentMove(
            enrolment_id=enrolment.id,
            from_school_id=enrolment.school_id,
            to_school_id=to_school_id,
            moved_at=now,
            moved_by=moved_by,
            reason=reason[:LONGEST_REASON],
        )
    )
    enrolment.school_id = to_school_id
    enrolment.staff = enrolment.home_school = ""
    session.flush()
    return True


def history(session: Session, enrolment_id: int) -> list[Move]:
    """All moves of the enrolment, the first one first."""
    before, after = aliased(Organisation), aliased(Organisation)
    query = (
        sa.select(EnrolmentMove, before.name, after.name)
        .outerjoin(before, before.id == EnrolmentMove.from_school_id)
        .outerjoin(after, after.id == EnrolmentMove.to_school_id)
        .where(EnrolmentMove.enrolment_id == enrolment_id)
        .order_by(EnrolmentMove.moved_at, EnrolmentMove.id)
    )
    return [
        Move(row.moved_at, came or "", went or "", row.reason, row.moved_by)
        for row, came, went in session.execute(query)
    ]
