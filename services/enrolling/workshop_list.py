"""A list of workshops (工作坊名单), from .xlsx or CSV: 坊名称, 学段, 学科, 坊主证件号. As a whole or not at all; again is harmless."""

from dataclasses import dataclass, field
from datetime import datetime

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
    row: int
    title: str
    code: str
    stage: str
    subject: str
    leader_id: int | None


def run(session: Session, vault: Vault, table: Table, slug: str, now: datetime) -> Imported:
    """Bring the programme's workshops to what the table says; those it leaves out stay. A leader must have an account already.

    Raises BadSpreadsheet.
    """
    header = table_header.find(table, COLUMNS, ("title",))
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    done = Imported()
    entries: dict[str, _Entry] = {}
    for row in header.rows:
        entry = _read(session, vault, header, row, now)
        if isinstance(entry, list):
            done.errors += entry
            continue
        before = entries.setdefault(entry.code, entry)
        if before is not entry:
            title = header.titles.get("code", header.titles["title"])
            done.errors.append(RowError(row.number, title, f"与第 {before.row} 行是同一个工作坊"))
    if done.errors:
        return done
    known = {workshop.code: workshop for workshop in workshops.of_programme(session, slug)}
    for entry in entries.values():
        workshop = known.get(entry.code)
        if workshop is None:
            session.add(
                Workshop(
                    programme_slug=slug,
                    code=entry.code,
                    title=entry.title,
                    stage=entry.stage,
                    subject=entry.subject,
                    leader_id=entry.leader_id,
                )
            )
            done.added += 1
        else:
            done.changed += _bring(workshop, entry)
    session.flush()
    return done


def _bring(workshop: Workshop, entry: _Entry) -> bool:
    wanted = {"title": entry.title, "stage": entry.stage, "subject": entry.subject}
    if entry.leader_id is not None:  # a list without leaders takes nobody's workshop away
        wanted["leader_id"] = entry.leader_id  # type: ignore[assignment]
    differing = {name: value for name, value in wanted.items() if getattr(workshop, name) != value}
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
    values = {"stage": "", "subject": ""}
    for key, read in (("stage", roster_rows.read_stage), ("subject", roster_rows.read_subject)):
        cell = header.cell(row, key)
        try:
            values[key] = "" if cell in _ALL else read(cell)
        except Invalid as wrong:
            told(key, wrong.detail)
    leader_id = None
    try:
        leader_id = _leader(session, vault, header.cell(row, "leader"), header.cell(row, "leader_name"), now)
    except Invalid as wrong:
        told("leader", wrong.detail)
    if errors:
        return errors
    return _Entry(row.number, title, code or workshops.code_for(title), values["stage"], values["subject"], leader_id)


def _leader(session: Session, vault: Vault, number: str, name: str, now: datetime) -> int | None:
    """The account of the leader, named by ID number; a name beside it must be the account's."""
    if not number:
        return None
    index = vault.index(roster_rows.read_id_number(number, now.date()))
    found = session.execute(sa.select(Account.id, Account.name).where(Account.id_index == index)).one_or_none()
    if found is None:
        raise Invalid("坊主还没有账号，请先用名单导入")
    if name and not roster_rows.same_name(found.name, name):
        raise Invalid(f"该证件号码的姓名是“{roster_rows.mask_name(found.name)}”，与坊主姓名不同，请核对")
    return int(found.id)
