"""Many rows in one statement, as each database takes them fastest: arrays on PostgreSQL, bulk parameters elsewhere.

Rows come as columns, `{name: values}`, all equally long. Values are plain: numbers, text, bytes, None; a moment is milliseconds since
the epoch, a day yyyymmdd, JSON its text. One that does not fit its column raises SQLAlchemy's DataError, as the database would.
"""

# ruff: noqa: S608 — what stands in a statement are names of our tables and columns; values travel as parameters.

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError
from sqlalchemy.schema import Table

from models.types import UtcDateTime

Columns = Mapping[str, Sequence[Any]]
Names = tuple[str, ...]


class Bulk(ABC):
    """On one connection, within its transaction. `columns` hold the table's whole primary key and what the verb needs beside."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def lock(self, table: Table, ids: Sequence[int]) -> None:
        """Lock the rows of these sorted ids, in this order, until the transaction ends."""

    @abstractmethod
    def find(self, table: Table, keys: Columns, wanted: Names) -> Iterable[Sequence[Any]]:
        """The primary key and the `wanted` columns of those rows that are there."""

    @abstractmethod
    def add(self, table: Table, columns: Columns) -> None:
        """Add to the columns beside the key, in rows that are there."""

    @abstractmethod
    def upsert(self, table: Table, columns: Columns, told: Names, newer: Names = ()) -> None:
        """Insert rows; where one is there already, set its `told` columns.

        With `newer`, it changes only where the new row's tuple of these columns is the greater.
        """


def bulk(connection: Connection) -> Bulk:
    kinds: dict[str, type[Bulk]] = {"postgresql": PostgreSQL, "sqlite": SQLite}
    return kinds.get(connection.dialect.name, MySQL)(connection)


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _same(table: Table) -> str:
    """That row t is the one that n names."""
    return " AND ".join(f"t.{column.name} = n.{column.name}" for column in table.primary_key)


def _set(names: Iterable[str], source: str) -> str:
    return ", ".join(f"{name} = {source.format(name)}" for name in names)


def _behind(newer: Names, old: str, new: str) -> str:
    return f"({', '.join(old.format(name) for name in newer)}) < ({', '.join(new.format(name) for name in newer)})"


def _beside_key(table: Table, columns: Columns) -> list[str]:
    return [name for name in columns if name not in table.primary_key.columns]


def _refused(error: Exception) -> DataError:
    return DataError("a value does not fit its column", None, error)


# PostgreSQL ------------------------------------------------------------------------------------------------------------


class PostgreSQL(Bulk):
    """A column is one array parameter in binary form: nothing is parsed, and a statement's text stays the same and prepared."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        driver: Any = connection.connection.driver_connection
        driver.adapters.register_dumper(_Array, _ArrayDumper)

    def lock(self, table: Table, ids: Sequence[int]) -> None:
        rows = f"SELECT 1 FROM {table.name} WHERE id = ANY (%(id)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
        self._run(f"SELECT count(*) FROM ({rows}) AS locked", table, {"id": ids})

    def find(self, table: Table, keys: Columns, wanted: Names) -> Iterable[Sequence[Any]]:
        names = ", ".join(f"t.{name}" for name in (*keys, *wanted))
        joined = f"{_unnest(table, tuple(keys))} JOIN {table.name} t ON {_same(table)}"
        found: Sequence[Sequence[Any]] = self._run(f"SELECT {names} FROM {joined}", table, keys).fetchall()
        return found

    def add(self, table: Table, columns: Columns) -> None:
        added = _set(_beside_key(table, columns), "t.{0} + n.{0}")
        source = _unnest(table, tuple(columns))
        self._run(f"UPDATE {table.name} t SET {added} FROM {source} WHERE {_same(table)}", table, columns)

    def upsert(self, table: Table, columns: Columns, told: Names, newer: Names = ()) -> None:
        self._run(_postgresql_upsert(table, tuple(columns), told, newer), table, columns)

    def _run(self, statement: str, table: Table, columns: Columns) -> Any:
        try:
            arrays = {name: _Array(_array(_kind(table, name), values)) for name, values in columns.items()}
        except (struct.error, ValueError) as error:
            raise _refused(error) from error
        return self.connection.exec_driver_sql(statement, arrays)


