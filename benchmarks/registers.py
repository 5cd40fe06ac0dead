"""What a form of everybody costs as a file: .xlsx, .csv and an encrypted .xlsx with ID numbers in clear; on SQLite.

Everybody has sealed numbers and the results of `python -m benchmarks.scores`. Each file is made by a process of its own, so that its peak
memory is its own. "results": computing everybody's results anew, where nothing changed, which comes before an export unless it is asked to
take them as they were computed last, as here. "first" keeps every row for the difference to the next export, "again" finds the export the
same and keeps none. Seconds of the clock, and of this process on the processor: what else the machine does moves only the former much.

    python -m benchmarks.registers                    20,000 rows
    python -m benchmarks.registers --rows 100000
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import machine
from benchmarks.scores import NOTICE, NOW, SLUG, populate, work_on
from models import Account, Programme, RegisterExport, RegisterRow
from server.database import make_engine
from services import results
from services.registers import registers
from services.vault import Vault
from tests.factories import resident_id

VAULT = Vault(b"a key of the benchmark's blind index", {"bench": b"a key of the benchmark's numbers"})
PASSWORD = "a password of the file"
FILES = {"csv": "masked", "xlsx": "masked", "encrypted xlsx": "numbers"}
ROUNDS = ("first", "again")
_FORM = """
[[forms]]
key = "{key}"
title = "学时登记表"
rows = "learners"
assumed = "虚构"
columns = [
    {{ title = "姓名", field = "name" }},
    {{ title = "身份证号", field = "{number}" }},
    {{ title = "单位代码", field = "school_code" }},
    {{ title = "单位", field = "school" }},
    {{ title = "学段", field = "stage" }},
    {{ title = "学科", field = "subject" }},
    {{ title = "项目", field = "programme" }},
    {{ title = "年度", field = "year" }},
    {{ title = "学时", field = "hours_counted" }},
    {{ title = "成绩", field = "score" }},
    {{ title = "是否合格", field = "passed" }},
]
"""


def prepare(url: str, rows: int, lessons: int) -> tuple[float, float]:
    """So many learners with numbers, stage and subject, and their results. Seconds (clock, processor) of computing these again."""
    engine = make_engine(url)
    populate(engine, rows, lessons)
    forms = "".join(
        _FORM.format(key=key, number=number)
        for key, number in (("masked", "id_number_masked"), ("numbers", "id_number"))
    )
    document = NOTICE.read_text(encoding="utf-8") + forms
    with engine.begin() as connection:
        connection.execute(sa.update(Programme).values(document=document))
        connection.execute(
            sa.update(Account)
            .where(Account.id == sa.bindparam("who"))
            .values(id_envelope=sa.bindparam("sealed"), stage="小学", subject="语文"),
            [{"who": i, "sealed": VAULT.seal(_number(i), i)} for i in range(1, rows + 1)],
        )
    results.recompute(work_on(engine), SLUG, NOW)
    started = time.perf_counter(), time.process_time()
    results.recompute(work_on(engine), SLUG, NOW)
    taken = time.perf_counter() - started[0], time.process_time() - started[1]
    engine.dispose()
    return taken


def one(url: str, form: str, out: Path, password: str) -> dict[str, float]:
    """Seconds of one export, and the peak memory of this process in MB."""
    engine = make_engine(url)
    started = time.perf_counter(), time.process_time()
    done = registers.export(
        work_on(engine), VAULT, SLUG, form, out, now=NOW, by="bench", password=password, as_computed=True
    )
    clock, processor = time.perf_counter() - started[0], time.process_time() - started[1]
    engine.dispose()
    peak = _peak_mb()
    size = out.stat().st_size / 2**20
    return {"rows": done.rows, "clock_s": clock, "processor_s": processor, "peak_mb": peak, "file_mb": size}


def measured(url: str, folder: str) -> dict[str, dict[str, float]]:
    found = {}
    for name, form in FILES.items():
        _forget(url)
        for turn in ROUNDS:
            password = PASSWORD if form == "numbers" else ""
            out = Path(folder, f"{name.split()[0]}.{name.split()[-1]}")
            arguments = [sys.executable, "-m", "benchmarks.registers", "--one", url, form, str(out), password]
            said = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
            found[f"{name}, {turn}"] = json.loads(said.splitlines()[-1])
    return found


def _forget(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.delete(RegisterRow))
        connection.execute(sa.delete(RegisterExport))
    engine.dispose()


def _peak_mb() -> float:
    """Of this process alone; ru_maxrss begins with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _number(i: int) -> str:
    years, rest = divmod(i, 999)
    months, serial = divmod(years, 12)
    return resident_id(rest + 1, date(1960 + months, serial + 1, 1))


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registers", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--lessons", type=int, default=40)
    parser.add_argument("--one", nargs=4, metavar=("URL", "FORM", "OUT", "PASSWORD"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        url, form, out, password = options.one
        print(json.dumps(alone := one(url, form, Path(out), password)))
        return alone
    print(machine.description())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/registers.db"
        clock, processor = prepare(url, options.rows, options.lessons)
        print(f"  results: {clock:.1f} s, {processor:.1f} s on the processor", flush=True)
        found = measured(url, folder)
    for name, figures in found.items():
        print(
            f"  {name}: {figures['rows']} rows in {figures['clock_s']:.1f} s, {figures['processor_s']:.1f} s on the processor; "
            f"peak {figures['peak_mb']:.0f} MB, file {figures['file_mb']:.1f} MB"
        )
    return found


if __name__ == "__main__":
    main()
