"""Reading the audit log (审计日志): entries within reach, found by who, what, on whom and when, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AuditEntry
from services.audit import ACTIONS
from services.audit_words import KINDS, WORDS
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.authority.scope import scope
from services.tables.cells import masked

CHINA = ZoneInfo("Asia/Shanghai")
PAGE = 50
#: One file; more is asked for in parts.
MOST_EXPORTED = 50_000
#: Names asked for in one statement: SQLite takes 32,766 parameters.
_AT_ONCE = 10_000
RESULTS = {"done": "成功", "refused": "被拒绝", "failed": "失败"}


@dataclass(frozen=True)
class Wanted:
    """What is looked for; "" and None: any. Days are local and inclusive; `before` is the serial from which to go back."""

    name: str = ""
    action: str = ""
    result: str = ""
    kind: str = ""
    target: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None


@dataclass(frozen=True)
class Line:
    """An entry in words."""

    serial: int
    at: datetime
    who: str
    role: str
    action: str
    target: str
    #: The account that it was done to, where it was one.
    account_id: int | None
    address: str
    result: str
    detail: str


def search(session: Session, principal: Principal, wanted: Wanted, most: int = PAGE) -> tuple[list[Line], int | None]:
    """The newest first, and from which serial to go on where there are more."""
    query = scope(sa.select(AuditEntry), principal).where(*_conditions(wanted))
    found = session.scalars(query.order_by(AuditEntry.serial.desc()).limit(most + 1)).all()
    shown = found[:most]
    return lines(session, shown), shown[-1].serial if len(found) > most else None


def lines(session: Session, entries: Sequence[AuditEntry]) -> list[Line]:
    keys = sorted({int(one.target_id) for one in entries if one.target_kind == "account" and one.target_id.isdecimal()})
    names: dict[int, str] = {}
    for at in range(0, len(keys), _AT_ONCE):
        some = sa.select(Account.id, Account.name).where(Account.id.in_(keys[at : at + _AT_ONCE]))
        names |= {row.id: row.name for row in session.execute(some)}
    return [_line(entry, names) for entry in entries]


def told(detail: Mapping[str, Any]) -> str:
    """The facts of an entry in one line of Chinese. Numbers of people are none of them, and would be masked."""
    return masked("；".join(f"{_word(key)}：{_value(value)}" for key, value in detail.items()))


def _line(entry: AuditEntry, names: Mapping[int, str]) -> Line:
    account_id = int(entry.target_id) if entry.target_kind == "account" and entry.target_id.isdecimal() else None
    which = names.get(account_id, "") if account_id is not None else ""
    kind = KINDS.get(entry.target_kind, entry.target_kind)
    role = ROLES.get(entry.role)
    return Line(
        entry.serial,
        entry.at,
        entry.actor_name or ("系统" if entry.actor_id is None else str(entry.actor_id)),
        role.title if role else entry.role,
        ACTIONS.get(entry.action, entry.action),
        f"{kind} {which or entry.target_id}".strip(),
        account_id,
        entry.address,
        RESULTS.get(entry.result, entry.result),
        told(entry.detail or {}),
    )


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    said = [
        (wanted.name, AuditEntry.actor_name == wanted.name),
        (wanted.action, AuditEntry.action == wanted.action),
        (wanted.result, AuditEntry.result == wanted.result),
        (wanted.kind, AuditEntry.target_kind == wanted.kind),
        (wanted.target, AuditEntry.target_id == wanted.target),
    ]
    found: list[sa.ColumnElement[bool]] = [condition for value, condition in said if value]
    if wanted.since:
        found.append(AuditEntry.at >= _midnight(wanted.since))
    if wanted.until:
        found.append(AuditEntry.at < _midnight(wanted.until) + timedelta(days=1))
    if wanted.before:
        found.append(AuditEntry.serial < wanted.before)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _word(key: str) -> str:
    return WORDS.get(key) or (ROLES[key].title if key in ROLES else key)


def _value(value: Any) -> str:
    match value:
        case dict():
            return "，".join(f"{_word(key)} {_value(one)}" for key, one in value.items())
        case list():
            return "、".join(_value(one) for one in value)
        case None:
            return "无"
        case _:
            return _word(str(value))
