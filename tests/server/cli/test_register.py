"""flask register and flask results, as the operator runs them; in the background with RQ's worker."""

import json

import pytest
import sqlalchemy as sa

from models import RegisterExport, Result, SampleEntry
from server import cli, jobs
from services.tables import spreadsheets
from tests import factories, sheets
from tests.services.registering import SLUG, registering
from tests.services.registers.test_registers import opened

PASSWORD = "a password of the file"
MOBILE = "19900001234"


@pytest.fixture
def run(app, session):
    """run("register", "export", …) is a command; the session is committed before."""
    if "register" not in app.cli.commands:
        cli.install(app)

    def run(*arguments, **more):
        session.commit()
        result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments], **more)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def at(session, tmp_path, clock):
    made = registering(session, tmp_path)
    school = made.school("示范第一小学", code="1001")
    made.learner(school, 60, serial=1)
    made.learner(school, 20, serial=2)
    session.commit()
    return made


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return path


class TestExport:
    def test_a_form_from_the_first_file_to_the_receipt(self, run, at, session, tmp_path):
        out = tmp_path / "hours.xlsx"
        first = run("register", "export", SLUG, "hours", "--out", out)
        assert first.exit_code == 0, first.output
        assert "第 1 次导出" in first.output
        assert "已写入 1 行" in first.output
        again = run("register", "export", SLUG, "hours", "--out", out)
        assert "相同，没有另记" in again.output
        assert "第 1 次，1 行" in run("register", "forms", SLUG).output

        third = at.learner(at.school("示范第二小学"), 60, serial=3)
        told = run("register", "diff", SLUG, "hours", "--out", tmp_path / "changes.csv").output
        assert "新增" in told
        assert "有 1 行不同" in told
        assert len(spreadsheets.read(tmp_path / "changes.csv").rows) == 2
        assert "新增 1，不再列入 0，有变化 0" in run("register", "export", SLUG, "hours", "--out", out).output
        assert "没有变化" in run("register", "diff", SLUG, "hours").output

        export_id = session.scalar(sa.select(sa.func.max(RegisterExport.id)))
        answer = sheets.write_csv(
            tmp_path / "answer.csv", [("证件号码", "结果", "原因"), (at.number(third), "失败", "已在别处登记")]
        )
        recorded = run("register", "receipt", export_id, answer)
        assert "已登记：成功 0，退回 1，未答复 1" in recorded.output
        assert "已在别处登记" in recorded.output
        assert at.number(third) not in recorded.output
        assert "已经登记过" in run("register", "receipt", export_id, answer).output
        assert "已在别处登记" in run("register", "receipt", export_id).output

    def test_wrong_rows_are_listed_and_nothing_is_written(self, run, at, tmp_path):
        at.learner(at.school(), 60, stage=None)
        out, errors = tmp_path / "a.csv", tmp_path / "errors.csv"
        refused = run("register", "export", SLUG, "hours", "--out", out, "--errors-out", errors)
        assert refused.exit_code == 1
        assert "缺少学段" in refused.output
        assert not out.exists()
        assert len(spreadsheets.read(errors).rows) == 2
        allowed = run("register", "export", SLUG, "hours", "--out", out, "--allow-errors")
        assert "略去 1 行" in allowed.output
        assert out.exists()

    def test_numbers_need_a_password_that_is_no_argument(self, run, at, tmp_path, password_file):
        out = tmp_path / "a.xlsx"
        prompted = run("register", "export", SLUG, "register", "--out", out, input=f"{PASSWORD}\n{PASSWORD}\n")
        assert prompted.exit_code == 0, prompted.output
        assert PASSWORD not in prompted.output
        assert opened(out, PASSWORD)[1][1] == factories.person(1).id_number
        assert (
            "相同" in run("register", "export", SLUG, "register", "--out", out, "--password-file", password_file).output
        )
        csv = run("register", "export", SLUG, "register", "--out", tmp_path / "a.csv", "--password-file", password_file)
        assert csv.exit_code == 1
        assert "CSV" in csv.output

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("register", "export", SLUG, "nothing", "--out", "a.csv"), "没有报表 nothing"),
            (("register", "export", "no-such", "hours", "--out", "a.csv"), "没有发布过"),
            (("register", "export", SLUG, "hours", "--out", "/no/such/folder/a.csv"), "文件不能写入"),
            (("register", "diff", SLUG, "hours"), "还没有导出过"),
            (("register", "receipt", "77"), "没有编号为 77 的导出"),
            (("register", "export", SLUG, "register", "--out", "a.xlsx", "--background"), "--password-file"),
            (("results", "recompute", "no-such"), "没有发布过"),
            (("register", "contact", SLUG, "7777", "--name", "甲"), "没有代码为 7777 的单位"),
        ],
    )
    def test_what_there_is_not_is_said_in_one_line(self, run, at, arguments, says):
        result = run(*arguments, input=f"{MOBILE}\n")
        assert result.exit_code
        assert says in result.output
        assert "Traceback" not in result.output

    def test_contacts_are_asked_for_their_telephone(self, run, at, tmp_path, password_file):
        noted = run("register", "contact", SLUG, "1001", "--name", "责任甲", input=f"{MOBILE}\n")
        assert noted.exit_code == 0, noted.output
        assert MOBILE not in noted.output
        out = tmp_path / "a.xlsx"
        run("register", "export", SLUG, "contacts", "--out", out, "--password-file", password_file)
        assert opened(out, PASSWORD)[1] == ["示范第一小学", "责任甲", MOBILE]


