"""Taking back what an import of a roster did (撤销导入): as far as nothing has come of it since.

Enrolments and accounts that it made go, unless anything refers to them by now; columns that it changed go back to what they were, unless
they were changed again. What cannot be taken back stays as it is, and is told with its reason.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Account,
    Enrolment,
    EnrolmentMove,
    Organisation,
    Programme,
    Result,
    RosterImport,
    RosterImportRow,
)
from services import audit, programmes
from services.authority import scope
from services.authority.principals import Principal
from services.enrolling import quotas
from services.errors import Conflict, NotFound
from services.rosters import references
from services.rosters.traces import chunks
from services.rosters.undoable import Steps, Verdict, judge
from services.vault import Vault


class UndoOvertaken(Conflict):
    """撤销时有人正在登录或学习，没有撤销任何内容，请再试一次。"""

    code = "undo_overtaken"


def preview(session: Session, principal: Principal, imported: RosterImport, now: datetime) -> Verdict:
    """What undo would do in this person's hands. Reads only."""
    verdict = Verdict(schools=len(_unused_schools(session, imported)))
    places = _places(session, imported)
    for rows in _rows(session, imported.id):
        judge(session, imported, rows, verdict, places, now, principal, lock=False)
    return verdict


def undo(
    session: Session,
    vault: Vault,
    by: audit.By,
    import_id: int,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Verdict | None:
    """Take it back; None where somebody has already. Raises NotFound, UndoOvertaken: then roll back."""
    if by.principal is None:
        raise NotFound
    scope.get(session, by.principal, RosterImport, import_id)
    imported = session.get_one(RosterImport, import_id, with_for_update=True, populate_existing=True)
    if imported.undone_at is not None:
        return None
    notice = programmes.get(session, programmes.latest(session, imported.programme_slug).id)
    if notice.enrolment.quota:
        quotas.lock(session, notice.id)  # before the accounts, as a roster does
    verdict, places = Verdict(), _places(session, imported)
    done, total = 0, size(session, import_id)
    try:
        for rows in _rows(session, import_id):
            done += len(rows)
            progress(done, total)
            steps = judge(session, imported, rows, verdict, places, now, by.principal, lock=True)
            _do(session, import_id, steps)
        verdict.schools = _drop_schools(session, imported)
    except IntegrityError:
        raise UndoOvertaken from None
    imported.undone_at, imported.undone_by = now, by.principal.account_id
    imported.counts = {**imported.counts, "undone": verdict.counts()}
    audit.record(
        session,
        vault,
        by,
        "undo_import",
        now,
        target=("roster_import", imported.id),
        organisation_id=imported.organisation_id,
        counts=verdict.counts(),
    )
    return verdict


def size(session: Session, import_id: int) -> int:
    """How many people it did something to."""
    query = sa.select(sa.func.count()).where(RosterImportRow.import_id == import_id)
    return session.scalar(query) or 0


def _rows(session: Session, import_id: int) -> Iterator[Sequence[RosterImportRow]]:
    """The rows in portions. Their columns are read before the next portion: rows of people who go are deleted meanwhile."""
    last = 0
    while True:
        query = (
            sa.select(RosterImportRow)
            .where(RosterImportRow.import_id == import_id, RosterImportRow.account_id > last)
            .order_by(RosterImportRow.account_id)
            .limit(500)
        )
        rows = session.scalars(query).all()
        if not rows:
            return
        last = rows[-1].account_id
        yield rows


def _do(session: Session, import_id: int, steps: Steps) -> None:
    if steps.enrolments:
        session.execute(_delete(Result, Result.enrolment_id.in_(steps.enrolments)))
        session.execute(_delete(Enrolment, Enrolment.id.in_(steps.enrolments)))
    for columns in steps.account_columns:
        session.execute(_update(Account, columns))
    for columns in steps.enrolment_columns:
        session.execute(_update(Enrolment, columns))
    if steps.moves:
        session.execute(sa.insert(EnrolmentMove), steps.moves)
    if steps.accounts:
        own = RosterImportRow.account_id.in_(steps.accounts) & (RosterImportRow.import_id == import_id)
        session.execute(_delete(RosterImportRow, own))
        session.execute(_delete(Account, Account.id.in_(steps.accounts)))
    session.expire_all()


def _places(session: Session, imported: RosterImport) -> quotas.Places | None:
    row = session.scalar(
        sa.select(Programme)
        .where(Programme.slug == imported.programme_slug)
        .order_by(Programme.version.desc())
        .limit(1)
    )
    notice = programmes.get(session, row.id) if row else None
    return quotas.Places(session, notice) if notice and notice.enrolment.quota else None


def _unused_schools(session: Session, imported: RosterImport) -> list[int]:
    """Those of the schools it made that only people of this import work in."""
    ids = [int(key) for key in imported.schools]
    used: set[int] = set()
    people = sa.select(RosterImportRow.account_id).where(RosterImportRow.import_id == imported.id)
    for chunk in chunks(ids):
        used.update(
            key
            for key in session.scalars(
                sa.select(Account.school_id).where(Account.school_id.in_(chunk), Account.id.not_in(people))
            )
            if key
        )
        used.update(references.to_organisations(session, chunk))
    return [key for key in ids if key not in used]


def _drop_schools(session: Session, imported: RosterImport) -> int:
    """How many of the schools it made are gone: those that nothing refers to any more."""
    gone = 0
    for key in _unused_schools(session, imported):
        try:
            with session.begin_nested():
                session.execute(_delete(Organisation, Organisation.id == key))
        except IntegrityError:
            continue
        gone += 1
    return gone


def _delete(table: Any, which: sa.ColumnElement[bool]) -> sa.Delete:
    return sa.delete(table).where(which).execution_options(synchronize_session=False)


def _update(table: Any, columns: dict[str, Any]) -> sa.Update:
    values = {name: value for name, value in columns.items() if name != "id"}
    return sa.update(table).where(table.id == columns["id"]).values(values).execution_options(synchronize_session=False)
