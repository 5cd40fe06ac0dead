"""Engines tuned for each database, and the Flask-SQLAlchemy extension over our metadata."""

from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

from models import Base

db = SQLAlchemy(model_class=Base)
#: Enough connections for every thread, and no long wait for one: beats share the threads, and need no SQL.
POOL: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 16, "max_overflow": 8, "pool_timeout": 3}
#: How each connection to SQLite is set: what is committed stays, whatever fails.
SQLITE = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")


def engine_options(url: str) -> dict[str, Any]:
    """Keyword arguments of create_engine for this database. An error never shows its parameters: they are people's data."""
    backend = sa.make_url(url).get_backend_name()
    quiet: dict[str, Any] = {"hide_parameters": True}
    if backend == "sqlite":
        return quiet | {"connect_args": {"timeout": 10}}
    shared = quiet | POOL | {"connect_args": {"connect_timeout": 3}}
    if backend in ("mysql", "mariadb"):
        # READ COMMITTED keeps InnoDB from locking gaps that two flushers would deadlock on.
        return shared | {"isolation_level": "READ COMMITTED"}
    return shared


def tune(engine: Engine) -> Engine:
    """On SQLite: write-ahead log, foreign keys, and transactions that take the write lock at once instead of failing half-way."""
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we write BEGIN ourselves
        for pragma in SQLITE:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def make_engine(url: str) -> Engine:
    return tune(sa.create_engine(url, **engine_options(url)))
