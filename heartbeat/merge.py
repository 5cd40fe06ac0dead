"""What the flusher does in SQL: merge records into coverage, days, sessions and totals. Idempotent and commutative.

One lock guards all of an enrolment: its row. Whoever holds it may read and write the enrolment's coverage, and sees what the
holder before committed. Coverage merges by OR, a day by the greater, a session keeps the row with the higher (seq, version),
and the enrolment's total moves by exactly what its coverage grew under that lock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

from heartbeat import bitmap
from heartbeat.bulk import Bulk, Columns, bulk
from heartbeat.intake import to_ms, withheld
from heartbeat.state import Session
from heartbeat.store import Record
from models import Coverage, Enrolment, StudyDay, StudySession

COVERAGE = cast("Table", Coverage.__table__)
STUDY_DAY = cast("Table", StudyDay.__table__)
STUDY_SESSION = cast("Table", StudySession.__table__)
ENROLMENT = cast("Table", Enrolment.__table__)
#: What a record may change in a session's row; the rest was written when it was opened.
TOLD = (
    "last_beat_at", "ended_at", "end_reason", "seq", "version", "position", "reported", "credited", "pending", "withheld",
    "checks_asked", "checks_answered", "checks_missed",
)  # fmt: skip
#: Evidence is tallied up to this, which every column holds. A player may report what it likes; nothing is credited for it.
MOST = 2**31 - 1


def merge(connection: Connection, records: Sequence[Record], now: datetime) -> None:
    """Bring SQL up to these records, within the caller's transaction. An enrolment that is not there raises IntegrityError."""
    sql = bulk(connection)
    sql.lock(ENROLMENT, sorted({record.session.enrolment for record in records}))
    _merge_coverage(sql, records, to_ms(now))
    _merge_days(sql, records)
    _merge_sessions(sql, records)


def _merge_coverage(sql: Bulk, records: Sequence[Record], now_ms: int) -> None:
    found: dict[tuple[int, int], bytes] = {}
    for record in records:
        key = (record.session.enrolment, record.session.lesson)
        found[key] = bitmap.union(found[key], record.coverage) if key in found else record.coverage
    keys = sorted(found)
    columns = {"enrolment_id": [key[0] for key in keys], "lesson_id": [key[1] for key in keys]}
    held = {(row[0], row[1]): (row[2], row[3]) for row in sql.find(COVERAGE, columns, ("bitmap", "credited"))}
    changed: list[tuple[int, int, bytes, int, int]] = []
    gained: dict[int, int] = {}
    for key in keys:
        bits, credited = held.get(key, (None, 0))
        merged = found[key] if bits is None else bitmap.union(bits, found[key])
        if merged != bits:
            count = bitmap.count(merged)
            changed.append((*key, merged, count, now_ms))
            gained[key[0]] = gained.get(key[0], 0) + count - credited
    if changed:
        names = ("enrolment_id", "lesson_id", "bitmap", "credited", "updated_at")
        sql.upsert(COVERAGE, dict(zip(names, zip(*changed, strict=True), strict=True)), names[2:])
        sql.add(ENROLMENT, {"id": list(gained), "credited_seconds": list(gained.values())})


def _merge_days(sql: Bulk, records: Sequence[Record]) -> None:
    tallies: dict[tuple[int, int], int] = {}
    for record in records:
        for day, seconds in record.days.items():
            key = (record.session.enrolment, day)
            tallies[key] = max(tallies.get(key, 0), seconds)
    if tallies:
        keys = sorted(tallies)
        columns = {
            "enrolment_id": [key[0] for key in keys],
            "day": [key[1] for key in keys],
            "credited": [tallies[key] for key in keys],
        }
        sql.upsert(STUDY_DAY, columns, ("credited",), newer=("credited",))


def _merge_sessions(sql: Bulk, records: Sequence[Record]) -> None:
    """Device and address stay empty where the opening never reached SQL (its node died in between)."""
    newest = {record.session.id: record.session for record in records}
    sessions = [newest[i] for i in sorted(newest)]
    columns: Columns = {
        "id": [s.id for s in sessions],
        "account_id": [s.account for s in sessions],
        "enrolment_id": [s.enrolment for s in sessions],
        "lesson_id": [s.lesson for s in sessions],
        "device": [""] * len(sessions),
        "address_masked": [""] * len(sessions),
        "opened_at": [s.opened_ms for s in sessions],
        "last_beat_at": [s.last_ms if s.seq else None for s in sessions],
        "ended_at": [s.ended_ms if s.end_reason else None for s in sessions],
        "end_reason": [s.end_reason or None for s in sessions],
        "seq": [s.seq for s in sessions],
        "version": [s.version for s in sessions],
        "position": [s.position for s in sessions],
        "reported": [min(s.reported, MOST) for s in sessions],
        "credited": [min(s.credited, MOST) for s in sessions],
        "pending": [min(s.pending, MOST) for s in sessions],
        "withheld": [_withheld(s) for s in sessions],
        "checks_asked": [min(s.checks_asked, MOST) for s in sessions],
        "checks_answered": [min(s.checks_answered, MOST) for s in sessions],
        "checks_missed": [min(s.checks_missed, MOST) for s in sessions],
    }
    sql.upsert(STUDY_SESSION, columns, TOLD, newer=("seq", "version"))


def _withheld(s: Session) -> str:
    """As JSON. What was reported and neither credited nor pending was withheld, so mostly there is nothing to look for."""
    return "{}" if s.reported == s.credited + s.pending else msgspec.json.encode(withheld(s)).decode()
