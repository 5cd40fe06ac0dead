"""A roster that staff upload (名单导入): looked at first, then taken in as it was seen, once.

How far it is stands beside the uploaded file (Upload.work): what was filled in (slug, late, under), `seen` (below), `check` and `commit`
(ids of background jobs), `import_id`, and the codes of files made for the person: `errors` and `credentials`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Organisation, Programme, RosterImport, Upload
from services import audit, programmes, uploads
from services.authority import scope
from services.authority.principals import Principal
from services.authority.roles import COUNTY_ADMIN, ROLES, SCHOOL_ADMIN
from services.errors import Conflict, Invalid, NotFound, RosterChanged, RosterHasErrors
from services.passwords import Passwords
from services.rosters import check as roster_check
from services.rosters import files, intake, traces
from services.rosters.plan import NEW, SAME, UPDATED, Options, Plan
from services.tables import spreadsheets
from services.tables.spreadsheets import Table
from services.vault import Vault

ROSTER = "roster"
#: Rows that are looked at while the person waits; more are a background job's.
AT_ONCE = 2000
SHOWN_ERRORS, SHOWN_SCHOOLS, SHOWN_NOTES = 100, 50, 20

Progress = Callable[[int, int], None]


class NotLookedAt(Conflict):
    """名单还没有检查，请先检查。"""

    code = "roster_not_looked_at"


@dataclass(frozen=True)
class Seen:
    """What the person was shown. `errors`: (row, column, reason), the first ones; no numbers of people."""

    digest: str
    rows: int
    counts: dict[str, int]
    right: int
    new_schools: list[str]
    new_schools_count: int
    errors: list[tuple[int, str, str]]
    errors_count: int
    notes: list[str]
    late: bool


def may_make_schools(principal: Principal) -> bool:
    return principal.role.rank >= ROLES[COUNTY_ADMIN].rank


def parents(session: Session, principal: Principal) -> list[Organisation]:
    """The units that a new school can be put below."""
    if not may_make_schools(principal):
        return []
    query = scope.scope(sa.select(Organisation), principal).where(Organisation.kind != "school")
    return list(session.scalars(query.order_by(Organisation.code)))


def get(session: Session, principal: Principal, code: str, now: datetime) -> Upload:
    """The person's own roster. Raises NotFound, NotAllowed, UploadGone."""
    return uploads.get(session, principal, code, ROSTER, now)


def table_of(session: Session, vault: Vault, upload: Upload) -> Table:
    """Raises BadSpreadsheet, UploadGone."""
    return spreadsheets.read(uploads.read(session, vault, upload))


def plan(
    session: Session, vault: Vault, principal: Principal, code: str, now: datetime, table: Table | None = None
) -> tuple[Table, Plan]:
    """What the roster would do, in this person's hands. Reads only. Raises as `get` and services.rosters.check, and NotFound, Invalid."""
    upload = get(session, principal, code, now)
    table = table or table_of(session, vault, upload)
    programme, notice = _programme(session, upload)
    options = _options(session, principal, upload)
    local = now.astimezone(notice.zone)
    return table, roster_check.check(session, vault, table, programme=programme, options=options, now=local)


def keep_seen(
    session: Session, vault: Vault, principal: Principal, code: str, table: Table, plan: Plan, now: datetime
) -> None:
    """Keep what was seen beside the roster; of wrong rows, a file to mend."""
    upload = uploads.locked(session, principal, code, ROSTER, now)
    errors = None
    if plan.errors:
        content = files.wrong_rows(table, plan.errors)
        stem = upload.name.rpartition(".")[0] or upload.name
        name = f"有误的行-{stem}.xlsx"
        errors = uploads.make(session, vault, principal.account_id, "roster_errors", name, content, now)
    uploads.note(upload, seen=asdict(_seen(plan)), errors=errors.code if errors else None, commit=None)


def look_again(session: Session, principal: Principal, code: str, now: datetime) -> None:
    """Forget what was seen, for it is not so any more. Nothing where it has been taken in."""
    upload = uploads.locked(session, principal, code, ROSTER, now)
    if "import_id" not in upload.work:
        uploads.note(upload, seen=None, errors=None, check=None, commit=None)


