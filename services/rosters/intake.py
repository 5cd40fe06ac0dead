"""Takes in the teachers of a roster (名单) as services.rosters.check planned it: as a whole, or not at all.

Everything is written in chunks of plain rows: a county's roster has a hundred thousand, and an object for each would cost more than
the database does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Base, Enrolment, EnrolmentMove, Organisation, Programme
from services import accounts, id_numbers, programmes
from services.enrolling import make_up, moves, quotas, workshops
from services.enrolling.enrolments import ACTIVE, ROSTER
from services.errors import RosterChanged, RosterHasErrors
from services.passwords import FirstPassword, Passwords
from services.rosters import rules as roster_rules
from services.rosters.check import Plan, Planned
from services.rosters.plan import SEEN, Enrolled
from services.rosters.rows import Entry
from services.schools import School
from services.vault import Vault

#: Rows written in one statement.
CHUNK = 1000
#: Called as progress(done, total) now and then.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Credential:
    """A random first password, to be handed over once."""

    row: int
    name: str
    id_number_masked: str
    password: str = field(repr=False)


def apply(
    session: Session,
    vault: Vault,
    passwords: Passwords,
    plan: Plan,
    *,
    programme_id: int,
    first_password: FirstPassword,
    now: datetime,
    progress: Progress = lambda _done, _total: None,
) -> list[Credential]:
    """Do what `plan` says; the caller commits. Returns the random first passwords, if the rule makes any.

    Who came in then goes into a workshop of the own stage and subject, and into the programmes that make up for what they failed
    (services.enrolling.make_up); plan.notes says so. Raises RosterHasErrors; RosterChanged when somebody imported the same people, or took
    the places, since the check. After either, roll back. New accounts are made before anything is written: nobody must wait for that.
    """
    if plan.errors:
        raise RosterHasErrors
    made: list[tuple[Planned, dict[str, Any]]] = []
    credentials = []
    for done, planned in enumerate(plan.planned, 1):
        if planned.account_id is None:
            columns, password = _new_account(vault, passwords, planned, first_password=first_password, now=now)
            made.append((planned, columns))
            if password:
                masked = id_numbers.mask(planned.entry.id_number.number)
                credentials.append(Credential(planned.entry.row, planned.entry.name, masked, password))
        if done % CHUNK == 0 or done == len(plan.planned):
            progress(done, len(plan.planned))
    programme = session.get_one(Programme, programme_id)
    _require_places(session, programme, plan)
    made.sort(key=lambda one: one[0].id_index)  # two who bring the same people meet at the first of them, not crosswise
    try:
        _write(session, vault, plan, made, programme_id=programme_id, now=now)
    except IntegrityError:
        raise RosterChanged from None
    placed = workshops.assign(session, programme.slug)
    if placed:
        plan.notes.append(f"{placed} 人按学段学科分入工作坊。")
    plan.notes += make_up.run(session, programme, now).notes
    return credentials


def _new_account(
    vault: Vault, passwords: Passwords, planned: Planned, *, first_password: FirstPassword, now: datetime
) -> tuple[dict[str, Any], str | None]:
    entry: Entry = planned.entry
    return accounts.columns(
        vault,
        passwords,
        name=entry.name,
        id_number=entry.id_number,
        id_index=planned.id_index,
        mobile=entry.mobile or None,
        school_id=None,  # perhaps not there yet: _write sets it
        stage=entry.stage or None,
        subject=entry.subject or None,
        role="teacher",
        first_password=first_password,
        now=now,
    )


def _require_places(session: Session, programme: Programme, plan: Plan) -> None:
    """Raises RosterChanged where the places (名额) went to others since the check."""
    notice = programmes.get(session, programme.id)
    if notice.enrolment.quota:
        quotas.lock(session, programme.slug)
        if next(roster_rules.beyond(quotas.Places(session, notice), plan.planned), None):
            raise RosterChanged("检查名单之后名额有变化，没有导入任何内容，请重新导入。")


def _write(
    session: Session,
    vault: Vault,
    plan: Plan,
    made: Sequence[tuple[Planned, dict[str, Any]]],
    *,
    programme_id: int,
    now: datetime,
) -> None:
    """New schools, then the accounts of `made` and the changes to others, then enrolments. Raises IntegrityError, RosterChanged."""
    _require_unchanged(session, plan)
    _add_schools(session, plan.new_schools)
    ids = {}
    for row, columns in made:
        columns["school_id"] = row.school.id
        ids[row.entry.row] = columns["id"]
    for chunk in _chunks(columns for _, columns in made):
        session.execute(_into(Account), chunk)
    changes = (
        _changes(vault, row, row.account_id) for row in plan.planned if row.account_id is not None and row.changed
    )
    for chunk in _chunks(changes):
        session.execute(sa.update(Account), chunk)
    # services.enrolling.enrolments.enrol asks and saves once for each account; the plan has asked for all of them.
    enrolments: Iterator[dict[str, Any]] = (
        {
            "account_id": row.account_id or ids[row.entry.row],
            "programme_id": programme_id,
            "school_id": row.school.id,
            "workshop_id": None,
            "staff": "",
            "home_school": "",
            "status": ACTIVE,
            "origin": ROSTER,
            "late_reason": plan.late_reason,
            "enrolled_at": now,
            "credited_seconds": 0,
        }
        | row.enrolment()
        for row in plan.planned
        if row.enrolled is None
    )
    for chunk in _chunks(iter(sorted(enrolments, key=lambda row: row["account_id"]))):
        session.execute(_into(Enrolment), chunk)
    differing = (
        {"id": row.enrolled.id} | row.enrolment_changes() | ({"school_id": row.school.id} if row.moved else {})
        for row in plan.planned
        if row.enrolled and (row.moved or row.enrolment_changes())
    )
    for chunk in _chunks(differing):
        session.execute(sa.update(Enrolment), chunk)
    moved = ((row, row.enrolled) for row in plan.planned if row.enrolled and row.moved)
    kept = (
        {
            "enrolment_id": before.id,
            "from_school_id": before.school_id,
            "to_school_id": row.school.id,
            "moved_at": now,
            "reason": row.entry.staff if row.seconded and row.entry.staff else moves.BY_ROSTER,
        }
        for row, before in moved
    )
    for chunk in _chunks(kept):
        session.execute(_into(EnrolmentMove), chunk)


def _require_unchanged(session: Session, plan: Plan) -> None:
    """What the plan changes is still as it was when it was made, and is kept so until the transaction ends. Raises RosterChanged."""
    accounts_seen = {row.account_id: row.seen for row in plan.planned if row.account_id is not None and row.changed}
    columns = [getattr(Account, name) for name in SEEN]
    _require_same(session, sa.select(Account.id, *columns), Account.id, accounts_seen)
    enrolled = (row.enrolled for row in plan.planned if row.enrolled and (row.moved or row.enrolment_changes()))
    enrolments_seen = {has.id: has[1:] for has in enrolled}
    columns = [getattr(Enrolment, name) for name in Enrolled._fields[1:]]
    _require_same(session, sa.select(Enrolment.id, *columns), Enrolment.id, enrolments_seen)


def _require_same(session: Session, query: sa.Select[Any], key: Any, seen: Mapping[int, tuple[Any, ...]]) -> None:
    """Locked in the order of their ids, yet nobody waits who only refers to them."""
    ids = sorted(seen)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = session.execute(query.where(key.in_(chunk)).order_by(key).with_for_update(key_share=True))
        if {row[0]: tuple(row[1:]) for row in rows} != {one: seen[one] for one in chunk}:
            raise RosterChanged


def _add_schools(session: Session, schools: Sequence[School]) -> None:
    rows = (
        {"kind": "school", "code": school.code, "name": school.name, "parent_id": school.parent_id}
        for school in schools
    )
    for chunk in _chunks(rows):
        session.execute(sa.insert(Organisation), chunk)
        codes = [row["code"] for row in chunk]
        query = sa.select(Organisation.code, Organisation.id).where(Organisation.code.in_(codes))
        ids = {row.code: row.id for row in session.execute(query)}
        for school in schools:
            school.id = ids.get(school.code, school.id)


def _changes(vault: Vault, row: Planned, account_id: int) -> dict[str, Any]:
    """The account's columns that change, with its key."""
    values: dict[str, Any] = {"id": account_id}
    for what in row.changed:
        if what == "school":
            values["school_id"] = row.school.id
        elif what == "mobile":
            values |= accounts.mobile_columns(vault, row.entry.mobile, account_id)
        else:
            values[what] = getattr(row.entry, what)
    return values


def _into(table: type[Base]) -> sa.Insert:
    """Of the table itself: the mapped class would leave out what is None, and split a chunk at every other row."""
    return sa.insert(table.__table__)  # type: ignore[arg-type]  # a table, typed as anything one may select from


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
