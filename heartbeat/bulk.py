"""Many rows in one statement, as each database takes them fastest: arrays on PostgreSQL, bulk parameters elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

Row = dict[str, Any]


def among(connection: Connection, columns: Sequence[sa.Column[Any]], keys: Sequence[tuple[Any, ...]]) -> Any:
    """The condition that `columns` hold one of `keys`."""
    if connection.dialect.name == "postgresql":
        arrays = [_unnested(column, [key[place] for key in keys]) for place, column in enumerate(columns)]
        return sa.tuple_(*columns).in_(sa.select(*arrays))
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(keys)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], changes: Mapping[str, Any], *, newer: Sequence[str] = ()
) -> None:
    """Insert `rows`; where a row is there already, set `changes`: column → function of (old column, new column) → value.

    With `newer`, an existing row changes only where the new row's tuple of these columns is the greater; MySQL has no such
    condition and sets columns one after another, so it asks for each column, and changes these last, the least first.
    """
    if not rows:
        return
    if connection.dialect.name in ("mysql", "mariadb"):
        insert = mysql.insert(table)
        fresh = insert.inserted
        order = [name for name in changes if name not in newer] + list(reversed(newer))
        values = {name: changes[name](table.c[name], fresh[name]) for name in order}
        if newer:
            behind = sa.tuple_(*(table.c[name] for name in newer)) < sa.tuple_(*(fresh[name] for name in newer))
            values = {name: sa.func.if_(behind, value, table.c[name]) for name, value in values.items()}
        connection.execute(insert.on_duplicate_key_update(list(values.items())), list(rows))
        return
    if connection.dialect.name == "postgresql":
        names = list(rows[0])
        arrays = [_unnested(table.c[name], [row[name] for row in rows]) for name in names]
        statement: Any = postgresql.insert(table).from_select(names, sa.select(*arrays))
    else:
        statement = sqlite.insert(table)
    fresh = statement.excluded
    behind: Any = None
    if newer:
        behind = sa.tuple_(*(table.c[name] for name in newer)) < sa.tuple_(*(fresh[name] for name in newer))
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: change(table.c[name], fresh[name]) for name, change in changes.items()},
        where=behind,
    )
    if connection.dialect.name == "postgresql":
        connection.execute(statement)
    else:
        connection.execute(statement, list(rows))


def _unnested(column: sa.Column[Any], values: list[Any]) -> Any:
    array = postgresql.ARRAY(column.type)
    return sa.func.unnest(sa.cast(sa.bindparam(None, values, array), array))
