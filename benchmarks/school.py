"""Invented teachers in PostgreSQL, hundreds of thousands in seconds: enrolled in the demonstration, with one lesson of LESSON seconds.

Account n has enrolment n, as in benchmarks.crowd.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from benchmarks.crowd import LESSON
from models import Base
from programmes import Programme, demonstration
from server import schema
from services import catalogue, programmes

_CATALOGUE = f"""
[[courses]]
code = "C"
module = "ethics"
title = "虚构课程"
[[courses.lessons]]
code = "L"
title = "虚构课时"
duration = {LESSON}
media = "none.mp4"
"""


class School(NamedTuple):
    programme: Programme
    lesson: int


def found(engine: Engine, teachers: int, now: datetime) -> School:
    """The schema, the programme with its lesson, and so many teachers who signed in (family `family(n)`) and chose its course."""
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        MigrationContext.configure(connection).stamp(ScriptDirectory(str(schema.MIGRATIONS)), "head")
    which = demonstration.DEMONSTRATIONS[0]
    with Session(engine) as session, session.begin():
        row = programmes.publish(session, demonstration.render(which, 1, demonstration.local_day(now)), now)
        catalogue.import_catalogue(session, which.slug, _CATALOGUE)
        course, lesson = session.execute(sa.text("SELECT course_id, id FROM lesson")).one()
        programme_id = row.id
    with engine.begin() as connection:
        _fill(connection, "account", teachers, now, id="n", role="'teacher'", name="'虚构'", id_kind="'resident_id'",
              id_index="lpad(n::text, 64, '0')", id_envelope="''", first_password="'random'", must_change_password="false",
              must_confirm_profile="false", token_version="1", failed_logins="0", created_at=":now")  # fmt: skip
        _fill(connection, "enrolment", teachers, now, id="n", account_id="n", programme_id=str(programme_id),
              status="'active'", enrolled_at=":now", credited_seconds="0")  # fmt: skip
        _fill(connection, "course_choice", teachers, now, enrolment_id="n", course_id=str(course), chosen_at=":now")
        _fill(connection, "refresh_token", teachers, now, id="n", family_id="lpad(n::text, 32, '0')", account_id="n",
              token_hash="lpad(n::text, 64, '0')", issued_at=":now", expires_at=":later")  # fmt: skip
    with Session(engine) as session:
        return School(programmes.get(session, programme_id), lesson)


def family(account: int) -> str:
    return f"{account:032}"


def open_rows(engine: Engine, school: School, teachers: int, now: datetime) -> None:
    """The row that POST /v1/study/sessions writes, for the session benchmarks.crowd.place(n) of each teacher."""
    with engine.begin() as connection:
        _fill(connection, "study_session", teachers, now,
              id=f"lpad(to_hex({school.lesson}), 8, '0') || lpad(to_hex(n), 16, '0')", account_id="n", enrolment_id="n",
              lesson_id=str(school.lesson), device="'bench'", address_masked="'127.0.0.*'", opened_at=":now", seq="0",
              version="0", position="0", reported="0", credited="0", pending="0", withheld="'{}'", checks_asked="0",
              checks_answered="0", checks_missed="0")  # fmt: skip


def settle(engine: Engine) -> None:
    """As a database stands that has been running for a while: tables known to the planner, nothing left to write out."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
        connection.execute(sa.text("CHECKPOINT"))


def _fill(connection: Connection, table: str, rows: int, now: datetime, **columns: str) -> None:
    """Rows for n = 1 … `rows`; each column by an SQL expression."""
    insert = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
    given = {"rows": rows, "now": now.replace(tzinfo=None), "later": now.replace(tzinfo=None) + timedelta(days=30)}
    statement = sa.text(f"{insert} FROM generate_series(1, :rows) AS n")
    names = statement.compile().params
    connection.execute(statement, {name: value for name, value in given.items() if name in names})
