"""flask jobs, and the roster import that it runs."""

import json

import pytest
import sqlalchemy as sa

from models import Account
from server import jobs
from server.jobs import worker
from services import programmes
from tests import factories, sheets
from tests.programmes.notices import phase2_text
from tests.sheets import teacher

SLUG = "xuchang-2022-phase2"


@pytest.fixture
def run(app, session, work):
    def run(*arguments):
        session.commit()
        return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])

    return run


@pytest.fixture
def programme(session, clock):
    programmes.publish(session, phase2_text(), clock())


@pytest.fixture
def roster(session, tmp_path):
    factories.school(session, code="1001", name="示范第一小学")
    return sheets.write_xlsx(tmp_path / "名单.xlsx", [sheets.HEADER, *(teacher(serial) for serial in range(1, 4))])


def import_in_background(run, roster):
    result = run("roster", "import", roster, "--programme", SLUG, "--background")
    assert result.exit_code == 0, result.output
    assert "3   3     0     0       0" in result.output
    assert "已交给后台任务" in result.output
    return jobs.recent()[0].id


class TestList:
    def test_says_when_there_are_none(self, run):
        assert run("jobs", "list").output == "没有后台任务。\n"

    def test_shows_them_with_the_newest_first(self, run):
        old, failing, new = jobs.enqueue("count", to=4), jobs.enqueue("refuse"), None
        assert run("jobs", "work", "--burst").exit_code == 0
        new = jobs.enqueue("count", to=4)
        lines = [line.split() for line in run("jobs", "list").output.splitlines()]
        assert lines[0] == ["编号", "任务", "状态", "进度", "提交于", "结束于"]
        assert [line[:3] for line in lines[1:]] == [
            [new, "count", "等待中"], [failing, "refuse", "失败"], [old, "count", "已完成"],
        ]  # fmt: skip
        assert lines[3][3] == "4/4（100%）"


class TestShow:
    def test_of_a_job_that_is_done_has_its_result(self, run, work):
        job_id = jobs.enqueue("count", to=4)
        assert run("jobs", "show", job_id).output == "count 等待中\n"
        work()
        assert run("jobs", "show", job_id, "--wait").output == 'count 已完成 4/4（100%）\n{"counted": 4}\n'

    def test_of_one_that_failed_says_why_and_ends_with_1(self, run, work):
        job_id = jobs.enqueue("refuse")
        work()
        result = run("jobs", "show", job_id)
        assert (result.exit_code, result.output) == (1, "refuse 失败 3/9（33%）\nError: 名单已经导入过。\n")

    def test_of_one_that_there_is_not_ends_with_1(self, run):
        result = run("jobs", "show", "nosuchjob")
        assert (result.exit_code, result.output) == (1, "Error: 没有这个任务，或者已超过保留的时间。\n")

    def test_waits_for_the_end(self, run, work, monkeypatch):
        job_id = jobs.enqueue("count", to=4)
        monkeypatch.setattr("server.cli.jobs.sleep", lambda _seconds: work())
        assert run("jobs", "show", job_id, "--wait").output.splitlines()[:2] == [
            "count 等待中",
            "count 已完成 4/4（100%）",
        ]


class TestWork:
    def test_ends_with_1_when_nobody_asked_for_the_end(self, run, monkeypatch):
        monkeypatch.setattr(worker.JobsWorker, "work", lambda self, **_how: False)
        result = run("jobs", "work")
        assert (result.exit_code, result.output) == (1, "Error: 后台任务进程意外结束，请查看日志后重新启动。\n")

    def test_without_a_redis_for_jobs_says_what_to_set(self, make_app):
        app = make_app(redis_url="redis+cluster://127.0.0.1:1")
        result = app.test_cli_runner().invoke(args=["jobs", "work"])
        assert result.exit_code == 1
        assert "JOBS_REDIS_URL" in result.output


class TestRosterImport:
    def test_takes_them_in_and_says_how_many(self, run, work, programme, roster, session):
        job_id = import_in_background(run, roster)
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0
        session.rollback()
        work()
        result = run("jobs", "show", job_id)
        assert result.output.splitlines()[0] == "roster_import 已完成 3/3（100%）"
        assert json.loads(result.output.splitlines()[1]) == {"新增": 3, "更新": 0, "已存在": 0, "错误": 0}
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 3

    def test_again_is_harmless(self, run, work, programme, roster, session):
        import_in_background(run, roster)
        work()
        run("roster", "import", roster, "--programme", SLUG, "--background")
        work()
        assert jobs.recent()[0].result == {"新增": 0, "更新": 0, "已存在": 3, "错误": 0}

    @pytest.mark.parametrize(("then", "why"), [("changed", "在检查之后有变化"), ("gone", "已经不在原处")])
    def test_of_another_file_than_was_checked_is_refused(self, run, work, programme, roster, then, why):
        job_id = import_in_background(run, roster)
        roster.unlink() if then == "gone" else sheets.write_xlsx(roster, [sheets.HEADER, teacher(9)])
        work()
        assert why in jobs.status(job_id).error

    def test_with_random_passwords_is_refused_at_once(self, run, session, clock, roster):
        shared, random = 'rule = "shared"\nshared = "Haolaoshi123"', 'rule = "random"'
        programmes.publish(session, phase2_text((shared, random)), clock())
        result = run("roster", "import", roster, "--programme", SLUG, "--background")
        assert result.exit_code == 2
        assert "不能在后台导入" in result.output
