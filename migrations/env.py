"""How migrations run and are written; `flask db` comes here. See README.md beside this file."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.operations.ops import MigrationScript
from flask import current_app

from models import Base
from server import schema


def finish(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:
    schema.improve(scripts)
    operations = scripts[0].upgrade_ops
    if operations is not None and operations.is_empty() and getattr(context.config.cmd_opts, "autogenerate", False):
        scripts[:] = []  # no changes, no file


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=schema.render_item,
        compare_type=schema.compare_type,
        process_revision_directives=finish,
        render_as_batch=True,  # SQLite cannot alter a column: the table is written anew
        transactional_ddl=connection.dialect.name not in ("mysql", "mariadb"),
    )
    with context.begin_transaction():
        context.run_migrations()


def foreign_keys(connection: sa.Connection, state: str) -> None:
    """Writing a SQLite table anew would trip over its foreign keys; the pragma has no effect within a transaction."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.cursor().execute(f"PRAGMA foreign_keys={state}")


with current_app.extensions["migrate"].db.engine.connect() as opened:
    foreign_keys(opened, "OFF")
    try:
        run(opened)
        opened.commit()
    finally:
        opened.rollback()
        foreign_keys(opened, "ON")
