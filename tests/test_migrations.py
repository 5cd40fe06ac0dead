"""The migrated schema is the models' schema, on each database."""

import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from models import Base
from server import schema
from server.database import db

_numbers = itertools.count(1)


@pytest.fixture
def app_on_nothing(make_app, backend, database_server, tmp_path) -> Flask:
    """The application on a database without any table."""
    if backend == "sqlite":
        return make_app(database_url=f"sqlite:///{tmp_path / 'empty.db'}")
    return make_app(database_url=database_server.create_database(f"migrated_{next(_numbers)}"))


def differences() -> list:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": schema.compare_type})
        return compare_metadata(context, Base.metadata)


def test_what_is_migrated_equals_the_models(app_on_nothing):
    with app_on_nothing.app_context():
        upgrade()
        assert differences() == []


def test_every_migration_can_be_undone(app_on_nothing):
    with app_on_nothing.app_context():
        upgrade()
        downgrade(revision="base")
        assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        assert differences() == []


def test_a_database_that_is_current_is_left_alone(app_on_nothing):
    with app_on_nothing.app_context():
        upgrade()
        upgrade()
        assert differences() == []


@pytest.mark.parametrize("backend", ["mariadb"])
def test_on_mysql_big_values_microseconds_and_openids_in_either_case_fit(app_on_nothing):
    with app_on_nothing.app_context():
        upgrade()
        inspector = sa.inspect(db.engine)
        columns = {column["name"]: column["type"] for column in inspector.get_columns("coverage")}
        assert str(columns["bitmap"]) == "MEDIUMBLOB"
        assert columns["updated_at"].fsp == 6
        for table in Base.metadata.tables:
            assert inspector.get_table_options(table)["mysql_default charset"] == "utf8mb4"
            assert inspector.get_table_options(table)["mysql_collate"] == "utf8mb4_bin"


def test_migrations_stand_in_one_line():
    versions = Path(__file__).parents[1] / "migrations" / "versions"
    assert [path.name[:4] for path in sorted(versions.glob("*.py"))] == [
        f"{number:04}" for number in range(1, len(list(versions.glob("*.py"))) + 1)
    ]
