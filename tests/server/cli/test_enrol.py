"""`flask enrol …` as staff run it."""

import pytest
import sqlalchemy as sa

from models import Account, Enrolment, Workshop
from server import cli
from services import id_numbers, programmes
from tests import factories, sheets
from tests.programmes.notices import EXEMPTION, QUOTA, phase2_text
from tests.sheets import teacher
from tests.teachers import collaborators

SLUG = "xuchang-2022-phase2"
CERTIFICATE = ("--kind", "national", "--number", "GP-1", "--date", "2022-05-01")


@pytest.fixture
def run(app, session):
    if "enrol" not in app.cli.commands:
        cli.install(app)

    def run(*arguments, typed=None):
        session.commit()
        result = app.test_cli_runner().invoke(args=["enrol", *map(str, arguments)], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        session.expire_all()
        return result

    return run


@pytest.fixture
def enrolment(app, session, clock) -> Enrolment:
    school = factories.school(session, code="1001", name="示范第一小学")
    who = factories.person(1)
    index = collaborators(app).vault.index(id_numbers.parse(who.id_number))
    account = factories.account(
        session, name=who.name, id_index=index, school_id=school.id, stage="小学", subject="语文"
    )
    programme = programmes.publish(session, phase2_text(EXEMPTION, QUOTA), clock())
    made = factories.enrolment(session, account, programme, status="active")
    session.commit()
    return made


class TestWho:
    def test_may_be_typed_and_is_not_shown(self, run, enrolment):
        number = factories.person(1).id_number
        result = run("exempt", SLUG, *CERTIFICATE, typed=f"{number}\n")
        assert result.exit_code == 0, result.output
        assert number not in result.output
        assert enrolment.status == "exempt"
        assert "已免修：国培计划培训合格证书，证书 GP-1，2022-05-01" in result.output

    def test_a_file_that_is_no_text_is_said_to_be_none(self, run, enrolment, tmp_path):
        file = tmp_path / "who.txt"
        file.write_text(factories.person(1).id_number, "utf-16")
        result = run("withdraw", SLUG, "--id-file", file)
        assert (result.exit_code, enrolment.status) == (2, "active")
        assert "不是 UTF-8 文本" in result.output

    def test_may_stand_in_a_file_or_come_from_standard_input(self, run, enrolment, tmp_path):
        file = tmp_path / "who.txt"
        file.write_text(f"\ufeff{factories.person(1).id_number.lower()}\n", "utf-8")
        assert run("withdraw", SLUG, "--id-file", file).exit_code == 0
        assert enrolment.status == "withdrawn"
        assert run("withdraw", SLUG, "--id-file", "-", typed=factories.person(1).id_number).exit_code == 0

    def test_may_be_an_account_id(self, run, enrolment):
        assert run("withdraw", SLUG, "--account", enrolment.account_id).exit_code == 0
        assert enrolment.status == "withdrawn"

    def test_is_never_an_argument(self, run, enrolment):
        number = factories.person(1).id_number
        assert run("withdraw", SLUG, number).exit_code == 2
        assert run("withdraw", SLUG, "--account", number).exit_code == 2

    @pytest.mark.parametrize(
        ("typed", "says"),
        [("123\n", "长度不正确"), (factories.person(2).id_number + "\n", "没有账号")],
    )
    def test_must_be_somebody(self, run, enrolment, typed, says):
        result = run("withdraw", SLUG, typed=typed)
        assert result.exit_code == 1
        assert says in result.output

    def test_must_be_enrolled(self, run, enrolment, session):
        other = factories.account(session)
        assert "没有报名" in run("withdraw", SLUG, "--account", other.id).output
        assert "没有这个账号" in run("withdraw", SLUG, "--account", 12345).output
        assert "没有发布过项目" in run("withdraw", "nowhere", "--account", enrolment.account_id).output


class TestExempt:
    def test_is_undone(self, run, enrolment):
        me = ("--account", enrolment.account_id)
        run("exempt", SLUG, *CERTIFICATE, *me)
        assert "不再免修" in run("unexempt", SLUG, *me).output
        assert "没有免修" in run("unexempt", SLUG, *me).output
        assert enrolment.status == "active"

    def test_a_kind_that_the_notice_does_not_know_is_refused_with_those_it_does(self, run, enrolment):
        options = ("--kind", "x", "--number", "1", "--date", "2022-05-01", "--account", enrolment.account_id)
        result = run("exempt", SLUG, *options)
        assert result.exit_code == 1
        assert "national（国培计划培训合格证书）" in result.output


class TestQuota:
    def test_is_set_listed_and_binds(self, run, enrolment, session):
        assert run("quota", "set", SLUG, "1001", 2).output == "示范第一小学：名额 2，已用 1，还剩 1\n"
        assert run("quota", "list", SLUG).output.splitlines()[1].split() == [
            "1001",
            "示范第一小学",
            "全部",
            "2",
            "1",
            "1",
        ]
        result = run("quota", "set", SLUG, "1001", 0)
        assert result.exit_code == 1
        assert "已经用了 1 个名额，不能改为 0 个" in result.output
        assert "没有代码为 9" in run("quota", "set", SLUG, "9", 1).output
        assert run("quota", "set", SLUG, "1001", "many").exit_code == 2

    def test_who_comes_back_needs_a_place(self, run, enrolment):
        me = ("--account", enrolment.account_id)
        run("withdraw", SLUG, *me)
        assert "还没有分配名额" in run("reinstate", SLUG, *me).output
        run("quota", "set", SLUG, "1001", 1)
        assert run("reinstate", SLUG, *me).exit_code == 0
        assert enrolment.status == "active"


def test_a_move_is_told_with_its_history(run, enrolment, session):
    factories.school(session, code="1002", name="示范第二小学")
    run("quota", "set", SLUG, "1002", 1)
    result = run("move", SLUG, "--to", "1002", "--reason", "调动", "--account", enrolment.account_id)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].split() == ["2022-08-01", "示范第一小学", "示范第二小学", "调动"]
    assert "没有代码为 9999" in run("move", SLUG, "--to", "9999", "--account", enrolment.account_id).output


