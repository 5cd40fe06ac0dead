"""The chain of the audit log (审计日志): what of an entry its hash covers, and whether all are as they were written.

The hash of an entry is an HMAC over its facts and the hash before it, under a key that is not in the database (docs/adr/0018).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead
from services.errors import Invalid
from services.vault import Vault

HEAD = 1
FIRST_HASH = "0" * 64
_CHUNK = 1000
_FACTS = ("serial", "at", "actor", "action", "target", "address", "result", "detail")


class BadHead(Invalid):
    """记下的链头应写成“序号:校验值”，校验值是 64 位十六进制数。"""

    code = "bad_head"


@dataclass(frozen=True)
class Fault:
    """The first entry that is not as it was written."""

    serial: int
    reason: str


@dataclass(frozen=True)
class Link:
    """An end of the chain that can be noted elsewhere: nobody can set the head back unseen by whoever has it."""

    serial: int
    hash: str

    def __str__(self) -> str:
        return f"{self.serial}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Link":
        """Raises BadHead."""
        serial, _, digest = text.strip().partition(":")
        if not (serial.isascii() and serial.isdigit() and len(serial) < 19 and len(digest) == 64 and digest.isalnum()):
            raise BadHead
        return cls(int(serial), digest.lower())


BEGINNING = Link(0, FIRST_HASH)


def facts(entry: AuditEntry) -> dict[str, Any]:
    """All that an entry says, as plain JSON: what is hashed, and what stands in an archive."""
    return {
        "serial": entry.serial,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": [entry.actor_id, entry.actor_name, entry.role],
        "action": entry.action,
        "target": [entry.target_kind, entry.target_id, entry.organisation_id],
        "address": entry.address,
        "result": entry.result,
        "detail": entry.detail,
    }


def digest(vault: Vault, said: dict[str, Any], before: str) -> str:
    """The hash of an entry that says this, after the entry whose hash is `before`."""
    fields = {name: said.get(name) for name in _FACTS} | {"before": before}
    return vault.fingerprint("audit", json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def follow(vault: Vault, said: dict[str, Any], kept: object, before: Link) -> Link | Fault:
    """The link that `kept` makes after `before`, if it is the hash of what is `said`."""
    serial = said.get("serial")
    if serial != before.serial + 1:
        return Fault(before.serial + 1, "缺少记录，或顺序不对")
    made = digest(vault, said, before.hash)
    return Link(serial, made) if kept == made else Fault(serial, "内容与校验值不符")


def head(session: Session) -> Link:
    """Where the chain ends."""
    row = session.get(AuditHead, HEAD, populate_existing=True)
    return Link(row.serial, row.hash or FIRST_HASH) if row else BEGINNING


def archived(session: Session) -> Link:
    """Up to where it was moved to files."""
    row = session.get(AuditHead, HEAD, populate_existing=True)
    return Link(row.archived_serial, row.archived_hash or FIRST_HASH) if row else BEGINNING


def verify(session: Session, vault: Vault, *, noted: Link | None = None, last: int | None = None) -> Fault | None:
    """The first entry that was changed, dropped or put in; None where all are as they were written.

    `noted`: a head that was noted earlier must be part of the chain; one that was archived since stands in a file.
    `last`: only so many at the end are looked at, for a page that must answer soon.
    """
    if session.get(AuditHead, HEAD) is None:
        return Fault(0, "链头缺失") if session.scalar(sa.select(sa.func.count(AuditEntry.serial))) else None
    end = head(session)
    at = start = archived(session)
    if last is not None and end.serial - last > at.serial:
        at = start = _link(session, end.serial - last) or start
    seen = noted is None or noted.serial < start.serial or noted == start
    for entry in entries(session, at.serial, end.serial):
        found = follow(vault, facts(entry), entry.hash, at)
        if isinstance(found, Fault):
            return found
        at, seen = found, seen or found == noted
    if at != end or _beyond_head(session):
        return Fault(at.serial + 1, "链头与末尾的记录不符，末尾的记录可能被删除或添加")
    return None if seen or noted is None else Fault(noted.serial, "记下的链头不在链中，末尾的记录被换过")


def entries(session: Session, after: int, until: int) -> Iterator[AuditEntry]:
    """In order, in chunks; each is detached when the next chunk is asked for."""
    while True:
        query = sa.select(AuditEntry).where(AuditEntry.serial > after, AuditEntry.serial <= until)
        query = query.order_by(AuditEntry.serial).limit(_CHUNK).execution_options(populate_existing=True)
        found = session.scalars(query).all()
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].serial
        for entry in found:
            session.expunge(entry)


def _beyond_head(session: Session) -> bool:
    """In one statement, for others append meanwhile."""
    present = sa.select(AuditHead.serial).where(AuditHead.id == HEAD).scalar_subquery()
    return bool(session.scalar(sa.select(sa.exists().where(AuditEntry.serial > present))))


def _link(session: Session, serial: int) -> Link | None:
    kept = session.scalar(sa.select(AuditEntry.hash).where(AuditEntry.serial == serial))
    return Link(serial, kept) if kept else None
