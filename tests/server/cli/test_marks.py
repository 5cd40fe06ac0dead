"""`flask marks import` as the operator runs it."""

import csv

import pytest
import sqlalchemy as sa

from models import Account, Achievement
from server import cli, jobs
from services import id_numbers
from tests import factories, sheets
from tests.services.handing_in.class_room import class_of
from tests.teachers import collaborators

SLUG = "xuchang-2022-phase2"
HEADER = ("姓名", "身份证号", "成绩")


@pytest.fixture
def run(app, session):
    """run("marks", "import", …) is a command; the session is committed before."""
    if "marks" not in app.cli.commands:
        cli.install(app)

    def run(*arguments):
        session.commit()
        result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def people(app, session):
    """Two learners whose numbers the vault knows."""
    found = [factories.person(serial) for serial in (1, 2)]
    for learner, person in zip(class_of(session).learners, found, strict=True):
        account = session.get_one(Account, learner.account_id)
        account.name, account.id_index = person.name, collaborators(app).vault.index(id_numbers.parse(person.id_number))
    session.commit()
    return found


@pytest.fixture
def good(tmp_path, people):
    rows = [HEADER, *([person.name, person.id_number, 90.5] for person in people)]
    return sheets.write_xlsx(tmp_path / "成绩.xlsx", rows)


@pytest.fixture
def bad(tmp_path, people):
    rows = [[person.name, person.id_number, "101"] for person in people]
    return sheets.roster(tmp_path / "bad.csv", *rows, header=HEADER)


def marks(session):
    session.rollback()
    return session.scalars(sa.select(Achievement.mark).order_by(Achievement.id)).all()


def test_says_in_a_table_what_it_did_and_again_that_all_is_there(run, session, good):
    result = run("marks", "import", good, "--programme", SLUG, "--part", "exam")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        ["共  新增  更新  已存在  错误", "2   2     0     0       0", "导入完成。"],
    )
    assert marks(session) == [90.5, 90.5]
    assert "2   0     0     2       0" in run("marks", "import", good, "--programme", SLUG, "--part", "exam").output


def test_a_dry_run_says_the_same_and_does_nothing(run, session, good):
    result = run("marks", "import", good, "--programme", SLUG, "--part", "结业测试", "--dry-run")
    assert result.exit_code == 0
    assert "2   2     0     0       0" in result.output
    assert "没有导入" in result.output
    assert marks(session) == []


def test_errors_end_with_1_and_are_told_and_written_row_by_row(run, session, bad, people, tmp_path):
    result = run("marks", "import", bad, "--programme", SLUG, "--part", "exam", "--errors-out", tmp_path / "e.csv")
    assert result.exit_code == 1
    assert "2     成绩  成绩 101 不在 0 至 100 之间" in result.output
    assert not [person for person in people if person.id_number in result.output]
    with (tmp_path / "e.csv").open(encoding="utf-8-sig", newline="") as written:
        assert [row[:2] for row in csv.reader(written)] == [["行号", "列"], ["2", "成绩"], ["3", "成绩"]]
    assert marks(session) == []


def test_what_keeps_it_from_starting_is_one_line(run, good, bad, tmp_path):
    (tmp_path / "text.csv").write_bytes(b"\x89PNG")
    for arguments, says in (
        ((good, "--programme", "nothing"), "没有发布过项目 nothing"),
        ((good, "--programme", SLUG), "考核项"),
        ((good, "--programme", SLUG, "--part", "nothing"), "没有考核项“nothing”"),
        ((tmp_path / "text.csv", "--programme", SLUG), "不是表格"),
        ((good, "--programme", SLUG, "--part", "exam", "--errors-out", good), "不能是成绩表文件本身"),
        ((bad, "--programme", SLUG, "--part", "exam", "--errors-out", tmp_path / "no" / "e.csv"), "文件不能打开或写入"),
    ):
        result = run("marks", "import", *arguments)
        assert result.exit_code in (1, 2)
        assert says in result.output, result.output


def test_a_long_import_says_how_far_it_is(run, good, monkeypatch):
    monkeypatch.setattr("server.cli.marks.LONG", 2)
    output = run("marks", "import", good, "--programme", SLUG, "--part", "exam").output
    assert "正在检查" in output
    assert "已处理 2 / 2 行" in output


class TestInTheBackground:
    def test_the_worker_takes_in_what_was_checked(self, run, good, session, work):
        told = run("marks", "import", good, "--programme", SLUG, "--part", "exam", "--background")
        assert "已交给后台任务" in told.output, told.output
        assert session.scalar(sa.select(sa.func.count()).select_from(Achievement)) == 0
        session.commit()
        work()
        assert jobs.status(told.output.split("后台任务 ")[1].split("，")[0]).result["新增"] == 2

    def test_a_file_changed_since_is_refused(self, run, good, session, work):
        told = run("marks", "import", good, "--programme", SLUG, "--part", "exam", "--background")
        good.write_bytes(good.read_bytes() + b" ")
        work()
        assert "有变化" in jobs.status(told.output.split("后台任务 ")[1].split("，")[0]).error
