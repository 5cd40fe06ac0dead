"""Who enters something about learners, and which learners that may be."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Enrolment, Workshop
from services.authority import appointments, scope
from services.authority.principals import Principal
from services.enrolling.enrolments import GREATEST_ID
from services.errors import Conflict, NotFound

ACTIVE, EXEMPT = "active", "exempt"


class NotTakingPart(Conflict):
    """已退出本项目，不能再提交或登记。"""

    code = "not_taking_part"


@dataclass(frozen=True)
class Staff:
    """`account_id` None: whoever runs the system. With `workshop_id` the person acts as the leader (坊主) of that workshop; with `reach`
    as staff of the console, for the learners within reach and below the own rank alone: nobody enters the own results."""

    account_id: int | None
    workshop_id: int | None = None
    reach: Principal | None = None

    def workshop(self, session: Session) -> Workshop | None:
        """The own workshop; None where the person does not act as a leader. Raises NotFound, also for another's."""
        if self.workshop_id is None:
            return None
        found = session.get(Workshop, self.workshop_id)
        if found is None or self.account_id is None or found.leader_id != self.account_id:
            raise NotFound("没有找到您的工作坊。")
        return found

    def enrolment(self, session: Session, enrolment_id: int) -> Enrolment:
        """A learner who takes part; of the own workshop, for a leader. Raises NotFound, NotAllowed, NotTakingPart."""
        own = self.workshop(session)
        if self.reach is not None:
            found = scope.get(session, self.reach, Enrolment, enrolment_id)
            appointments.require_below(session, self.reach, found.account_id)
        enrolment = session.get(Enrolment, enrolment_id) if 0 < enrolment_id <= GREATEST_ID else None
        if enrolment is None or (own is not None and enrolment.workshop_id != own.id):
            raise NotFound("没有找到这位学员的报名。")
        require_taking_part(enrolment)
        return enrolment


def require_taking_part(enrolment: Enrolment) -> None:
    """Raises NotTakingPart for who is exempt or has withdrawn."""
    if enrolment.status == EXEMPT:
        raise NotTakingPart("已免修本项目，不用提交或登记。")
    if enrolment.status != ACTIVE:
        raise NotTakingPart
