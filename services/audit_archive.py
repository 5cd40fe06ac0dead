"""Moves what is old enough of the audit log, and of the records of signing in, from the database to a file (归档).

Logs are kept for six months at least (网络安全法 21 条（三）：不少于六个月); what is younger is not moved. The file is JSON lines:

    {"archive": "xueshi-audit", "version": 1, "after": "0:000…", "before": "2022-07-01T…"}
    {"entry": {…}, "hash": "…"}          one for each entry, in order
    {"sign_in": {…}}                     one for each record of signing in
    {"end": "812:ab3…", "entries": 812, "sign_ins": 20111, "last_sign_in": 20400, "seal": "…"}

`after` and `end` are links of the chain, so files follow one upon the other and the table upon the last; `seal` is an HMAC over all lines
before it. The file is written aside, made durable and renamed; only then is anything removed, so a crash in between leaves both, and the
same command again finds the file and goes on from there.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead, SignInRecord
from services import audit, audit_chain
from services.audit_chain import Fault, Link
from services.errors import Conflict, Invalid
from services.vault import Vault
from services.work import UnitOfWork

KEPT = timedelta(days=184)
_KIND, _VERSION = "xueshi-audit", 1
_CHUNK = 2000


class TooRecent(Invalid):
    """六个月（184 天）以内的日志不能归档。"""

    code = "log_too_recent"


class ChainBroken(Conflict):
    """审计日志校验不通过，没有归档任何内容，请先运行 flask audit verify 查明原因。"""

    code = "chain_broken"


class OtherFile(Conflict):
    """这个文件已经存在，而且不是接着现有日志的归档文件，没有做任何改动。"""

    code = "archive_exists"


@dataclass(frozen=True)
class Archive:
    """What a file holds: the entries after one link of the chain up to another, and records of signing in before a moment."""

    after: Link
    end: Link
    entries: int
    sign_ins: int
    last_sign_in: int
    before: datetime


def archive(work: UnitOfWork, vault: Vault, before: datetime, path: Path, now: datetime) -> Archive | None:
    """Move all that happened before then to a file; None where there is nothing. Again with the same file is harmless.

    Raises TooRecent, ChainBroken, OtherFile; OSError where the file cannot be written.
    """
    if now - before < KEPT:
        raise TooRecent
    if path.exists():
        done = read(path, vault)
        if isinstance(done, Fault):
            raise OtherFile
    else:
        with work(read_only=True) as session:
            written = _write(session, vault, before, path)
        if written is None:
            return None
        done = written
    with work(read_only=False) as session:
        _remove(session, vault, done, now)
    return done


def read(path: Path, vault: Vault, noted: Link | None = None) -> Archive | Fault:
    """What the file holds, if all of it is as it was written, and `noted`, where it lies in it, too. Raises OSError."""
    with path.open(encoding="utf-8") as file:
        try:
            return _read(file, vault, noted)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Invalid):
            return Fault(0, "不是完整的归档文件")


def _read(file: IO[str], vault: Vault, noted: Link | None) -> Archive | Fault:
    seal = hashlib.sha256()
    first = next(file, "")
    said = json.loads(first)
    if (said["archive"], said["version"]) != (_KIND, _VERSION):
        return Fault(0, "不是归档文件")
    after = at = Link.parse(said["after"])
    before, entries, sign_ins = datetime.fromisoformat(said["before"]), 0, 0
    seal.update(first.encode())
    for line in file:
        said_here = json.loads(line)
        if "end" in said_here:
            found = Archive(after, at, entries, sign_ins, int(said_here["last_sign_in"]), before)
            whole = said_here == _ending(found, vault, seal.hexdigest()) and not file.read(1)
            return found if whole else Fault(at.serial, "文件的结尾与内容不符")
        seal.update(line.encode())
        sign_ins += "sign_in" in said_here
        if "entry" in said_here:
            link = audit_chain.follow(vault, said_here["entry"], said_here["hash"], at)
            if isinstance(link, Fault):
                return link
            at, entries = link, entries + 1
            if noted is not None and link.serial == noted.serial and link != noted:
                return Fault(noted.serial, "记下的链头不在链中")
    return Fault(at.serial + 1, "文件的末尾缺失")


def _write(session: Session, vault: Vault, before: datetime, path: Path) -> Archive | None:
    """Aside, durable, then in its place; None, and no file, where nothing is as old."""
    after, head = audit_chain.archived(session), audit_chain.head(session)
    newer = session.scalar(sa.select(sa.func.min(AuditEntry.serial)).where(AuditEntry.at >= before))
    last_sign_in = session.scalar(sa.select(sa.func.max(SignInRecord.id)).where(SignInRecord.at < before)) or 0
    until = head.serial if newer is None else newer - 1
    if until <= after.serial and not last_sign_in:
        return None
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=".part")  # 0600
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            made = _write_lines(session, vault, file, after, until, before, last_sign_in)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename it never takes the place of a file that another one wrote meanwhile
        except FileExistsError:
            raise OtherFile from None
        _make_durable(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return made


def _write_lines(
    session: Session, vault: Vault, file: IO[str], after: Link, until: int, before: datetime, last_sign_in: int
) -> Archive:
    seal, at = hashlib.sha256(), after

    def say(line: dict[str, Any], sealed: bool = True) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        if sealed:
            seal.update(text.encode())
        file.write(text)

    say({"archive": _KIND, "version": _VERSION, "after": str(after), "before": before.isoformat()})
    for entry in audit_chain.entries(session, after.serial, until):
        said = audit_chain.facts(entry)
        link = audit_chain.follow(vault, said, entry.hash, at)
        if isinstance(link, Fault):
            raise ChainBroken
        say({"entry": said, "hash": entry.hash})
        at = link
    if at.serial != max(until, after.serial):
        raise ChainBroken
    sign_ins = 0
    for record in _sign_ins(session, before, last_sign_in):
        say({"sign_in": record})
        sign_ins += 1
    made = Archive(after, at, at.serial - after.serial, sign_ins, last_sign_in, before)
    say(_ending(made, vault, seal.hexdigest()), sealed=False)
    return made


def _sign_ins(session: Session, before: datetime, last: int) -> Iterator[dict[str, Any]]:
    table = SignInRecord.__table__
    seen = 0
    while True:
        query = sa.select(table).where(table.c.id > seen, table.c.id <= last, table.c.at < before)
        found = session.execute(query.order_by(table.c.id).limit(_CHUNK)).mappings().all()
        for row in found:
            yield dict(row) | {"at": row["at"].isoformat()}
        if len(found) < _CHUNK:
            return
        seen = found[-1]["id"]


def _ending(made: Archive, vault: Vault, sealed: str) -> dict[str, Any]:
    return {
        "end": str(made.end),
        "entries": made.entries,
        "sign_ins": made.sign_ins,
        "last_sign_in": made.last_sign_in,
        "seal": vault.fingerprint("audit archive", f"{sealed} {made.end} {made.last_sign_in}"),
    }


def _remove(session: Session, vault: Vault, done: Archive, now: datetime) -> None:
    """What is in the file leaves the database, unless it did already."""
    head = session.get(AuditHead, audit_chain.HEAD, with_for_update=True, populate_existing=True)
    old = (SignInRecord.id <= done.last_sign_in, SignInRecord.at < done.before)
    moved = bool(session.scalar(sa.select(sa.exists().where(*old))))
    session.execute(sa.delete(SignInRecord).where(*old))
    if head is not None and done.end.serial > head.archived_serial:
        moved = True
        kept = session.scalar(sa.select(AuditEntry.hash).where(AuditEntry.serial == done.end.serial))
        if (
            done.after != Link(head.archived_serial, head.archived_hash or audit_chain.FIRST_HASH)
            or kept != done.end.hash
        ):
            raise OtherFile
        session.execute(sa.delete(AuditEntry).where(AuditEntry.serial <= done.end.serial))
        head.archived_serial, head.archived_hash = done.end.serial, done.end.hash
        session.flush()
    if moved:
        end, entries, sign_ins = done.end.serial, done.entries, done.sign_ins
        audit.record(session, vault, audit.By(None), "archive", now, until=end, entries=entries, sign_ins=sign_ins)


def _make_durable(folder: Path) -> None:
    """That the file has its name, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
