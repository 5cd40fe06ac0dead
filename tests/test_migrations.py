"""The migrated schema is the models' schema, on each database."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from models import Account, Base, RefreshToken
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


@pytest.mark.parametrize("backend", ["postgresql"])
def test_log_ins_and_accounts_from_before_the_client_live_on(app_on_nothing):
    moment = datetime(2022, 8, 1)  # noqa: DTZ001  # as the column itself holds it
    with app_on_nothing.app_context():
        upgrade(revision="0004")
        with db.engine.begin() as connection:
            account, token = (
                sa.Table(name, sa.MetaData(), autoload_with=connection) for name in ("account", "refresh_token")
            )
            person = {
                "id": 7,
                "role": "teacher",
                "name": "林知远",
                "id_kind": "resident_id",
                "id_index": "x",
                "id_envelope": b"",
            }
            person |= {"first_password": "last_six", "must_change_password": False, "must_confirm_profile": False}
            person |= {"token_version": 1, "failed_logins": 0, "created_at": moment}
            connection.execute(account.insert().values(person))
            kept = {"family_id": "f", "account_id": 7, "token_hash": "h", "issued_at": moment, "expires_at": moment}
            connection.execute(token.insert().values(kept))
        upgrade()
        with db.engine.connect() as connection:
            assert connection.execute(sa.select(RefreshToken.device, RefreshToken.signed_in_at)).all() == [("", None)]
            assert connection.execute(sa.select(Account.privacy_version, Account.privacy_agreed_at)).all() == [
                (None, None)
            ]


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