@cache
def _postgresql_upsert(table: Table, names: Names, told: Names, newer: Names) -> str:
    """Nearly all rows are there, and an UPDATE costs less than an INSERT that turns into one. What was not updated is inserted.

    Where a row appears meanwhile (a session's, when it is opened), the insert still turns into an update.
    """
    listed = ", ".join(names)
    behind = _behind(newer, "t.{}", "n.{}") if newer else "true"
    also_behind = _behind(newer, "t.{}", "excluded.{}") if newer else "true"
    key = ", ".join(column.name for column in table.primary_key)
    return (
        f"WITH n AS MATERIALIZED (SELECT * FROM {_unnest(table, names, 'place')}), "
        f"changed AS (UPDATE {table.name} t SET {_set(told, 'n.{}')} FROM n WHERE {_same(table)} AND {behind} RETURNING n.place) "
        f"INSERT INTO {table.name} AS t ({listed}) SELECT {listed} FROM n WHERE place NOT IN (SELECT place FROM changed) "
        f"ON CONFLICT ({key}) DO UPDATE SET {_set(told, 'excluded.{}')} WHERE {also_behind}"
    )


def _unnest(table: Table, names: Names, ordinal: str = "") -> str:
    """The rows as a table n; `ordinal` names a column that numbers them."""
    arrays = ", ".join(f"%({name})s::{_kind(table, name)}[]" for name in names)
    columns = ", ".join((*names, ordinal) if ordinal else names)
    return f"unnest({arrays}) {'WITH ORDINALITY ' if ordinal else ''}AS n({columns})"


@cache
def _kind(table: Table, name: str) -> str:
    """A column's type as PostgreSQL writes it."""
    kind = table.c[name].type
    for of, written in (
        (UtcDateTime, "timestamp"), (sa.LargeBinary, "bytea"), (sa.BigInteger, "bigint"), (sa.Integer, "integer"),
        (sa.Date, "date"), (sa.JSON, "json"), (sa.String, "text"),
    ):  # fmt: skip
        if isinstance(kind, of):
            return written
    raise NotImplementedError(str(kind))


class _Array(bytes):
    """An array in PostgreSQL's binary form."""


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


#: PostgreSQL counts from 2000-01-01.
_MS_BEFORE_2000 = 946_684_800_000
_DAYS_BEFORE_2000 = date(2000, 1, 1).toordinal()


@cache
def _day_number(yyyymmdd: int) -> int:
    return date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100).toordinal() - _DAYS_BEFORE_2000


#: By type: its OID, how a value is packed (none: it is bytes already), and what is packed.
_FORMS: dict[str, tuple[int, str, Callable[[Any], Any] | None]] = {
    "bigint": (20, "q", None),
    "integer": (23, "i", None),
    "timestamp": (1114, "q", lambda ms: (ms - _MS_BEFORE_2000) * 1000),
    "date": (1082, "i", _day_number),
    "bytea": (17, "", None),
    "text": (25, "", str.encode),
    "json": (114, "", str.encode),
}


def _array(kind: str, values: Sequence[Any]) -> bytes:
    """Header; then each value with its length before it, or -1 for none."""
    oid, code, form = _FORMS[kind]
    has_none = None in values
    header = struct.pack(">iiiii", 1, has_none, oid, len(values), 1)
    if form:
        values = [None if value is None else form(value) for value in values]
    if code and not has_none:
        flat = [struct.calcsize(code)] * (2 * len(values))
        flat[1::2] = values
        return header + struct.pack(f">{f'i{code}' * len(values)}", *flat)
    packed = [value if value is None or not code else struct.pack(f">{code}", value) for value in values]
    return header + b"".join([b"\xff\xff\xff\xff" if v is None else len(v).to_bytes(4, "big") + v for v in packed])


# The others ------------------------------------------------------------------------------------------------------------


class _Rows(Bulk):
    """One statement is prepared, or written out, for many rows of parameters."""

    def _many(self, statement: str, table: Table, columns: Columns) -> None:
        try:
            values = [_written(_kind(table, name), column) for name, column in columns.items()]
        except (OverflowError, ValueError) as error:
            raise _refused(error) from error
        self.connection.exec_driver_sql(statement, list(zip(*values, strict=True)))