def seen(upload: Upload) -> Seen | None:
    kept = upload.work.get("seen")
    return Seen(**kept) if kept else None


def take_in(
    session: Session,
    vault: Vault,
    passwords: Passwords,
    by: audit.By,
    code: str,
    plan: Plan,
    now: datetime,
    *,
    partial: bool,
    progress: Progress = lambda _done, _total: None,
) -> RosterImport:
    """Do what was seen; again is harmless. `partial`: without the wrong rows. `plan` was made a moment ago, in another transaction.

    Raises RosterHasErrors, RosterChanged, NotLookedAt, NotFound.
    """
    if by.principal is None:
        raise NotFound
    principal = by.principal
    upload = uploads.locked(session, principal, code, ROSTER, now)
    if "import_id" in upload.work:
        return session.get_one(RosterImport, upload.work["import_id"])
    was_seen = seen(upload)
    if was_seen is None:
        raise NotLookedAt
    if plan.digest() != was_seen.digest:
        raise RosterChanged
    if plan.errors and not partial:
        raise RosterHasErrors
    counts, right = plan.counts(), plan.without_wrong()
    if not right.planned:
        raise RosterHasErrors("没有一行是正确的，没有导入任何内容。")
    programme, notice = _programme(session, upload)
    before = traces.picture(session, traces.known(right))
    rule = notice.sign_in.first_password
    credentials = intake.apply(
        session,
        vault,
        passwords,
        right,
        programme_id=programme.id,
        first_password=passwords.first_password(rule.rule, rule.shared),
        now=now,
        progress=progress,
    )
    imported = RosterImport(
        programme_slug=programme.slug,
        upload_id=upload.id,
        file_name=upload.name,
        organisation_id=principal.organisation_id,
        imported_by=principal.account_id,
        imported_at=now,
        counts={"added": counts[NEW], "changed": counts[UPDATED], "known": counts[SAME], "wrong": counts["错误"]},
        schools=[school.id for school in right.new_schools],
    )
    session.add(imported)
    session.flush()
    traces.keep(session, imported, right, before)
    secret = None
    if credentials:
        content = files.credentials(credentials)
        secret = uploads.make(session, vault, principal.account_id, "credentials", "初始密码.xlsx", content, now)
    uploads.note(upload, import_id=imported.id, credentials=secret.code if secret else None, notes=right.notes)
    audit.record(
        session,
        vault,
        by,
        "import_roster",
        now,
        target=("roster_import", imported.id),
        organisation_id=principal.organisation_id,
        programme=programme.slug,
        counts=imported.counts,
    )
    return imported


def _seen(plan: Plan) -> Seen:
    return Seen(
        digest=plan.digest(),
        rows=plan.rows,
        counts=plan.counts(),
        right=len(plan.planned),
        new_schools=[school.name for school in plan.without_wrong().new_schools[:SHOWN_SCHOOLS]],
        new_schools_count=len(plan.without_wrong().new_schools),
        errors=[(error.row, error.column, error.reason) for error in plan.errors[:SHOWN_ERRORS]],
        errors_count=len(plan.errors),
        notes=[note[:300] for note in plan.notes[:SHOWN_NOTES]],
        late=bool(plan.late_reason),
    )


def _programme(session: Session, upload: Upload) -> tuple[Programme, Any]:
    """Raises NotFound."""
    row = programmes.latest(session, str(upload.work.get("slug", "")))
    return session.get_one(Programme, row.id), programmes.get(session, row.id)


def _options(session: Session, principal: Principal, upload: Upload) -> Options:
    """Raises NotFound (a unit outside of reach), Invalid."""
    under, late = str(upload.work.get("under", "")), str(upload.work.get("late", ""))
    parent = None
    if under and may_make_schools(principal):
        if not under.isdecimal():
            raise Invalid.field("under", "请重新选择新学校归入的单位")
        parent = scope.get(session, principal, Organisation, int(under))
        if parent.kind == "school":
            raise Invalid.field("under", "新学校不能归入学校")
    own = session.get(Organisation, principal.organisation_id) if principal.organisation_id else None
    return Options(
        create_schools=parent is not None,
        school_code=own.code if own is not None and principal.role.key == SCHOOL_ADMIN else "",
        late=late,
        by=principal,
        under=parent.id if parent else None,
    )
