"""Takes in the teachers of a roster (名单) as services.roster_check planned it: as a whole, or not at all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation
from services import accounts, id_numbers
from services.errors import RosterChanged, RosterHasErrors
from services.passwords import FirstPassword, Passwords
from services.roster_check import Plan, Planned
from services.roster_rows import Entry
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

    Raises RosterHasErrors; RosterChanged when somebody imported the same people since the check. After either, roll back.
    New accounts are made before anything is written: hashing random passwords takes minutes, in which nobody must wait for us.
    """
    if plan.errors:
        raise RosterHasErrors
    made: list[tuple[Planned, Account]] = []
    credentials = []
    with session.no_autoflush:
        for done, planned in enumerate(plan.planned, 1):
            if planned.account_id is None:
                account, password = _create(
                    session, vault, passwords, planned.entry, first_password=first_password, now=now
                )
                made.append((planned, account))
                if password:
                    masked = id_numbers.mask(planned.entry.id_number.number)
                    credentials.append(Credential(planned.entry.row, planned.entry.name, masked, password))
            if done % CHUNK == 0 or done == len(plan.planned):
                progress(done, len(plan.planned))
        try:
            _write(session, vault, plan, made, programme_id=programme_id, now=now)
        except IntegrityError:
            raise RosterChanged from None
    return credentials


def _create(
    session: Session, vault: Vault, passwords: Passwords, entry: Entry, *, first_password: FirstPassword, now: datetime
) -> tuple[Account, str | None]:
    return accounts.create(
        session,
        vault,
        passwords,
        name=entry.name,
        id_number=entry.id_number,
        mobile=entry.mobile or None,
        school_id=None,  # perhaps not there yet: _write sets it
        stage=entry.stage or None,
        subject=entry.subject or None,
        role="teacher",
        first_password=first_password,
        now=now,
    )


def _write(
    session: Session,
    vault: Vault,
    plan: Plan,
    made: Sequence[tuple[Planned, Account]],
    *,
    programme_id: int,
    now: datetime,
) -> None:
    """New schools, then the accounts of `made` and the changes to others, then enrolments. Raises IntegrityError."""
    _add_schools(session, plan.new_schools)
    ids = {}
    for row, account in made:
        account.school_id = row.school.id
        ids[row.entry.row] = account.id
    session.flush()
    changes = (
        _changes(vault, row, row.account_id) for row in plan.planned if row.account_id is not None and row.changed
    )
    for chunk in _chunks(changes):
        session.execute(sa.update(Account), chunk)
    # services.enrolments.enrol asks and saves once for each account; the plan has asked for all of them.
    enrolments = (
        {
            "account_id": row.account_id or ids[row.entry.row],
            "programme_id": programme_id,
            "school_id": row.school.id,
            "status": "active",
            "enrolled_at": now,
            "credited_seconds": 0,
        }
        for row in plan.planned
        if row.enrolment_id is None
    )
    for chunk in _chunks(enrolments):
        session.execute(sa.insert(Enrolment), chunk)
    moves = ({"id": row.enrolment_id, "school_id": row.school.id} for row in plan.planned if row.moved)
    for chunk in _chunks(moves):
        session.execute(sa.update(Enrolment), chunk)


def _add_schools(session: Session, schools: Sequence[School]) -> None:
    rows = ({"kind": "school", "code": school.code, "name": school.name} for school in schools)
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
            values["mobile_envelope"] = vault.seal(row.entry.mobile, account_id)
        else:
            values[what] = getattr(row.entry, what)
    return values


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
