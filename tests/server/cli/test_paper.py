"""flask paper."""

import pytest

from models import Account, Organisation, Paper
from server import jobs
from server.cli.paper import paper_group
from services.papers.pdf import Printer
from tests import printing
from tests.services.awarding import AFTER, awarding

SLUG = "xuchang-2022-phase2"
FIRST = "XUCHANG-2022-PHASE2-000001"


@pytest.fixture
def run(app, session, clock):
    clock.set(AFTER)
    runner = app.test_cli_runner()

    def invoke(*arguments):
        session.commit()
        return runner.invoke(paper_group, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def them(session):
    return awarding(session)


@pytest.fixture(autouse=True)
def printer(monkeypatch):
    monkeypatch.setattr(Printer, "pdf", lambda _self, papers: " ".join(one.number for one in papers).encode())


def test_issued_printed_and_again(run, them, session, tmp_path):
    them.learner()
    them.learner(20)
    issued = run("issue", SLUG, "proof")
    assert issued.output == "共 1 张，其中新开具 1 张\n  未开具 1 人：成绩尚未合格\n"
    assert "其中新开具 0 张" in run("issue", SLUG, "proof").output
    file = tmp_path / "papers.zip"
    printed = run("print", SLUG, "proof", "-o", file)
    assert printed.exit_code == 0, printed.output
    assert "1 张" in printed.output
    assert printing.unzip(file.read_bytes()) == {"papers-000001-000001.pdf": FIRST.encode()}
    assert [path.name for path in tmp_path.glob("papers*")] == ["papers.zip"]


def test_of_one_school(run, them, session):
    learner = them.learner()
    them.learner()
    code = session.get_one(Organisation, learner.school_id).code
    assert "共 1 张" in run("issue", SLUG, "proof", "--school", code).output
    assert "没有代码为 999 的单位" in run("issue", SLUG, "proof", "--school", "999").output


def test_none_to_print_leaves_no_file(run, them, tmp_path):
    them.learner()
    said = run("print", SLUG, "proof", "-o", tmp_path / "papers.zip")
    assert said.exit_code == 1
    assert "没有已开具的证书" in said.output
    assert list(tmp_path.glob("papers*")) == []
    assert "nowhere" in run("print", SLUG, "proof", "-o", tmp_path / "nowhere" / "papers.zip").output


def test_taken_back_and_issued_again(run, them, session):
    learner = them.learner()
    run("issue", SLUG, "proof")
    assert run("revoke", FIRST, "--because", "姓名有误").output == f"已撤销 {FIRST}\n"
    assert run("revoke", FIRST, "--because", "姓名有误").exit_code == 1
    session.get_one(Account, learner.account_id).name = "林致远"
    assert run("reissue", FIRST, "--because", "姓名更正").output == f"已换发 {FIRST}\n"
    session.expire_all()
    paper = session.query(Paper).one()
    assert (paper.says["name"], paper.revoked_at) == ("林致远", None)
    assert "请写明原因" in run("revoke", FIRST, "--because", " ").output
    assert "没有编号为" in run("revoke", "X", "--because", "没有").output


def test_what_would_not_be_issued_today(run, them):
    learner = them.learner()
    bill = them.paid(learner)
    run("issue", SLUG, "completion")
    assert run("doubtful", SLUG).output == "没有存疑的证书。\n"
    bill.state = "open"
    assert "学校尚未确认缴费" in run("doubtful", SLUG).output


def test_what_there_is_not_is_one_line(run, them):
    them.learner()
    for arguments in (("issue", SLUG, "nothing"), ("issue", "nowhere", "proof"), ("doubtful", "nowhere")):
        said = run(*arguments)
        assert "Traceback" not in said.output
        assert said.exit_code == (0 if arguments[0] == "doubtful" else 1)


def test_left_to_the_worker(run, them, session, tmp_path, work):
    them.learner()
    file = tmp_path / "papers.zip"
    jobs_of = []
    for arguments in (("issue", SLUG, "proof"), ("print", SLUG, "proof", "-o", file)):
        told = run(*arguments, "--background")
        assert "已交给后台任务" in told.output, told.output
        jobs_of.append(told.output.split("后台任务 ")[1].split("；")[0])
        work()
    assert [jobs.status(one).result for one in jobs_of] == [{"papers": 1, "new": 1, "not_due": {}}, {"papers": 1}]
    assert printing.unzip(file.read_bytes()) == {"papers-000001-000001.pdf": FIRST.encode()}