def _written(kind: str, values: Sequence[Any]) -> Sequence[Any]:
    if kind == "timestamp":
        return [
            None if ms is None else (_EPOCH + timedelta(milliseconds=ms)).isoformat(" ", "microseconds")
            for ms in values
        ]
    if kind == "date":
        return [date.fromordinal(_day_number(day) + _DAYS_BEFORE_2000).isoformat() for day in values]
    return values


_EPOCH = datetime.fromisoformat("1970-01-01")


def _document(columns: Columns) -> str:
    """Rows of numbers as a JSON array of arrays."""
    return msgspec.json.encode(list(zip(*columns.values(), strict=True))).decode()


class SQLite(_Rows):
    def lock(self, table: Table, ids: Sequence[int]) -> None:
        """A transaction has the whole database (server.database.tune)."""

    def find(self, table: Table, keys: Columns, wanted: Names) -> Iterable[Sequence[Any]]:
        names = ", ".join(f"t.{name}" for name in (*keys, *wanted))
        same = " AND ".join(f"t.{name} = json_extract(n.value, '$[{place}]')" for place, name in enumerate(keys))
        statement = f"SELECT {names} FROM json_each(?) n CROSS JOIN {table.name} t ON {same}"
        return self.connection.exec_driver_sql(statement, (_document(keys),)).fetchall()

    def add(self, table: Table, columns: Columns) -> None:
        added = _set(_beside_key(table, columns), "{0} + :{0}")
        here = " AND ".join(f"{column.name} = :{column.name}" for column in table.primary_key)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        self.connection.execute(sa.text(f"UPDATE {table.name} SET {added} WHERE {here}"), rows)

    def upsert(self, table: Table, columns: Columns, told: Names, newer: Names = ()) -> None:
        key = ", ".join(column.name for column in table.primary_key)
        behind = _behind(newer, f"{table.name}.{{}}", "excluded.{}") if newer else "true"
        statement = (
            f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
            f"ON CONFLICT ({key}) DO UPDATE SET {_set(told, 'excluded.{}')} WHERE {behind}"
        )
        self._many(statement, table, columns)


class MySQL(_Rows):
    """And MariaDB."""

    def lock(self, table: Table, ids: Sequence[int]) -> None:
        rows = sa.select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
        self.connection.execute(rows.with_for_update())

    def find(self, table: Table, keys: Columns, wanted: Names) -> Iterable[Sequence[Any]]:
        names = ", ".join(f"t.{name}" for name in (*keys, *wanted))
        statement = f"SELECT {names} FROM {_json_table(keys)} JOIN {table.name} t ON {_same(table)}"
        return self.connection.exec_driver_sql(statement, (_document(keys),)).fetchall()

    def add(self, table: Table, columns: Columns) -> None:
        added = ", ".join(f"t.{name} = t.{name} + n.{name}" for name in _beside_key(table, columns))
        statement = f"UPDATE {table.name} t JOIN {_json_table(columns)} ON {_same(table)} SET {added}"
        self.connection.exec_driver_sql(statement, (_document(columns),))

    def upsert(self, table: Table, columns: Columns, told: Names, newer: Names = ()) -> None:
        """There is no WHERE here, and one column is set after another: each asks, those of `newer` last, the least first."""
        behind = _behind(newer, "{}", "VALUES({})") if newer else "true"
        order = [name for name in told if name not in newer] + [name for name in reversed(newer) if name in told]
        taken = _set(order, f"IF({behind}, VALUES({{0}}), {{0}})")
        holes = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({holes}) ON DUPLICATE KEY UPDATE {taken}"
        self._many(statement, table, columns)


def _json_table(columns: Columns) -> str:
    """Rows of numbers as a table n (MySQL 8.0.4, MariaDB 10.6)."""
    paths = ", ".join(f"{name} BIGINT PATH '$[{place}]'" for place, name in enumerate(columns))
    return f"JSON_TABLE(%s, '$[*]' COLUMNS ({paths})) n"
