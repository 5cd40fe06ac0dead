"""What a roster (名单) would do: every row checked against the file's other rows and against the database. Reads only.

Accounts are looked up in batches: a county's roster has a hundred thousand rows. What a notice demands of who may be enrolled where is in
services.rosters.rules.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme
from services import programmes
from services.enrolling import workshops
from services.errors import BadSpreadsheet
from services.rosters import reach as roster_reach
from services.rosters import rows as roster_rows
from services.rosters import rules as roster_rules
from services.rosters.plan import SEEN, Enrolled, Options, Plan, Planned
from services.rosters.reach import Reach
from services.rosters.rows import Entry, RowError
from services.schools import Schools
from services.tables import header as table_header
from services.tables.header import Header
from services.tables.spreadsheets import Table
from services.vault import Vault, VaultError

#: Accounts asked for in one query.
CHUNK = 1000

__all__ = ["Options", "Plan", "Planned", "check"]


def check(
    session: Session, vault: Vault, table: Table, *, programme: Programme, options: Options, now: datetime
) -> Plan:
    """What the roster would do. Reads only.

    Raises BadSpreadsheet, NotFound (the option's school), RosterClosed (after the closing date, without a reason in `options`).
    """
    notice = programmes.get(session, programme.id)
    late = roster_rules.require_open(notice, options, now)
    header = table_header.find(table, roster_rows.COLUMNS, roster_rows.REQUIRED)
    if not options.school_code and not {"school_code", "school_name"} & header.columns.keys():
        raise BadSpreadsheet("表格里没有“学校”或“学校代码”列。")
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    reach = roster_reach.of(session, options.by)
    schools = Schools(session, options.create_schools, options.school_code, reach.units, options.under)
    finder = workshops.Finder(workshops.of_programme(session, programme.slug))
    plan = Plan(len(header.rows), notes=list(table.notes), late_reason=options.late.strip() if late else "")
    _read_rows(plan, header, schools, finder, now)
    plan.errors += roster_rules.named_once(notice, plan.planned, header)
    plan.new_schools = schools.new
    for start in range(0, len(plan.planned), CHUNK):
        chunk = plan.planned[start : start + CHUNK]
        plan.errors += _compare(session, vault, chunk, programme, header, reach)
    plan.errors += roster_rules.seconded_elsewhere(notice, plan.planned, schools, header)
    plan.errors += roster_rules.set_tracks(notice, plan.planned, header)
    for start in range(0, len(plan.planned), CHUNK):  # by now it is known whether a row changes the track
        plan.errors += roster_reach.refused(session, reach, plan.planned[start : start + CHUNK], header)
    _drop_wrong(plan)
    plan.errors += roster_rules.too_many(session, notice, plan.planned, header)
    _drop_wrong(plan)
    plan.errors.sort()
    withdrawn = sum(planned.withdrawn for planned in plan.planned)
    if withdrawn:
        plan.notes.append(f"{withdrawn} 人已退出本项目，名单不会使他们重新参加；需要时请逐个恢复报名。")
    return plan


def _read_rows(plan: Plan, header: Header, schools: Schools, finder: workshops.Finder, now: datetime) -> None:
    """Every row for itself: planned, or in error."""
    today = now.date()
    for row in header.rows:
        entry = roster_rows.parse(header, row, today)
        if isinstance(entry, list):
            plan.errors += entry
            continue
        school = schools.find(entry.school_code, entry.school_name)
        if isinstance(school, str):
            title = header.titles.get("school_code" if entry.school_code else "school_name", "学校")
            plan.errors.append(RowError(entry.row, title, school))
            continue
        planned = Planned(entry, school)
        if entry.workshop:
            workshop = finder.find(entry.workshop)
            if isinstance(workshop, str):
                plan.errors.append(RowError(entry.row, header.titles["workshop"], workshop))
                continue
            planned.workshop_id = workshop.id
        plan.planned.append(planned)


def _drop_wrong(plan: Plan) -> None:
    wrong = {error.row for error in plan.errors}
    plan.planned = [planned for planned in plan.planned if planned.entry.row not in wrong]


def _compare(
    session: Session, vault: Vault, chunk: Sequence[Planned], programme: Programme, header: Header, reach: Reach
) -> list[RowError]:
    """Fill in what the database knows of these people; those who cannot be who the roster says they are become errors."""
    for planned in chunk:
        planned.id_index = vault.index(planned.entry.id_number)
    wanted: dict[str, list[Planned]] = {}
    for planned in chunk:
        wanted.setdefault(planned.id_index, []).append(planned)
    known = session.execute(
        sa.select(
            Account.id,
            Account.id_index,
            Account.name,
            Account.mobile_envelope,
            *(getattr(Account, name) for name in SEEN),
        ).where(Account.id_index.in_(wanted))
    ).all()
    errors = []
    by_account: dict[int, list[Planned]] = {}
    for account in known:
        for planned in wanted[account.id_index]:
            entry = planned.entry
            if not reach.has(account.school_id):  # and nothing else is told of them
                errors.append(RowError(entry.row, header.titles["id_number"], roster_reach.NOT_YOURS))
                continue
            if not roster_rows.same_name(account.name, entry.name):
                reason = f"该证件号码已有账号，姓名是“{roster_rows.mask_name(account.name)}”，与名单不同，请核对"
                errors.append(RowError(entry.row, header.titles["name"], reason))
                continue
            planned.account_id = account.id
            planned.seen = tuple(getattr(account, name) for name in SEEN)
            planned.changed = _changed(vault, planned, account)
            planned.stage = entry.stage or account.stage or ""
            by_account.setdefault(account.id, []).append(planned)
    enrolled = session.execute(
        sa.select(
            Enrolment.account_id,
            Enrolment.id,
            Enrolment.school_id,
            Enrolment.track,
            Enrolment.status,
            Enrolment.staff,
            Enrolment.home_school,
            Enrolment.workshop_id,
        )
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == programme.slug, Enrolment.account_id.in_(by_account))
        .order_by(Programme.version)  # of several versions the latest is the one that counts
    )
    for row in enrolled:
        for planned in by_account[row.account_id]:
            planned.enrolled = Enrolled(*row[1:])
    return errors


def _changed(vault: Vault, planned: Planned, account: Any) -> tuple[str, ...]:
    entry: Entry = planned.entry
    found = []
    if planned.school.id is None or planned.school.id != account.school_id:
        found.append("school")
    if entry.mobile and entry.mobile != _mobile(vault, account):
        found.append("mobile")
    found += [
        key for key in ("stage", "subject") if getattr(entry, key) and getattr(entry, key) != getattr(account, key)
    ]
    return tuple(found)


def _mobile(vault: Vault, account: Any) -> str | None:
    try:
        return vault.open(account.mobile_envelope, account.id) if account.mobile_envelope else None
    except VaultError:  # unreadable: the roster's number replaces it
        return None
