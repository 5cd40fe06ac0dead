"""What scores cost: one outcome, one card, and the results of everybody in a programme, on SQLite and PostgreSQL.

Every learner of the invented school has credited seconds of `--lessons` lessons and three achievements. "first" writes every result,
"again" finds nothing changed, which is the usual case.

    python -m benchmarks.scores                        20,000 enrolments
    python -m benchmarks.scores --enrolments 100000
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import programmes
from benchmarks import machine
from benchmarks.flush import insert
from models import Account, Achievement, Base, Course, Coverage, Enrolment, Lesson, Organisation, Programme
from programmes import card
from programmes.evidence import Evidence, ItemEvidence, LessonEvidence, Standing, Tally
from programmes.scoring import Scorer
from server.database import make_engine
from services import results
from tests.servers import PostgresServer

NOTICE = Path(programmes.__file__).parent / "notices" / "xuchang-2022-phase2" / "programme.toml"
NOW = datetime(2022, 9, 1, tzinfo=UTC)
SLUG = "xuchang-2022-phase2"
MODULES = ("ethics", "knowledge", "ability", "technology")
PARTS = ("stories", "summary", "discussion")
SCHOOL = 400


def populate(engine: Engine, count: int, lessons: int) -> None:
    """`count` learners in schools of 400."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    account = {
        "role": "teacher", "id_kind": "resident_id", "id_envelope": b"", "first_password": "random",
        "must_change_password": False, "must_confirm_profile": False, "token_version": 1, "failed_logins": 0,
        "created_at": NOW,
    }  # fmt: skip
    enrolment = {
        "programme_id": 1, "status": "active", "enrolled_at": NOW, "credited_seconds": 0, "track": "", "exemption": "",
        "origin": "roster",
    }  # fmt: skip
    course = {"programme_slug": SLUG, "title": "", "stage": "", "subject": "", "ability": "", "dimension": ""}
    numbers = range(1, count + 1)
    with engine.begin() as connection:
        document = NOTICE.read_text(encoding="utf-8")
        connection.execute(
            sa.insert(Programme),
            {"id": 1, "slug": SLUG, "version": 1, "title": "", "document": document, "published_at": NOW},
        )
        insert(connection, Organisation, (_school(i) for i in range(1, count // SCHOOL + 2)))
        insert(connection, Course, ({**course, "id": i + 1, "code": m, "module": m} for i, m in enumerate(MODULES)))
        insert(connection, Lesson, (_lesson(i) for i in range(1, lessons + 1)))
        insert(connection, Account, ({**account, **_person(i)} for i in numbers))
        insert(
            connection,
            Enrolment,
            ({**enrolment, "id": i, "account_id": i, "school_id": i // SCHOOL + 1} for i in numbers),
        )
        insert(connection, Coverage, (_coverage(i, lesson) for i in numbers for lesson in range(1, lessons + 1)))
        history: Any = "[]" if engine.dialect.name == "postgresql" else []
        achieved = {"item": "", "at": NOW, "title": "", "dimension": "", "entered_at": NOW, "history": history}
        insert(
            connection,
            Achievement,
            ({**achieved, **_achieved(i, n), "enrolment_id": i} for i in numbers for n in range(len(PARTS))),
        )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def _school(i: int) -> dict[str, Any]:
    return {"id": i, "kind": "school", "code": f"S{i:05}", "name": f"示范第{i}小学"}


def _lesson(i: int) -> dict[str, Any]:
    return {
        "id": i, "course_id": i % 4 + 1, "code": f"l{i}", "title": "", "position": i, "duration": 2700, "media": "",
    }  # fmt: skip


def _person(i: int) -> dict[str, Any]:
    return {"id": i, "name": f"示范教师{i}", "id_index": f"{i:064}", "school_id": i // SCHOOL + 1}


def _coverage(i: int, lesson: int) -> dict[str, Any]:
    credited = (i * lesson * 7919) % 2701
    return {"enrolment_id": i, "lesson_id": lesson, "bitmap": b"\xff", "credited": credited, "updated_at": NOW}


def _achieved(i: int, n: int) -> dict[str, Any]:
    grade = ("优秀", "良好", None)[i % 3] if PARTS[n] == "summary" else None
    return {"id": i * 3 + n, "part": PARTS[n], "grade": grade, "comment": "", "recommended": False}


def work_on(engine: Engine) -> Any:
    """A unit of work as the application has it."""

    @contextmanager
    def work(*, read_only: bool = False) -> Iterator[Session]:
        with Session(engine) as session:
            session.connection(execution_options={"read_only": read_only})
            yield session
            session.commit()

    return work


def everybody(engine: Engine, count: int, lessons: int) -> dict[str, float]:
    populate(engine, count, lessons)
    found = {}
    for name in ("first", "again"):
        started = time.perf_counter()
        done = results.recompute(work_on(engine), SLUG, NOW)
        found[name] = time.perf_counter() - started
        if done.enrolments != count or done.changed != (count if name == "first" else 0):
            raise AssertionError(f"{done} of {count}")
    return found


def one() -> dict[str, float]:
    """Median microseconds of an outcome from summed seconds, of one from 80 lessons, and of a card."""
    programme = programmes.load(NOTICE.read_text(encoding="utf-8"))
    scorer = Scorer(programme)
    lessons = tuple(LessonEvidence(MODULES[i % 4], i, 2700, (i * 7919) % 2701) for i in range(80))
    items = (ItemEvidence(part="stories", at=NOW), ItemEvidence(part="summary", at=NOW, grade="良好"))
    evidence = Evidence(lessons, items)
    outcome = scorer.outcome(evidence, NOW)
    seconds = {module.key: module.seconds for module in outcome.modules}
    calls = {
        "outcome of sums": lambda: scorer.from_tally(Tally(seconds, {}), items, Standing(), NOW),
        "outcome of 80 lessons": lambda: scorer.outcome(evidence, NOW),
        "whole card": lambda: card.score(programme, evidence, NOW),
    }
    return {name: _median_us(call) for name, call in calls.items()}


def _median_us(call: Any, times: int = 300) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1e6)
    return statistics.median(taken)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scores", description=__doc__)
    parser.add_argument("--enrolments", type=int, default=20_000)
    parser.add_argument("--lessons", type=int, default=40)
    options = parser.parse_args(arguments)
    print(machine.description())
    found: dict[str, Any] = {"one": one()}
    for name, us in found["one"].items():
        print(f"  {name}: {us:.0f} µs")
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/scores.db")
        found["sqlite"] = everybody(engine, options.enrolments, options.lessons)
        engine.dispose()
    server = PostgresServer().start()
    try:
        engine = make_engine(server.create_database("scores"))
        found["postgresql"] = everybody(engine, options.enrolments, options.lessons)
        engine.dispose()
    finally:
        server.close()
    for name in ("sqlite", "postgresql"):
        for what, seconds in found[name].items():
            rate = options.enrolments / seconds
            print(f"  {name} {what}: {options.enrolments} enrolments in {seconds:.1f} s, {rate:,.0f}/s")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return found


if __name__ == "__main__":
    main()
