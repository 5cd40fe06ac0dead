"""A list of workshops (工作坊名单), from .xlsx or CSV: 坊名称, 学段, 学科, 坊主证件号. As a whole or not at all; again is harmless."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Workshop
from services.enrolling import workshops
from services.errors import BadSpreadsheet, Invalid
from services.rosters import rows as roster_rows
from services.rosters.rows import RowError
from services.tables import header as table_header
from services.tables.header import Header
from services.tables.spreadsheets import Row, Table
from services.vault import Vault

COLUMNS = {
    "title": ("坊名称", "工作坊名称", "工作坊", "坊名"),
    "code": ("坊代码", "工作坊代码", "坊编号"),
    "stage": ("学段", "任教学段", "参训学段"),
    "subject": ("学科", "任教学科", "参训学科"),
    "leader": ("坊主证件号", "坊主身份证号", "坊主证件号码", "坊主身份证号码"),
    "leader_name": ("坊主姓名", "坊主"),
}
#: "for all" as people write it.
_ALL = ("全部", "所有", "全学段", "全学科", "不限", "通识")


@dataclass
class Imported:
    """`added` and `changed` workshops; with `errors` nothing was done."""

    added: int = 0
    changed: int = 0
    errors: list[RowError] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """A row. `values`: the columns of Workshop that the list speaks of; `code` may be "" as the list may have none."""

    row: int
    code: str
    values: dict[str, Any]


def run(session: Session, vault: Vault, table: Table, slug: str, now: datetime) -> Imported:
    """Bring the programme's workshops to what the table says; those it leaves out stay, and so does what it has no column for.
    A leader must have an account already.

    Raises BadSpreadsheet.
    """
    header = table_header.find(table, COLUMNS, ("title",))
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    existing = workshops.of_programme(session, slug)
    known, codes = {workshop.code: workshop for workshop in existing}, _codes(existing)
    done = Imported()
    entries: dict[str, _Entry] = {}
    for row in header.rows:
        entry = _read(session, vault, header, row, now)
        if isinstance(entry, list):
            done.errors += entry
            continue
        title = entry.values["title"]
        code = entry.code or codes.get(workshops.plain(title)) or workshops.code_for(title)
        before = entries.setdefault(code, entry)
        if before is not entry:
            column = header.titles.get("code", header.titles["title"])
            done.errors.append(RowError(row.number, column, f"与第 {before.row} 行是同一个工作坊"))
    if done.errors:
        return done
    for code, entry in entries.items():
        workshop = known.get(code)
        if workshop is None:
            session.add(Workshop(programme_slug=slug, code=code, **({"stage": "", "subject": ""} | entry.values)))
            done.added += 1
        else:
            done.changed += _bring(workshop, entry.values)
    session.flush()
    return done


def _codes(existing: Sequence[Workshop]) -> dict[str, str]:
    """The code of each workshop by its name, where no other one has that name: a list without codes means these."""
    counts = Counter(workshops.plain(workshop.title) for workshop in existing)
    names = ((workshops.plain(workshop.title), workshop.code) for workshop in existing)
    return {name: code for name, code in names if counts[name] == 1}


def _bring(workshop: Workshop, values: dict[str, Any]) -> bool:
    differing = {name: value for name, value in values.items() if getattr(workshop, name) != value}
    for name, value in differing.items():
        setattr(workshop, name, value)
    return bool(differing)


def _read(session: Session, vault: Vault, header: Header, row: Row, now: datetime) -> _Entry | list[RowError]:
    errors: list[RowError] = []

    def told(key: str, reason: str) -> None:
        errors.append(RowError(row.number, header.titles.get(key, COLUMNS[key][0]), reason))

    title, code = header.cell(row, "title"), header.cell(row, "code")
    if not 1 <= len(title) <= 200:
        told("title", "请填写坊名称，200 个字以内")
    if len(code) > 64:
        told("code", "坊代码超过 64 个字")
    values: dict[str, Any] = {"title": title}
    for key, read in (("stage", roster_rows.read_stage), ("subject", roster_rows.read_subject)):
        cell = header.cell(row, key)
        try:
            if key in header.columns:
                values[key] = "" if cell in _ALL else read(cell)
        except Invalid as wrong:
            told(key, wrong.detail)
    try:
        leader_id = _leader(session, vault, header.cell(row, "leader"), header.cell(row, "leader_name"), now)
        if leader_id is not None:  # a row without a leader takes nobody's workshop away
            values["leader_id"] = leader_id
    except Invalid as wrong:
        told("leader", wrong.detail)
    return errors or _Entry(row.number, code, values)


def _leader(session: Session, vault: Vault, number: str, name: str, now: datetime) -> int | None:
    """The account of the leader, named by ID number; a name beside it must be the account's."""
    if not number:
        if name:
            raise Invalid(f"坊主“{roster_rows.mask_name(name)}”没有证件号，不能确定是谁，请填写坊主证件号")
        return None
    index = vault.index(roster_rows.read_id_number(number, now.date()))
    found = session.execute(sa.select(Account.id, Account.name).where(Account.id_index == index)).one_or_none()
    if found is None:
        raise Invalid("坊主还没有账号，请先用名单导入")
    if name and not roster_rows.same_name(found.name, name):
        raise Invalid(f"该证件号码的姓名是“{roster_rows.mask_name(found.name)}”，与坊主姓名不同，请核对")
    return int(found.id)
