"""Many rows in one statement, as each database takes them fastest: one JSON document on PostgreSQL, bulk parameters elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

Row = dict[str, Any]
#: From an existing row's column and the new row's to the value to keep.
Change = Callable[[Any, Any], Any]


def among(connection: Connection, columns: Sequence[sa.Column[Any]], keys: Sequence[tuple[Any, ...]]) -> Any:
    """The condition that `columns` hold one of `keys`."""
    if connection.dialect.name == "postgresql":
        rows = [{column.name: part for column, part in zip(columns, key, strict=True)} for key in keys]
        return sa.tuple_(*columns).in_(_recordset(columns, rows))
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(keys)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    changes: Mapping[str, Change],
    *,
    newer: Sequence[str] = (),
) -> None:
    """Insert `rows`; where a row is there already, set the columns of `changes`.

    With `newer`, an existing row changes only where the new row's tuple of these columns is the greater.
    """
    if not rows:
        return
    if connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(_mysql_upsert(table, changes, newer), list(rows))
    elif connection.dialect.name == "postgresql":
        columns = [table.c[name] for name in rows[0]]
        insert = postgresql.insert(table).from_select(list(rows[0]), _recordset(columns, rows))
        connection.execute(_upsert(insert, table, changes, newer))
    else:
        connection.execute(_upsert(sqlite.insert(table), table, changes, newer), list(rows))


def _upsert(insert: Any, table: Table, changes: Mapping[str, Change], newer: Sequence[str]) -> Any:
    fresh = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: change(table.c[name], fresh[name]) for name, change in changes.items()},
        where=_behind(table, fresh, newer) if newer else None,
    )


def _mysql_upsert(table: Table, changes: Mapping[str, Change], newer: Sequence[str]) -> Any:
    """MySQL has no WHERE here and sets one column after another: each column asks, those of `newer` last, the least first."""
    insert = mysql.insert(table)
    fresh = insert.inserted
    order = [name for name in changes if name not in newer] + list(reversed(newer))
    values = [(name, changes[name](table.c[name], fresh[name])) for name in order]
    if newer:
        behind = _behind(table, fresh, newer)
        values = [(name, sa.func.if_(behind, value, table.c[name])) for name, value in values]
    return insert.on_duplicate_key_update(values)


def _behind(table: Table, fresh: Any, newer: Sequence[str]) -> Any:
    return sa.tuple_(*(table.c[name] for name in newer)) < sa.tuple_(*(fresh[name] for name in newer))


def _recordset(columns: Sequence[sa.Column[Any]], rows: Sequence[Row]) -> Any:
    """SELECT the rows from one JSON document: a thousand rows are one parameter, and the statement's text stays the same."""
    document = sa.cast(sa.literal(msgspec.json.encode(rows).decode(), sa.Text()), sa.JSON())
    fields = [sa.column(c.name, sa.Text() if _is_bytes(c) else c.type) for c in columns]
    table = sa.func.json_to_recordset(document).table_valued(*fields).render_derived(name="r", with_types=True)
    # JSON has no bytes: they travel as base64.
    return sa.select(*(sa.func.decode(table.c[c.name], "base64") if _is_bytes(c) else table.c[c.name] for c in columns))


def _is_bytes(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.LargeBinary)
