"""`make demo` for real, small and short: a dozen teachers, one of each character."""

import json
import os
import re
import stat
import subprocess
import sys

from server.local.environment import ROOT, free_port


def demo(system, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "XUESHI_URL": system.url, "XUESHI_VAR": str(system.directory)} | environ
    return subprocess.run(
        (sys.executable, "-m", "demo", *options),
        cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_everybody_gets_what_is_due_and_sql_agrees(system):
    done = demo(system, "--teachers", "12", "--seconds", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[一致]") == 4
    assert stat.S_IMODE((system.directory / "demo" / "passwords.json").stat().st_mode) == 0o600
    rows = table(done.stdout)
    # The clock has the last word: nobody earns more than the seconds that passed.
    assert all(row["计入"] <= 22 for row in rows.values())
    assert rows["脚本一次报完整课"]["太快"] > 500
    assert rows["脚本一次报完整课"]["计入"] <= 12
    assert rows["四倍速播放"]["太快"] > rows["四倍速播放"]["计入"]
    assert rows["脚本反复重放"]["重复"] > 0
    assert rows["拖到结尾"]["跳过"] > 0
    assert rows["往后拖，又拖回来"]["跳过"] > 0
    assert rows["切到后台播放"]["后台"] > 0
    assert rows["换平板继续，手机没关"]["另一台"] > 0
    for honest in ("连看两课", "火车过隧道", "信号差，回复常丢"):
        assert rows[honest]["上报"] == rows[honest]["计入"] > 12


class TestOneLineSays:
    def test_that_nothing_runs_there(self, system):
        done = demo(system, XUESHI_URL=f"http://127.0.0.1:{free_port()}")
        assert (done.returncode, done.stdout) == (2, "")
        assert re.fullmatch(r"xueshi: Xueshi does not answer at .*; start it with `make run`\n", done.stderr)

    def test_that_there_are_no_accounts(self, system, tmp_path):
        done = demo(system, XUESHI_VAR=str(tmp_path))
        assert done.returncode == 2
        assert done.stderr.startswith(f"xueshi: there is no {tmp_path / 'demo' / 'accounts.json'}")

    def test_that_the_accounts_are_of_another_system(self, system, tmp_path):
        people = json.loads(system.accounts.read_text())[20:23]
        (tmp_path / "accounts.json").write_text(json.dumps([person | {"password": "Bushi-123"} for person in people]))
        done = demo(system, "--accounts", str(tmp_path / "accounts.json"), "--teachers", "3")
        assert done.returncode == 2
        assert "it runs on other data or under other secrets" in done.stderr


def table(text: str) -> dict[str, dict[str, int]]:
    """Character → column → seconds. Cells are two blanks apart."""
    lines = text.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("教师"))
    columns = lines[head].split()[2:-1]
    rows = {}
    for line in lines[head + 2 :]:
        if line.startswith("---"):
            return rows
        cells = re.split(r" {2,}", line)
        figures = [0 if cell == "-" else int(cell.replace(",", "")) for cell in cells[2 : 2 + len(columns)]]
        rows[cells[1]] = dict(zip(columns, figures, strict=True))
    raise AssertionError("the table has no end")
