"""What a roster may do in the hands of one person: enrol those of the own schools, and change nobody of the own rank or a higher one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.authority import appointments, scope
from services.authority.principals import Principal
from services.rosters.plan import Planned
from services.rosters.rows import RowError
from services.tables.header import Header

NOT_YOURS = "这个证件号码的账号属于其他单位，不在您的管理范围；调入请由上级管理员办理"
ENROLLED_ELSEWHERE = "此人已由其他单位报名，不在您的管理范围；调入请由上级管理员办理"
STAFF = "此人是同级或上级管理人员，其资料和报名请由上级管理员修改"


@dataclass(frozen=True)
class Reach:
    """`units` None: everywhere."""

    units: frozenset[int] | None
    rank: int

    def has(self, organisation_id: int | None) -> bool:
        return self.units is None or organisation_id in self.units


#: Of a command on the server.
EVERYWHERE = Reach(None, 99)


def of(session: Session, principal: Principal | None) -> Reach:
    if principal is None:
        return EVERYWHERE
    units = None if principal.everywhere else scope.unit_ids(session, principal)
    return Reach(units, principal.role.rank)


def refused(session: Session, reach: Reach, rows: Sequence[Planned], header: Header) -> Iterator[RowError]:
    """The rows whose people others enrolled, or who stand no lower; whose account is another's, the check itself refuses."""
    if reach is EVERYWHERE:
        return
    known = {row.account_id: row for row in rows if row.account_id is not None}
    too_high = appointments.not_below(session, reach.rank, known)
    title = header.titles["id_number"]
    for account_id, row in known.items():
        if row.enrolled and row.moved and not reach.has(row.enrolled.school_id):
            yield RowError(row.entry.row, title, ENROLLED_ELSEWHERE)
        elif (row.changed or row.moved or row.enrolment_changes()) and account_id in too_high:
            yield RowError(row.entry.row, title, STAFF)
