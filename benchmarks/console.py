"""What the staff's console costs with a city in it: searches, dashboards, a timeline, lists, and counting, on PostgreSQL.

An invented city of 20 counties and a school for every 500 teachers, each enrolled, with two study sessions, two lessons watched, a result
and three sign-ins; sixty daily snapshots. Requests go through the application's test client, audit log and all, one after the other, so
that the figures are those of one request on this machine. Each request asks for somebody else, or for another school.

    python -m benchmarks.console                          1,000,000 enrolments
    python -m benchmarks.console --enrolments 200000
    python -m benchmarks.console --quick                  whether it works; no figures are kept
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from benchmarks.flush import insert
from benchmarks.scores import NOTICE, SLUG
from console.access import TOKEN
from models import Account, Appointment, Base, Course, Lesson, Organisation, Programme
from server import create_app
from server.database import make_engine
from server.settings import Settings
from services import id_numbers, staff_sessions
from services.vault import Vault
from services.watching import tallies
from tests.factories import resident_id
from tests.servers import PostgresServer, RedisServer

NOW = datetime(2022, 9, 1, 4, tzinfo=UTC)
COUNTIES, PER_SCHOOL, FIRST_SCHOOL = 20, 500, 22
KEY = b"a key for the benchmark alone..!"
VAULT = Vault(KEY, {"bench": KEY})
#: What a request may take at most, ms (median and 95 in a hundred are told beside it).
GOALS = {
    "search by number": 100,
    "search by mobile": 100,
    "search by name": 100,
    "county dashboard": 300,
    "city dashboard": 300,
    "school dashboard": 300,
    "timeline": 200,
    "live view": 100,
}
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国红梅志文斌玲"


def name_of(i: int) -> str:
    """Twenty thousand names in all."""
    return _SURNAMES[i % 20] + _GIVEN[i // 20 % 32] + _GIVEN[i // 640 % 32]


def number_of(i: int) -> str:
    return resident_id(i % 999 + 1, date(1960, 1, 1) + timedelta(days=i // 999))


def mobile_of(i: int) -> str:
    return f"199{i:08}"


def populate(engine: Engine, count: int) -> int:
    """The city; returns how many schools it has."""
    schools = max(2, count // PER_SCHOOL // COUNTIES) * COUNTIES
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text("SET LOCAL session_replication_role = replica")
        )  # no look at foreign keys row by row
        connection.execute(
            sa.insert(Programme),
            {
                "id": 1,
                "slug": SLUG,
                "version": 1,
                "title": "虚构项目",
                "document": NOTICE.read_text("utf-8"),
                "published_at": NOW,
            },
        )
        insert(connection, Organisation, _units(schools))
        course = {
            "programme_slug": SLUG,
            "title": "虚构课程",
            "stage": "",
            "subject": "",
            "ability": "",
            "dimension": "",
        }
        insert(connection, Course, iter([{**course, "id": 1, "code": "c1", "module": "ethics"}]))
        lesson = {"course_id": 1, "title": "虚构课时", "duration": 2700, "media": ""}
        insert(connection, Lesson, ({**lesson, "id": i, "code": f"l{i}", "position": i} for i in (1, 2)))
        insert(connection, Account, (_person(i, schools) for i in range(1, count + 1)))
        given = {"count": count, "schools": schools, "now": NOW.replace(tzinfo=None)}
        for statement in _ROWS:
            connection.execute(sa.text(statement), given)
        _number_on(connection, Base.metadata.tables["account"])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    return schools


def _units(schools: int) -> Iterator[dict[str, Any]]:
    yield {"id": 1, "kind": "city", "code": "9999", "name": "虚构市", "parent_id": None}
    for i in range(COUNTIES):
        yield {"id": 2 + i, "kind": "county", "code": f"9999{i:02}", "name": f"虚构{i + 1}县", "parent_id": 1}
    for i in range(schools):
        yield {
            "id": FIRST_SCHOOL + i,
            "kind": "school",
            "code": f"S{i:05}",
            "name": f"虚构第{i + 1}小学",
            "parent_id": 2 + i % COUNTIES,
        }


def _person(i: int, schools: int) -> dict[str, Any]:
    number, mobile = number_of(i), mobile_of(i)
    return {
        "id": i, "role": "teacher", "name": name_of(i), "id_kind": "resident_id",
        "id_index": VAULT.index(id_numbers.parse(number)), "id_envelope": VAULT.seal(number, i),
        "mobile_envelope": VAULT.seal(mobile, i), "mobile_index": VAULT.fingerprint("mobile", mobile),
        "school_id": FIRST_SCHOOL + i % schools, "stage": "小学", "subject": "语文", "first_password": "random",
        "must_change_password": False, "must_confirm_profile": False, "token_version": 1, "failed_logins": 0,
        "created_at": NOW, "last_login_at": NOW.replace(tzinfo=None) if i % 5 else None,
    }  # fmt: skip


_EACH = "FROM generate_series(1, :count) AS i"
_ROWS = (
    f"""INSERT INTO enrolment (id, account_id, programme_id, school_id, track, status, exemption, enrolled_at, credited_seconds)
        SELECT i, i, 1, {FIRST_SCHOOL} + i % :schools, '', CASE WHEN i % 50 = 0 THEN 'exempt' ELSE 'active' END, '', :now,
        CASE WHEN i % 5 = 0 THEN 0 ELSE i % 5400 END {_EACH}""",
    f"""INSERT INTO result (enrolment_id, programme_id, score, best, passed, hours_credited, hours_counted, computed_at)
        SELECT i, 1, i % 100, 100, i % 100 >= 90, i % 61, i % 61, :now {_EACH}""",
    f"""INSERT INTO coverage (enrolment_id, lesson_id, bitmap, credited, updated_at)
        SELECT i, l, '\\xff', i % 2700, :now {_EACH}, generate_series(1, 2) AS l""",
    f"""INSERT INTO sign_in_record (account_id, at, route, result, device, address_masked)
        SELECT i, CAST(:now AS timestamp) - n * interval '3 days' - i * interval '1 second', 'web', 'in', '', '10.0.0.*'
        {_EACH}, generate_series(1, 3) AS n""",
    f"""INSERT INTO study_session (id, account_id, enrolment_id, lesson_id, device, address_masked, opened_at, last_beat_at, ended_at,
            end_reason, seq, version, position, reported, credited, pending, withheld, checks_asked, checks_answered, checks_missed)
        SELECT i || 's' || n, i, i, n, 'phone', '10.0.0.*', CAST(:now AS timestamp) - n * interval '1 day', :now, :now, 'ended', 60, 60,
            1200, 1200, 1100, 0, '{{"repeat": 100}}', 2, 2, 0 {_EACH}, generate_series(1, 2) AS n""",
)  # fmt: skip
_SNAPSHOTS = """INSERT INTO daily_tally (day, programme_slug, school_id, counted_at, enrolled, exempt, withdrawn, signed_in, studying,
        passed, at_risk, credited_seconds, hours_credited, score_sum)
    SELECT CAST(:today AS date) - n, programme_slug, school_id, counted_at, enrolled, exempt, withdrawn, signed_in, studying, passed,
        at_risk, credited_seconds, hours_credited, score_sum FROM school_tally, generate_series(1, 60) AS n"""


def _number_on(connection: Connection, table: sa.Table) -> None:
    """New rows get ids after those that were given."""
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    connection.execute(sa.select(sa.func.setval(sequence, sa.select(sa.func.max(table.c.id)).scalar_subquery())))


def sign_in(app: Flask, engine: Engine, role: str, unit: int) -> FlaskClient:
    with Session(engine) as session:
        account = Account(
            role="staff", name="虚构", id_kind="resident_id", id_index=f"{role}{unit}", id_envelope=b"",
            first_password="random", must_change_password=False, must_confirm_profile=False, created_at=NOW,
        )  # fmt: skip
        session.add(account)
        session.flush()
        held = Appointment(account_id=account.id, role=role, organisation_id=unit, appointed_at=NOW)
        session.add(held)
        session.flush()
        token = staff_sessions.open_session(session, account, NOW, state=staff_sessions.OPEN, appointment_id=held.id)
        session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[TOKEN] = token
    return client


def requests(
    app: Flask, engine: Engine, count: int, schools: int
) -> dict[str, tuple[Callable[[int], Any], Callable[[int], str]]]:
    """By name: what to ask in a round, and what the page must then hold."""
    city, county = sign_in(app, engine, "city_admin", 1), sign_in(app, engine, "county_admin", 2)

    def somebody(turn: int) -> int:
        """Who works in the county: each round another."""
        return (turn * 7919 + 1) % (count // schools) * schools + turn * COUNTIES % schools or schools

    def search(text: Callable[[int], str]) -> Callable[[int], Any]:
        return lambda turn: county.post("/console/desk", data={"text": text(somebody(turn))})

    def school(turn: int) -> int:
        return FIRST_SCHOOL + turn * COUNTIES % schools

    def page(client: FlaskClient, address: Callable[[int], str]) -> Callable[[int], Any]:
        return lambda turn: client.get("/console" + address(turn))

    units, board = f"/dashboards/{SLUG}/units", f"/dashboards?slug={SLUG}"
    return {
        "search by number": (search(number_of), lambda turn: name_of(somebody(turn))),
        "search by mobile": (search(mobile_of), lambda turn: name_of(somebody(turn))),
        "search by name": (search(lambda i: name_of(i)[:2]), lambda turn: name_of(somebody(turn))[:2]),
        "county dashboard": (page(county, lambda _: board), lambda _: "虚构1县"),
        "city dashboard": (page(city, lambda _: board), lambda _: "虚构1县"),
        "school dashboard": (page(county, lambda turn: f"{units}/{school(turn)}"), lambda _: "还差"),
        "county at risk": (page(county, lambda _: f"{units}/2/people?show=at_risk"), lambda _: "有风险"),
        "county never signed in": (page(county, lambda _: f"{units}/2/people?show=never"), lambda _: "从未登录"),
        "person": (page(county, lambda turn: f"/people/{somebody(turn)}"), lambda turn: name_of(somebody(turn))),
        "timeline": (page(county, lambda turn: f"/people/{somebody(turn)}/timeline"), lambda turn: name_of(somebody(turn))),
        "live view": (page(city, lambda _: "/live"), lambda _: "正在学习"),
    }  # fmt: skip


def measured(ask: Callable[[int], Any], holds: Callable[[int], str], rounds: int) -> dict[str, float]:
    """Median and 95 in a hundred, ms; and the median of this process's own time on the processor, which a busy machine moves little. The
    first request is not counted: it fills caches of templates and notices."""
    taken, own = [], []
    for turn in range(rounds + 1):
        started, used = time.perf_counter(), time.process_time()
        reply = ask(turn)
        taken.append((time.perf_counter() - started) * 1000)
        own.append((time.process_time() - used) * 1000)
        if reply.status_code != 200 or holds(turn) not in reply.text:
            raise AssertionError(f"{reply.request.path}: {reply.status_code} without {holds(turn)}")
    taken = sorted(taken[1:])
    return {
        "median_ms": statistics.median(taken),
        "p95_ms": taken[min(len(taken) - 1, int(len(taken) * 0.95))],
        "processor_ms": statistics.median(own[1:]),
    }


def run(count: int, rounds: int) -> dict[str, Any]:
    with ExitStack() as stack:
        servers = PostgresServer().start(), RedisServer().start()
        stack.callback(servers[0].close)
        stack.callback(servers[1].close)
        url = servers[0].create_database("console")
        engine = make_engine(url)
        stack.callback(engine.dispose)
        found: dict[str, Any] = {"enrolments": count, "goals_ms": GOALS}
        started = time.perf_counter()
        schools = populate(engine, count)
        found["loading_s"] = time.perf_counter() - started
        started = time.perf_counter()
        with Session(engine) as session:
            tallies.count(session, SLUG, NOW)
            session.commit()
        found["counting_s"] = time.perf_counter() - started
        with engine.begin() as connection:
            connection.execute(sa.text(_SNAPSHOTS), {"today": NOW.date()})
        config = Settings(
            database_url=url, redis_url=servers[1].url, token_key=KEY, id_index_key=KEY, envelope_keys={"bench": KEY},
            public_url="http://xueshi.example", log_level="ERROR",
        )  # fmt: skip
        app = create_app(config, clock=lambda: NOW)
        app.config["WTF_CSRF_ENABLED"] = False
        asked = requests(app, engine, count, schools)
        found["requests"] = {name: measured(*both, rounds) for name, both in asked.items()}
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
    return found


def main(arguments: Sequence[str] = ()) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--enrolments", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="1,000 enrolments, two rounds; nothing is kept")
    options = parser.parse_args(arguments)
    found = run(1_000, 2) if options.quick else run(options.enrolments, options.rounds)
    print(
        f"  {found['enrolments']} enrolments: loaded in {found['loading_s']:.1f} s, counted in {found['counting_s']:.2f} s"
    )
    for name, figures in found["requests"].items():
        goal = f"   (goal: below {GOALS[name]} ms)" if name in GOALS else ""
        print(
            f"  {name}: median {figures['median_ms']:.0f} ms, 95 % within {figures['p95_ms']:.0f} ms, "
            f"{figures['processor_ms']:.0f} ms on our processor{goal}"
        )
    return found


if __name__ == "__main__":
    given = sys.argv[1:]
    made = main(given)
    if "--quick" not in given:
        from benchmarks.__main__ import keep  # which imports this module

        keep("console", made, "full" if made["enrolments"] >= 1_000_000 else "quick")
