"""What a roster (名单) would do: every row checked against the file's other rows and against the database. Reads only.

Accounts are looked up in batches: a county's roster has a hundred thousand rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme
from services import roster_rows, table_header
from services.errors import BadSpreadsheet
from services.roster_rows import Entry, RowError
from services.schools import School, Schools
from services.spreadsheets import Table
from services.vault import Vault, VaultError

#: Accounts asked for in one query.
CHUNK = 1000

NEW, UPDATED, SAME = "新增", "更新", "已存在"


@dataclass
class Planned:
    """What is to be done for one row."""

    entry: Entry
    school: School
    #: None: there is no account yet.
    account_id: int | None = None
    #: Which of school, mobile, stage and subject differ from the account's.
    changed: tuple[str, ...] = ()
    #: None: not enrolled yet.
    enrolment_id: int | None = None
    #: The enrolment is another school's.
    moved: bool = False

    @property
    def outcome(self) -> str:
        if self.account_id is None:
            return NEW
        return UPDATED if self.changed or self.enrolment_id is None or self.moved else SAME


@dataclass
class Plan:
    """The outcome of a check. With `errors` nothing can be applied."""

    rows: int
    planned: list[Planned] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    #: Schools that do not exist yet.
    new_schools: list[School] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many rows are 新增, 更新, 已存在 and 错误; a row with two errors is one."""
        outcomes = Counter(planned.outcome for planned in self.planned)
        wrong = len({error.row for error in self.errors})
        return {outcome: outcomes[outcome] for outcome in (NEW, UPDATED, SAME)} | {"错误": wrong}


@dataclass(frozen=True)
class Options:
    """What a row may leave open."""

    #: Schools that are not known are made.
    create_schools: bool = False
    #: The code of the school of the rows that name none.
    school_code: str = ""


def check(
    session: Session, vault: Vault, table: Table, *, programme: Programme, options: Options, now: datetime
) -> Plan:
    """What the roster would do. Reads only. Raises BadSpreadsheet, NotFound (the option's school)."""
    header = table_header.find(table, roster_rows.COLUMNS, roster_rows.REQUIRED)
    if not options.school_code and not {"school_code", "school_name"} & header.columns.keys():
        raise BadSpreadsheet("表格里没有“学校”或“学校代码”列。")
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    schools = Schools(session, options.create_schools, options.school_code)
    plan = Plan(len(header.rows), notes=list(table.notes))
    first_seen: dict[str, int] = {}
    today = now.date()
    for row in header.rows:
        entry = roster_rows.parse(header, row, today)
        if isinstance(entry, list):
            plan.errors += entry
            continue
        before = first_seen.setdefault(entry.id_number.number, entry.row)
        if before != entry.row:
            plan.errors.append(RowError(entry.row, header.titles["id_number"], f"与第 {before} 行的证件号码相同"))
            continue
        school = schools.find(entry.school_code, entry.school_name)
        if isinstance(school, str):
            title = header.titles.get("school_code" if entry.school_code else "school_name", "学校")
            plan.errors.append(RowError(entry.row, title, school))
            continue
        plan.planned.append(Planned(entry, school))
    plan.new_schools = schools.new
    for start in range(0, len(plan.planned), CHUNK):
        plan.errors += _compare(session, vault, plan.planned[start : start + CHUNK], programme, header.titles["name"])
    wrong = {error.row for error in plan.errors}
    plan.planned = [planned for planned in plan.planned if planned.entry.row not in wrong]
    plan.errors.sort()
    return plan


def _compare(
    session: Session, vault: Vault, chunk: Sequence[Planned], programme: Programme, name_title: str
) -> list[RowError]:
    """Fill in what the database knows of these people; those who cannot be who the roster says they are become errors."""
    wanted = {vault.index(planned.entry.id_number): planned for planned in chunk}
    known = session.execute(
        sa.select(
            Account.id,
            Account.id_index,
            Account.name,
            Account.mobile_envelope,
            Account.school_id,
            Account.stage,
            Account.subject,
        ).where(Account.id_index.in_(wanted))
    ).all()
    errors = []
    by_account: dict[int, Planned] = {}
    for account in known:
        planned = wanted[account.id_index]
        entry = planned.entry
        if not roster_rows.same_name(account.name, entry.name):
            reason = f"该证件号码已有账号，姓名是“{account.name[0]}{'*' * (len(account.name) - 1)}”，与名单不同，请核对"
            errors.append(RowError(entry.row, name_title, reason))
            continue
        planned.account_id = account.id
        planned.changed = _changed(vault, planned, account)
        by_account[account.id] = planned
    enrolled = session.execute(
        sa.select(Enrolment.id, Enrolment.account_id, Enrolment.school_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == programme.slug, Enrolment.account_id.in_(by_account))
        .order_by(Programme.version)  # of several versions the latest is the one that counts
    )
    for enrolment in enrolled:
        planned = by_account[enrolment.account_id]
        planned.enrolment_id = enrolment.id
        planned.moved = enrolment.school_id != planned.school.id or planned.school.id is None
    return errors


def _changed(vault: Vault, planned: Planned, account: Any) -> tuple[str, ...]:
    entry = planned.entry
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