def test_make_up_says_that_there_is_nothing_to_do(run, enrolment):
    assert run("make-up", SLUG).output == "没有新的补学报名。\n"


class TestWorkshops:
    def test_are_imported_filled_and_listed(self, run, enrolment, tmp_path):
        header = ("坊名称", "学段", "学科", "坊主证件号")
        file = sheets.write_xlsx(
            tmp_path / "坊.xlsx", [header, ["语文坊", "小学", "语文", factories.person(1).id_number]]
        )
        result = run("workshops", "import", SLUG, file)
        assert result.output == "新增工作坊 1 个，更新 0 个；1 人按学段学科分入工作坊。\n"
        listed = run("workshops", "list", SLUG).output
        assert listed.splitlines()[1].split()[1:] == ["语文坊", "小学", "语文", factories.person(1).name, "1"]
        assert factories.person(1).id_number not in result.output + listed

    def test_a_wrong_list_changes_nothing_and_says_why(self, run, enrolment, session, tmp_path):
        file = sheets.write_csv(tmp_path / "坊.csv", [("坊名称", "学段"), ("一坊", "小学"), ("二坊", "大学")])
        result = run("workshops", "import", SLUG, file)
        assert result.exit_code == 1
        assert "学段“大学”不认识" in result.output
        assert session.scalars(sa.select(Workshop)).all() == []

    def test_a_file_that_is_none_is_one_line(self, run, enrolment, tmp_path):
        (tmp_path / "x.xlsx").write_bytes(b"nothing")
        assert run("workshops", "import", SLUG, tmp_path / "x.xlsx").exit_code == 1


def test_a_late_roster_needs_its_reason(app, session, clock, tmp_path, run):
    closes = ('who = "各县（市、区）、市直各中小学幼儿园教师"\n', 'who = "全体教师"\ncloses = 2022-07-20\n')
    factories.school(session, code="1001", name="示范第一小学")
    programmes.publish(session, phase2_text(closes), clock())
    session.commit()
    file = sheets.roster(tmp_path / "a.csv", teacher(1))
    asked = ["roster", "import", str(file), "--programme", SLUG]
    refused = app.test_cli_runner().invoke(args=asked)
    assert refused.exit_code == 1
    assert "报名已于 2022-07-20 截止" in refused.output
    assert app.test_cli_runner().invoke(args=[*asked, "--late", "新入职"]).exit_code == 0
    assert session.scalars(sa.select(Enrolment.late_reason)).all() == ["新入职"]
    assert session.scalars(sa.select(Account.name)).all() == [factories.person(1).name]
