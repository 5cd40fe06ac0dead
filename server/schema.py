"""The schema and its migrations: how they are written and compared, and whether a database is current."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp, DropTableOp, MigrationScript, ModifyTableOps
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import mysql

from models import types

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@cache
def newest() -> str | None:
    """The revision that a current database has. Files do not change while we run."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def is_current(connection: sa.Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() == newest()


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Name our own column types in a migration, so that one file is right on each database."""
    if kind == "type":
        for name in ("BigId", "Bytes"):
            if repr(item) == repr(getattr(types, name)):
                return f"types.{name}"
        if isinstance(item, types.UtcDateTime):
            return "types.UtcDateTime()"
    return False


def compare_type(context: Any, _column: Any, _inspected: Any, inspected_type: Any, wanted: Any) -> bool | None:
    """Whether a column's type has changed; None leaves the judgement to alembic."""
    if context.dialect.name in ("mysql", "mariadb") and isinstance(wanted, (sa.JSON, sa.Text)):
        # MariaDB's JSON is LONGTEXT by another name, and TEXT(n) becomes the smallest kind that holds n.
        return not isinstance(inspected_type, (mysql.JSON, mysql.TEXT, mysql.MEDIUMTEXT, mysql.LONGTEXT))
    return None


def improve(scripts: list[MigrationScript]) -> None:
    """Tables are utf8mb4 on MySQL and compared byte by byte; a dropped table's indexes go with it."""
    upgrade, downgrade = scripts[0].upgrade_ops, scripts[0].downgrade_ops
    if upgrade is None or downgrade is None:
        return
    for operation in upgrade.ops:
        if isinstance(operation, CreateTableOp):
            operation.kw.update(mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin")
    dropped = {operation.table_name for operation in downgrade.ops if isinstance(operation, DropTableOp)}
    downgrade.ops = [
        operation
        for operation in downgrade.ops
        if not (isinstance(operation, ModifyTableOps) and operation.table_name in dropped)
    ]
