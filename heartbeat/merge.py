"""What the flusher does in SQL: merge records into coverage, days, sessions and totals. Idempotent and commutative.

The same four steps for each table: lock the rows, insert what is missing, work out what they should hold, write what differs.
Coverage merges by OR, a day by the greater, a session keeps the row with the higher (seq, version), and an enrolment's total
moves with its coverage in the same transaction. All locks are taken in one order, so that flushers cannot deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

from heartbeat import bitmap
from heartbeat.intake import EPOCH, withheld
from heartbeat.state import Session
from heartbeat.store import Record
from models import Coverage, Enrolment, StudyDay, StudySession

COVERAGE = cast("Table", Coverage.__table__)
STUDY_DAY = cast("Table", StudyDay.__table__)
STUDY_SESSION = cast("Table", StudySession.__table__)
ENROLMENT = cast("Table", Enrolment.__table__)

Row = dict[str, Any]


def merge(connection: Connection, records: Sequence[Record], now: datetime) -> None:
    """Bring SQL up to these records, within the caller's transaction."""
    gained = _merge_coverage(connection, records, now)
    _merge_days(connection, records)
    _merge_sessions(connection, records)
    totals = [{"of": key, "gained": seconds} for key, seconds in sorted(gained.items()) if seconds]
    if totals:
        connection.execute(
            sa.update(ENROLMENT)
            .where(ENROLMENT.c.id == sa.bindparam("of"))
            .values(credited_seconds=ENROLMENT.c.credited_seconds + sa.bindparam("gained")),
            totals,
        )


def _merge_coverage(connection: Connection, records: Sequence[Record], now: datetime) -> dict[int, int]:
    """Returns the seconds that each enrolment gained."""
    bits: dict[tuple[Any, ...], bytes] = {}
    for record in records:
        key = (record.session.enrolment, record.session.lesson)
        bits[key] = bitmap.union(bits.get(key, b""), record.coverage)
    blank = {"bitmap": b"", "credited": 0, "updated_at": now}
    held = _lock(connection, COVERAGE, bits, lambda _key: blank)
    changed, gained = [], dict[int, int]()
    for key, row in held.items():
        merged = bitmap.union(row["bitmap"], bits[key])
        if merged != row["bitmap"]:
            credited = bitmap.count(merged)
            changed.append(row | {"bitmap": merged, "credited": credited, "updated_at": now})
            gained[key[0]] = gained.get(key[0], 0) + credited - row["credited"]
    _write(connection, COVERAGE, changed)
    return gained


def _merge_days(connection: Connection, records: Sequence[Record]) -> None:
    tallies: dict[tuple[Any, ...], int] = {}
    for record in records:
        for day, seconds in record.days.items():
            key = (record.session.enrolment, date(day // 10_000, day // 100 % 100, day % 100))
            tallies[key] = max(tallies.get(key, 0), seconds)
    held = _lock(connection, STUDY_DAY, tallies, lambda _key: {"credited": 0})
    _write(
        connection,
        STUDY_DAY,
        [row | {"credited": tallies[key]} for key, row in held.items() if tallies[key] > row["credited"]],
    )


def _merge_sessions(connection: Connection, records: Sequence[Record]) -> None:
    newest: dict[tuple[Any, ...], Session] = {}
    for record in records:
        newest[record.session.id,] = record.session
    held = _lock(connection, STUDY_SESSION, newest, lambda key: _blank_session(newest[key]))
    _write(
        connection,
        STUDY_SESSION,
        [
            row | _session_row(newest[key])
            for key, row in held.items()
            if (row["seq"], row["version"]) < (newest[key].seq, newest[key].version)
        ],
    )


def _blank_session(s: Session) -> Row:
    """For a session whose opening never reached SQL (its node died in between): device and address are not known here."""
    return {
        "account_id": s.account,
        "enrolment_id": s.enrolment,
        "lesson_id": s.lesson,
        "device": "",
        "address_masked": "",
        "opened_at": _moment(s.opened_ms),
        "withheld": {},
    } | dict.fromkeys(("seq", "version", "position", "reported", "credited", "pending"), 0) | dict.fromkeys(
        ("checks_asked", "checks_answered", "checks_missed"), 0
    )  # fmt: skip


def _session_row(s: Session) -> Row:
    return {
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
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(UTC)


def _lock(
    connection: Connection, table: Table, wanted: Mapping[tuple[Any, ...], Any], blank: Any
) -> dict[tuple[Any, ...], Row]:
    """The rows of these keys, locked in key order; those that were missing are inserted blank first."""
    keys = sorted(wanted)
    held = _select(connection, table, keys)
    missing = [key for key in keys if key not in held]
    if missing:
        columns = [column.name for column in table.primary_key]
        rows = [dict(zip(columns, key, strict=True)) | blank(key) for key in missing]
        connection.execute(_insert_or_ignore(connection, table), rows)
        held |= _select(connection, table, missing)
    return held


def _select(connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
    if not keys:
        return {}
    primary = list(table.primary_key)
    chosen = sa.tuple_(*primary).in_(keys) if len(primary) > 1 else primary[0].in_([key[0] for key in keys])
    rows = connection.execute(sa.select(table).where(chosen).order_by(*primary).with_for_update())
    return {tuple(row[column.name] for column in primary): dict(row) for row in rows.mappings()}


def _insert_or_ignore(connection: Connection, table: Table) -> Any:
    if connection.dialect.name in ("mysql", "mariadb"):
        # Not INSERT IGNORE: that would also swallow a foreign key that does not hold, and the record with it.
        insert = mysql.insert(table)
        same = next(iter(table.primary_key)).name
        return insert.on_duplicate_key_update({same: insert.inserted[same]})
    return _insert(connection)(table).on_conflict_do_nothing()


def _write(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Write whole rows over rows that are locked: an upsert is what every driver sends in bulk."""
    rows = list(rows)
    if not rows:
        return
    kept = [column.name for column in table.columns if not column.primary_key]
    if connection.dialect.name in ("mysql", "mariadb"):
        upsert = mysql.insert(table)
        upsert = upsert.on_duplicate_key_update({name: upsert.inserted[name] for name in kept})
        connection.execute(upsert, rows)
        return
    insert = _insert(connection)(table)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={name: insert.excluded[name] for name in kept}
        ),
        rows,
    )


def _insert(connection: Connection) -> Any:
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
