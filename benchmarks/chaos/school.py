"""The invented programme and its teachers, put into an empty database; and what SQL holds in the end, read without our models."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from benchmarks.chaos.ledger import Place
from benchmarks.chaos.oracle import Sql
from models import Base
from programmes import demonstration
from programmes.demonstration import Demonstration
from server import create_app, schema, settings
from server.database import make_engine
from services import catalogue, programmes
from services.tokens import AccessClaims
from tests import factories

PROGRAMME = Demonstration("chaos", "虚构项目：什么都会出错", str(Path(__file__).parent / "counting.toml"))


class Pupil(NamedTuple):
    """A teacher who is signed in."""

    account: int
    enrolment: int
    lessons: list[int]
    token: str


def found(env: Mapping[str, str], teachers: int, lessons: int, duration: int, chance: random.Random) -> list[Pupil]:
    """Make the schema, publish, enrol. `lessons` videos of `duration` seconds, to each teacher in an order of their own."""
    config, now = settings.load(env), datetime.now(UTC)
    engine = make_engine(config.database_url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        context = MigrationContext.configure(connection)
        context.stamp(ScriptDirectory(str(schema.MIGRATIONS)), "head")
    tokens = create_app(config).extensions["xueshi"].tokens
    pupils = []
    with Session(engine) as session:
        programme = programmes.publish(session, demonstration.render(PROGRAMME, 1, demonstration.local_day(now)), now)
        catalogue.import_catalogue(session, PROGRAMME.slug, _catalogue(lessons, duration))
        ids = list(session.scalars(sa.text("SELECT id FROM lesson ORDER BY id")))
        for index in range(teachers):
            account = factories.account(session)
            enrolment = factories.enrolment(session, account, programme)
            family = f"{index:032}"
            factories.refresh_token(session, account, family, now)
            token = tokens.issue_access(AccessClaims(account.id, account.token_version or 1, family), now)
            pupils.append(Pupil(account.id, enrolment.id, chance.sample(ids, len(ids)), token))
        session.commit()
    engine.dispose()
    return pupils


def _catalogue(lessons: int, duration: int) -> str:
    course = '[[courses]]\ncode = "C"\nmodule = "ethics"\ntitle = "虚构课程"\n'
    lesson = '[[courses.lessons]]\ncode = "L{0}"\ntitle = "第 {0} 课"\nduration = {1}\nmedia = "none.mp4"\n'
    return course + "".join(lesson.format(number, duration) for number in range(1, lessons + 1))


def read(url: str) -> tuple[Sql, int]:
    """What SQL holds, and the sum of what the rows of evidence call credited."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        coverage = connection.execute(sa.text("SELECT enrolment_id, lesson_id, bitmap, credited FROM coverage")).all()
        enrolments = connection.execute(sa.text("SELECT id, credited_seconds FROM enrolment")).all()
        evidence = connection.execute(sa.text("SELECT COALESCE(SUM(credited), 0) FROM study_session")).scalar_one()
    engine.dispose()
    bits: dict[Place, frozenset[int]] = {(row[0], row[1]): _bits(bytes(row[2])) for row in coverage}
    sql = Sql(bits, {(row[0], row[1]): row[3] for row in coverage}, {row[0]: row[1] for row in enrolments})
    return sql, int(evidence)


def _bits(raw: bytes) -> frozenset[int]:
    """Second s is the bit 7 − s % 8 of byte s // 8."""
    return frozenset(8 * index + bit for index, byte in enumerate(raw) for bit in range(8) if byte & (0x80 >> bit))
