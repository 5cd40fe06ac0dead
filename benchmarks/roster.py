"""A county's roster taken in: python -m benchmarks.roster [--rows N] [--rule last_six|shared|random]

An .xlsx of N invented teachers in N / 200 schools is written, read, checked and applied, as `flask roster import` does it, on SQLite
(durable commits, one file) and on PostgreSQL; then checked again, as the same roster would be. Seconds of each step; on a busy machine the
processor time tells more.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from benchmarks import servers
from models import Base, Enrolment, Organisation, Programme
from programmes import demonstration
from server.database import make_engine
from services import id_numbers, programmes
from services.passwords import LAST_SIX, RANDOM, SHARED, Passwords
from services.rosters import check as roster_check
from services.rosters import intake as roster
from services.rosters.check import Options
from services.tables import spreadsheets
from services.vault import Vault

ROWS = 100_000
A_SCHOOL = 200
HEADER = ("姓名", "身份证号", "手机号", "学校", "学段", "学科")
VAULT = Vault(b"a key of the blind index, 32 byt", {"bench": b"a key of the envelopes, 32 bytes"})
T = TypeVar("T")


def teachers(rows: int) -> Iterator[tuple[str, ...]]:
    """Region 999999 exists nowhere, so nobody has these numbers."""
    days = (date(2000, 12, 31) - date(1960, 1, 1)).days
    for serial in range(rows):
        born = date.fromordinal(date(1960, 1, 1).toordinal() + serial % days)
        seventeen = f"999999{born:%Y%m%d}{serial // days:03d}"
        number = seventeen + id_numbers.check_character(seventeen)
        yield "示范教师", number, f"199{serial:08d}", f"示范第{serial // A_SCHOOL}小学", "小学", "语文"


def write(path: Path, rows: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet("名单")
        for number, row in enumerate((HEADER, *teachers(rows))):
            sheet.write_row(number, 0, row)


def measure(engine: Engine, path: Path, rows: int, rule: str, now: datetime) -> dict[str, float]:
    """Seconds of each step; on a busy machine the
    processor time tells more. Asserts that everybody is enrolled."""
    Base.metadata.create_all(engine)
    began = time.process_time()
    which, passwords, seconds = demonstration.DEMONSTRATIONS[0], Passwords(1), {}

    def timed(name: str, do: Callable[[], T]) -> T:
        start = time.perf_counter()
        done = do()
        seconds[name] = time.perf_counter() - start
        return done

    with Session(engine) as session, session.begin():
        for number in range(-(-rows // A_SCHOOL)):
            session.add(Organisation(kind="school", code=f"{number:06}", name=f"示范第{number}小学"))
        row = programmes.publish(session, demonstration.render(which, 1, demonstration.local_day(now)), now)
        programme_id = row.id

    def check() -> Any:
        with Session(engine) as session:
            programme = session.get_one(Programme, programme_id)
            return roster_check.check(session, VAULT, table, programme=programme, options=Options(), now=now)

    def apply() -> None:
        with Session(engine) as session, session.begin():
            first = passwords.first_password(rule, "Haolaoshi123" if rule == SHARED else None)
            given = {"programme_id": programme_id, "first_password": first, "now": now}
            roster.apply(session, VAULT, passwords, plan, **given)

    table = timed("read", lambda: spreadsheets.read(path))
    plan = timed("check", check)
    assert not plan.errors, plan.errors[:3]
    timed("apply", apply)
    seconds["import"] = sum(seconds.values())
    seconds["of it our processor"] = time.process_time() - began
    again = timed("check again", check)
    assert again.counts()["已存在"] == rows
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == rows
    return seconds


def main(rows: int = ROWS, rule: str = RANDOM) -> dict[str, dict[str, float]]:
    found, now = {}, datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        write(path, rows)
        print(f"{rows:,} rows, first passwords {rule}, {path.stat().st_size / 1e6:.1f} MB of .xlsx", flush=True)
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        found["sqlite"] = measure(engine, path, rows, rule, now)
        _tell("sqlite", found["sqlite"])
        engine.dispose()
        with servers.postgres() as postgres:
            engine = make_engine(postgres.create_database("bench"))
            found["postgresql"] = measure(engine, path, rows, rule, now)
            engine.dispose()
        _tell("postgresql", found["postgresql"])
    print(f"  at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB of memory")
    return found


def _tell(name: str, seconds: dict[str, float]) -> None:
    print(f"  {name:<10} " + ", ".join(f"{step} {took:.1f} s" for step, took in seconds.items()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rule", choices=(LAST_SIX, SHARED, RANDOM), default=RANDOM)
    main(**vars(parser.parse_args()))
