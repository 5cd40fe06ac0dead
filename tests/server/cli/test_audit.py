"""`flask audit …` as whoever runs the system runs it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry
from server import cli
from services import audit, audit_chain
from services.audit_archive import KEPT
from tests.conftest import FakeClock
from tests.teachers import collaborators


@pytest.fixture
def run(app: Flask, session: Session) -> Callable[..., Any]:
    if "audit" not in app.cli.commands:
        cli.install(app)

    def run(*arguments: object) -> Any:
        session.commit()
        result = app.test_cli_runner().invoke(args=["audit", *map(str, arguments)])
        session.expire_all()
        return result

    return run


@pytest.fixture
def log(app: Flask, session: Session, clock: FakeClock) -> None:
    """Three acts, and half a year later one more."""
    for number in range(4):
        if number == 3:
            clock.advance((KEPT + timedelta(days=2)).total_seconds())
        audit.record(session, collaborators(app).vault, audit.By(None), "export", clock(), rows=number)
    session.commit()


@pytest.mark.usefixtures("log")
class TestVerify:
    def test_a_whole_chain_and_its_head(self, run: Callable[..., Any], session: Session) -> None:
        result = run("verify")
        assert result.exit_code == 0, result.output
        assert "第 1 至 4 条" in result.output
        assert str(audit_chain.head(session)) in result.output

    def test_a_changed_row_by_its_number(self, run: Callable[..., Any], session: Session) -> None:
        session.execute(sa.update(AuditEntry).where(AuditEntry.serial == 2).values(address="203.0.113.5"))
        result = run("verify")
        assert result.exit_code == 1
        assert "审计日志第 2 条有问题：内容与校验值不符" in result.output

    def test_a_noted_head(self, run: Callable[..., Any], session: Session) -> None:
        noted = audit_chain.head(session)
        assert run("verify", "--head", noted).exit_code == 0
        assert run("verify", "--head", f"4:{'0' * 64}").exit_code == 1
        assert run("verify", "--head", f"9:{noted.hash}").exit_code == 1
        wrong = run("verify", "--head", "four")
        assert (wrong.exit_code, "序号:校验值" in wrong.output) == (1, True)


@pytest.mark.usefixtures("log")
def test_old_entries_move_to_a_file_that_can_be_verified(
    run: Callable[..., Any], session: Session, clock: FakeClock, tmp_path: Path
) -> None:
    file, noted = tmp_path / "audit.jsonl", audit_chain.head(session)
    day = (clock() - KEPT).date()
    early = run("archive", "--before", day + timedelta(days=3), file)
    assert (early.exit_code, "184 天" in early.output) == (1, True)
    done = run("archive", "--before", day, file)
    assert done.exit_code == 0, done.output
    assert "3 条" in done.output
    assert run("archive", "--before", day, file).exit_code == 0
    read = run("verify", file)
    assert read.exit_code == 0, read.output
    assert "数据库中的日志接着这些文件" in read.output
    assert run("verify", "--head", noted).exit_code == 0
    assert run("verify", "--head", f"2:{'a' * 64}", file).exit_code == 1
    assert "不在这些文件里" in run("verify", "--head", noted, file).output
    file.write_text(file.read_text().replace("export", "report", 1))
    assert run("verify", file).exit_code == 1


@pytest.mark.usefixtures("log")
def test_a_place_that_cannot_be_written_is_said(run: Callable[..., Any], clock: FakeClock, tmp_path: Path) -> None:
    result = run("archive", "--before", (clock() - KEPT).date(), tmp_path / "nowhere" / "audit.jsonl")
    assert result.exit_code == 1
    assert "不能打开或写入" in result.output
    assert run("verify").exit_code == 0