def test_a_sample_is_drawn_once_and_shown_again(run, at, session, tmp_path):
    first = run("register", "sample", SLUG, "--round", "第一次", "--by", "督导", "--out", tmp_path / "drawn.csv")
    assert first.exit_code == 0, first.output
    assert "共 1 人；督导 于" in first.output
    again = run("register", "sample", SLUG, "--round", "第一次")
    assert "已抽取过" in again.output
    assert first.output.splitlines()[1] == again.output.splitlines()[1]
    assert session.scalar(sa.select(sa.func.count()).select_from(SampleEntry)) == 1
    assert len(spreadsheets.read(tmp_path / "drawn.csv").rows) == 2


class TestInTheBackground:
    def test_results_are_recomputed(self, run, at, work, session):
        assert "共 2 人，2 人的成绩有变化，1 人合格" in run("results", "recompute", SLUG).output
        session.execute(sa.update(Result).values(score=0))
        job_id = job_of(run("results", "recompute", SLUG, "--background"))
        work()
        assert jobs.status(job_id).result == {"enrolments": 2, "changed": 2, "passed": 1}

    def test_a_form_is_written_and_again_is_harmless(self, run, at, work, session, tmp_path, password_file, redis):
        out = tmp_path / "a.xlsx"
        arguments = (
            "register",
            "export",
            SLUG,
            "register",
            "--out",
            out,
            "--password-file",
            password_file,
            "--background",
        )
        for new in (True, False):
            job_id = job_of(run(*arguments))
            assert PASSWORD.encode() not in b"".join(map(bytes, redis.hgetall(f"rq:job:{job_id}").values()))
            work()
            done = jobs.status(job_id)
            assert (done.state, done.result["new"], done.result["rows"]) == ("done", new, 1), done
            assert opened(out, PASSWORD)[1][1] == factories.person(1).id_number
            out.unlink()
        assert session.scalar(sa.select(sa.func.count(RegisterExport.id))) == 1

    def test_wrong_rows_are_why_it_failed(self, run, at, work, tmp_path):
        at.learner(at.school(), 60, stage=None)
        errors = tmp_path / "errors.csv"
        job_id = job_of(
            run(
                "register", "export", SLUG, "hours", "--out", tmp_path / "a.csv", "--errors-out", errors, "--background"
            )
        )
        work()
        failed = jobs.status(job_id)
        assert failed.state == "failed"
        assert "学段：缺少学段" in failed.error
        assert json.dumps(failed.error, ensure_ascii=False).isprintable()
        assert len(spreadsheets.read(errors).rows) == 2


def job_of(result):
    assert result.exit_code == 0, result.output
    return result.output.split("后台任务 ")[1].split("；")[0]
