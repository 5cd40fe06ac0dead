"""What a county, a province and the country need, from what `make bench` measured: python -m benchmarks.capacity

Processors and memory follow from the province's measurement (var/benchmarks.json); the size of a year in SQL from rows that are
written into PostgreSQL here and weighed. The assumptions are constants with their reasons; change them and run it again.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from benchmarks import servers
from heartbeat import bitmap
from models import Base
from server.database import make_engine

#: Teachers; all of them watch at once on the last evening: the worst there can be.
PLACES = {"county 县": 5_000, "city 市": 60_000, "province 省": 700_000, "country 全国": 18_000_000}
#: On the last evening a busy server asks for a beat a minute, on all others for one in 20 to 40 s.
LAST_EVENING_S, USUAL_S = 60.0, 30.0
#: On an ordinary evening so many of the teachers watch at once.
ORDINARY_SHARE = 0.05
#: Of a processor: what a server uses at most.
BUSY = 0.6
#: 72 hours of 45 minutes a year, in lessons of 45 minutes, each watched in 1.5 sessions, on 48 days.
LESSONS, SESSIONS, DAYS = 72, 108, 48
LESSON_S = 2_700
#: Processors of a machine one would rent.
MACHINE = 16
#: Redis keeps a session two days after its last beat; and a copy while it rewrites its file.
REDIS_SPARE = 2.0
WEIGHED = 20_000


class Costs(NamedTuple):
    """Of one beat, µs of a processor by part; of one watching teacher in Redis, bytes; of a year of a teacher in SQL, bytes."""

    parts: dict[str, float]
    redis_bytes: float
    sql_bytes: float

    @property
    def beat_us(self) -> float:
        return sum(self.parts.values())


def read(path: Path) -> tuple[dict[str, float], float]:
    """Parts and Redis bytes of the province's measurement. Raises SystemExit where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())["province"]["found"]
    except (OSError, KeyError, ValueError):
        sys.exit(f"{path} has no measurement of the province yet: python -m benchmarks province")
    parts = {
        name: share / found["beats_per_s"] * 1e6 for name, share in found["processors"].items() if name != "generator"
    }
    return parts, found["bytes_per_teacher"]


def weigh() -> float:
    """Bytes of PostgreSQL, indexes included, that a teacher's year takes."""
    with servers.postgres(()) as postgres:
        engine = make_engine(postgres.create_database("weighed"))
        Base.metadata.create_all(engine)
        raw = bitmap.of([(0, LESSON_S)])
        with engine.begin() as connection:
            connection.execute(
                sa.text("SET session_replication_role = replica")
            )  # no foreign keys: these rows stand alone
            rows = {"rows": WEIGHED, "raw": raw}
            for statement in (
                "INSERT INTO coverage SELECT n, 1, :raw, 2700, now() FROM generate_series(1, :rows) n",
                "INSERT INTO study_day SELECT n, current_date, 2700 FROM generate_series(1, :rows) n",
                (
                    "INSERT INTO study_session (id, account_id, enrolment_id, lesson_id, device, openid, address_masked, opened_at,"
                    " last_beat_at, ended_at, end_reason, seq, version, position, reported, credited, pending, withheld, checks_asked,"
                    " checks_answered, checks_missed) SELECT lpad(to_hex(n), 24, '0'), n, n, 1, '手机', lpad('o', 28, 'x'), '127.0.0.0',"
                    " now(), now(), now(), 'ended', 90, 95, 2700, 1800, 1750, 0, '{\"repeat\": 50}', 3, 3, 0"
                    " FROM generate_series(1, :rows) n"
                ),
            ):
                used = {name: value for name, value in rows.items() if f":{name}" in statement}
                connection.execute(sa.text(statement), used)
        with engine.connect() as connection:
            size = {
                table: connection.execute(sa.text(f"SELECT pg_total_relation_size('{table}')")).scalar_one() / WEIGHED
                for table in ("coverage", "study_day", "study_session")
            }
        engine.dispose()
    return LESSONS * size["coverage"] + DAYS * size["study_day"] + SESSIONS * size["study_session"]


def need(teachers: int, watching: float, interval_s: float, costs: Costs) -> dict[str, float]:
    """Beats a second, processors at BUSY, and gigabytes of Redis."""
    beats = teachers * watching / interval_s
    return {
        "beats_per_s": beats,
        "processors": beats * costs.beat_us / 1e6 / BUSY,
        "redis_gb": teachers * watching * costs.redis_bytes * REDIS_SPARE / 1e9,
    }


def main(path: Path = Path("var/benchmarks.json")) -> dict[str, Any]:
    parts, redis_bytes = read(path)
    costs = Costs(parts, redis_bytes, weigh())
    told = ", ".join(f"{name} {us:.0f}" for name, us in parts.items())
    print(
        f"A beat costs {costs.beat_us:.0f} µs of a processor ({told}); a watching teacher {redis_bytes:,.0f} bytes of Redis;"
    )
    print(f"a teacher's year {costs.sql_bytes / 1e3:,.0f} kB of SQL in {LESSONS + SESSIONS + DAYS} rows.\n")
    print(
        "| place | teachers | last evening: beats/s | processors | Redis | machines | ordinary evening: processors | SQL a year |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    found: dict[str, Any] = {"costs": costs._asdict()}
    for name, teachers in PLACES.items():
        last, usual = need(teachers, 1.0, LAST_EVENING_S, costs), need(teachers, ORDINARY_SHARE, USUAL_S, costs)
        machines = max(1, math.ceil(last["processors"] / MACHINE))
        year_gb = teachers * costs.sql_bytes / 1e9
        print(
            f"| {name} | {teachers:,} | {last['beats_per_s']:,.0f} | {last['processors']:,.1f} | {last['redis_gb']:,.2f} GB | {machines} "
            f"| {usual['processors']:,.2f} | {year_gb:,.1f} GB |"
        )
        found[name] = {"last_evening": last, "ordinary": usual, "machines": machines, "sql_gb_a_year": year_gb}
    return found


if __name__ == "__main__":
    main()
