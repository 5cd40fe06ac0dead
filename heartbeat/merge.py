"""What the flusher does in SQL: merge records into coverage, days, sessions and totals. Idempotent and commutative.

One lock guards all of an enrolment: its row. Whoever holds it may read and write the enrolment's coverage, and sees what the
holder before committed. Coverage merges by OR, a day by the greater, a session keeps the row with the higher (seq, version),
and the enrolment's total is the sum of its coverage, worked out anew.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

from heartbeat import bitmap
from heartbeat.bulk import Row, among, upsert
from heartbeat.intake import EPOCH, withheld
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


def replaced(_old: Any, new: Any) -> Any:
    return new


def merge(connection: Connection, records: Sequence[Record], now: datetime) -> None:
    """Bring SQL up to these records, within the caller's transaction. An enrolment that is not there raises IntegrityError."""
    enrolments = sorted({(record.session.enrolment,) for record in records})
    of_these = among(connection, [ENROLMENT.c.id], enrolments)
    connection.execute(
        sa.select(ENROLMENT.c.id).where(of_these).order_by(ENROLMENT.c.id).with_for_update(key_share=True)
    )
    if _merge_coverage(connection, records, now):
        total = sa.select(sa.func.coalesce(sa.func.sum(COVERAGE.c.credited), 0))
        total = total.where(COVERAGE.c.enrolment_id == ENROLMENT.c.id)
        connection.execute(sa.update(ENROLMENT).where(of_these).values(credited_seconds=total.scalar_subquery()))
    _merge_days(connection, records)
    _merge_sessions(connection, records)


def _merge_coverage(connection: Connection, records: Sequence[Record], now: datetime) -> bool:
    """Returns whether any changed."""
    bits: dict[tuple[int, int], bytes] = {}
    for record in records:
        key = (record.session.enrolment, record.session.lesson)
        bits[key] = bitmap.union(bits.get(key, b""), record.coverage)
    key_columns = [COVERAGE.c.enrolment_id, COVERAGE.c.lesson_id]
    known = sa.select(*key_columns, COVERAGE.c.bitmap).where(among(connection, key_columns, list(bits)))
    held = {(row.enrolment_id, row.lesson_id): row.bitmap for row in connection.execute(known)}
    rows: list[Row] = []
    for key, found in sorted(bits.items()):
        merged = bitmap.union(held.get(key, b""), found)
        if merged != held.get(key):
            rows.append(
                {
                    "enrolment_id": key[0],
                    "lesson_id": key[1],
                    "bitmap": merged,
                    "credited": bitmap.count(merged),
                    "updated_at": now,
                }
            )
    upsert(connection, COVERAGE, rows, dict.fromkeys(("bitmap", "credited", "updated_at"), replaced))
    return bool(rows)


def _merge_days(connection: Connection, records: Sequence[Record]) -> None:
    tallies: dict[tuple[int, int], int] = {}
    for record in records:
        for day, seconds in record.days.items():
            key = (record.session.enrolment, day)
            tallies[key] = max(tallies.get(key, 0), seconds)
    rows: list[Row] = [
        {"enrolment_id": enrolment, "day": date(day // 10_000, day // 100 % 100, day % 100), "credited": seconds}
        for (enrolment, day), seconds in sorted(tallies.items())
    ]
    greatest = sa.func.max if connection.dialect.name == "sqlite" else sa.func.greatest
    upsert(connection, STUDY_DAY, rows, {"credited": greatest})


def _merge_sessions(connection: Connection, records: Sequence[Record]) -> None:
    newest = {record.session.id: record.session for record in records}
    rows = [_session_row(session) for _, session in sorted(newest.items())]
    upsert(connection, STUDY_SESSION, rows, dict.fromkeys(TOLD, replaced), newer=("seq", "version"))


def _session_row(s: Session) -> Row:
    """Device and address stay empty where the opening never reached SQL (its node died in between)."""
    return {
        "id": s.id,
        "account_id": s.account,
        "enrolment_id": s.enrolment,
        "lesson_id": s.lesson,
        "device": "",
        "address_masked": "",
        "opened_at": _moment(s.opened_ms),
        "last_beat_at": _moment(s.last_ms) if s.seq else None,
        "ended_at": _moment(s.ended_ms) if s.end_reason else None,
        "end_reason": s.end_reason or None,
        "seq": s.seq,
        "version": s.version,
        "position": s.position,
        "reported": s.reported,
        "credited": s.credited,
        "pending": s.pending,
        "withheld": withheld(s),
        "checks_asked": s.checks_asked,
        "checks_answered": s.checks_answered,
        "checks_missed": s.checks_missed,
    }


def _moment(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)
