"""The commands as the operator runs them."""

import csv
import stat

import pytest
import sqlalchemy as sa

from models import Account, Enrolment, Organisation
from server import cli
from services import programmes
from tests import factories, sheets
from tests.programmes.notices import phase2_text
from tests.sheets import teacher

SLUG = "xuchang-2022-phase2"
SHARED_RULE = 'rule = "shared"\nshared = "Haolaoshi123"'


@pytest.fixture
def run(app, session):
    """run("roster", "import", …) is a command; the session is committed before."""
    if "roster" not in app.cli.commands:
        cli.install(app)

    def run(*arguments):
        session.commit()
        result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def programme(session, clock):
    factories.school(session, code="1001", name="示范第一小学")
    programmes.publish(session, phase2_text(), clock())
    session.commit()


@pytest.fixture
def random_programme(session, clock):
    factories.school(session, code="1001", name="示范第一小学")
    programmes.publish(session, phase2_text((SHARED_RULE, 'rule = "random"')), clock())
    session.commit()


@pytest.fixture
def good(tmp_path):
    return sheets.write_xlsx(tmp_path / "名单.xlsx", [sheets.HEADER, *(teacher(serial) for serial in range(1, 4))])


def count(session, table):
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(table))


class TestImport:
    def test_says_in_a_table_what_it_did(self, run, session, programme, good):
        result = run("roster", "import", good, "--programme", SLUG)
        assert result.exit_code == 0
        assert result.output.splitlines() == ["共  新增  更新  已存在  错误", "3   3     0     0       0", "导入完成。"]
        assert count(session, Enrolment) == 3

    def test_again_says_that_everybody_is_there(self, run, session, programme, good):
        run("roster", "import", good, "--programme", SLUG)
        assert "3   0     0     3       0" in run("roster", "import", good, "--programme", SLUG).output
        assert count(session, Account) == 3

    def test_a_dry_run_says_the_same_and_does_nothing(self, run, session, programme, good):
        result = run("roster", "import", good, "--programme", SLUG, "--dry-run")
        assert result.exit_code == 0
        assert "3   3     0     0       0" in result.output
        assert "没有导入" in result.output
        assert count(session, Account) == 0

    def test_new_schools_are_named(self, run, session, programme, tmp_path):
        file = sheets.roster(tmp_path / "a.csv", teacher(1, school="新建小学"))
        assert run("roster", "import", file, "--programme", SLUG).exit_code == 1
        assert "新建学校：新建小学" in run("roster", "import", file, "--programme", SLUG, "--create-schools").output
        assert count(session, Organisation) == 2

    def test_a_long_import_says_how_far_it_is(self, run, programme, good, monkeypatch):
        monkeypatch.setattr("server.cli.roster.LONG", 2)
        output = run("roster", "import", good, "--programme", SLUG).output
        assert "正在检查" in output
        assert "已处理 3 / 3 行" in output


class TestErrors:
    def test_end_with_1_and_are_told_row_by_row(self, run, session, programme, tmp_path):
        file = sheets.roster(tmp_path / "a.csv", teacher(1), teacher(2, stage="大学"), teacher(3, name=""))
        result = run("roster", "import", file, "--programme", SLUG)
        assert result.exit_code == 1
        assert "3     学段  学段“大学”不认识" in result.output
        assert "4     姓名  请填写姓名" in result.output
        assert "3   1     0     0       2" in result.output
        assert count(session, Account) == 0

    def test_a_dry_run_with_errors_ends_with_1_too(self, run, programme, tmp_path):
        file = sheets.roster(tmp_path / "a.csv", teacher(1, name=""))
        assert run("roster", "import", file, "--programme", SLUG, "--dry-run").exit_code == 1

    def test_the_first_fifty_are_printed_and_all_are_written(self, run, programme, tmp_path):
        file = sheets.roster(tmp_path / "a.csv", *(teacher(serial, name="") for serial in range(1, 61)))
        result = run("roster", "import", file, "--programme", SLUG, "--errors-out", tmp_path / "errors.csv")
        assert result.output.count("请填写姓名") == 50
        assert "还有 10 处错误" in result.output
        with (tmp_path / "errors.csv").open(encoding="utf-8-sig", newline="") as written:
            rows = list(csv.reader(written))
        assert rows[:2] == [["行号", "列", "原因"], ["2", "姓名", "请填写姓名"]]
        assert len(rows) == 61

    def test_a_formula_in_a_header_does_not_come_alive_in_the_error_file(self, run, programme, tmp_path):
        rows = [
            ["=HYPERLINK(1)（学段）", "姓名", "身份证号", "学校", "学段"],
            ["", *teacher(1, name="")[:2], "", "大学"],
        ]
        file = sheets.write_csv(tmp_path / "a.csv", rows)
        run("roster", "import", file, "--programme", SLUG, "--errors-out", tmp_path / "errors.csv")
        with (tmp_path / "errors.csv").open(encoding="utf-8-sig", newline="") as written:
            assert not any(cell.startswith("=") for row in csv.reader(written) for cell in row)

    def test_the_roster_itself_is_not_overwritten_by_its_errors(self, run, programme, good):
        before = good.read_bytes()
        assert run("roster", "import", good, "--programme", SLUG, "--errors-out", good).exit_code == 2
        assert good.read_bytes() == before

    @pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\0", b"PK\x03\x04", "没有表头".encode()])
    def test_a_file_that_is_no_roster_is_one_chinese_line(self, run, programme, tmp_path, data):
        (tmp_path / "a.xlsx").write_bytes(data)
        result = run("roster", "import", tmp_path / "a.xlsx", "--programme", SLUG)
        assert result.exit_code == 1
        assert len(result.output.splitlines()) == 1
        assert result.output.endswith("。\n")

    def test_an_unknown_programme_and_an_unknown_school_are_told(self, run, programme, good):
        assert "没有发布过项目 nowhere" in run("roster", "import", good, "--programme", "nowhere").output
        assert "9999" in run("roster", "import", good, "--programme", SLUG, "--school", "9999").output


class TestRandomPasswords:
    def test_need_a_place_to_go(self, run, session, random_programme, good):
        result = run("roster", "import", good, "--programme", SLUG)
        assert result.exit_code == 2
        assert "--passwords-out" in result.output
        assert count(session, Account) == 0

    def test_do_not_need_one_for_a_dry_run(self, run, random_programme, good):
        assert run("roster", "import", good, "--programme", SLUG, "--dry-run").exit_code == 0

    def test_go_to_a_file_that_only_the_owner_reads_and_work(self, run, client, random_programme, good, tmp_path):
        out = tmp_path / "passwords.csv"
        result = run("roster", "import", good, "--programme", SLUG, "--passwords-out", out)
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        with out.open(encoding="utf-8-sig", newline="") as written:
            header, *rows = csv.reader(written)
        assert header == ["行号", "姓名", "身份证号", "初始密码"]
        assert [row[0] for row in rows] == ["2", "3", "4"]
        assert rows[0][3] not in result.output
        sign_in = {"id_number": factories.person(1).id_number, "password": rows[0][3]}
        assert client.post("/v1/auth/password", json=sign_in).status_code == 200

    def test_never_replace_a_file(self, run, session, random_programme, good, tmp_path):
        (tmp_path / "passwords.csv").write_text("last year's")
        result = run("roster", "import", good, "--programme", SLUG, "--passwords-out", tmp_path / "passwords.csv")
        assert result.exit_code == 2
        assert (tmp_path / "passwords.csv").read_text() == "last year's"
        assert count(session, Account) == 0

    @pytest.mark.parametrize("place", ["nowhere/passwords.csv", "."])
    def test_that_cannot_be_written_stop_the_import(self, run, session, random_programme, good, tmp_path, place):
        assert run("roster", "import", good, "--programme", SLUG, "--passwords-out", tmp_path / place).exit_code
        assert count(session, Account) == 0

    def test_are_gone_again_when_the_import_fails(self, run, session, random_programme, good, tmp_path, monkeypatch):
        out = tmp_path / "passwords.csv"
        real = sa.orm.Session.commit

        def commit(self):
            if out.exists():
                raise RuntimeError("the database went away")
            real(self)

        monkeypatch.setattr("sqlalchemy.orm.Session.commit", commit)
        with pytest.raises(RuntimeError):
            run("roster", "import", good, "--programme", SLUG, "--passwords-out", out)
        monkeypatch.undo()
        assert not out.exists()
        assert count(session, Account) == 0


class TestSecrecy:
    def test_no_output_holds_an_id_number_or_a_mobile(self, run, random_programme, tmp_path, caplog):
        bad = [
            teacher(1, name="周若溪"),
            teacher(2, mobile=factories.person(2).id_number),
            teacher(3, school=factories.person(3).id_number),
            teacher(4, name=factories.person(4).id_number),
            teacher(5, id_number=factories.person(5).id_number[:-1] + "?"),
            teacher(6),
            teacher(6),
        ]
        good = sheets.roster(tmp_path / "good.csv", *(teacher(serial) for serial in range(1, 4)))
        passwords, errors = tmp_path / "passwords.csv", tmp_path / "errors.csv"
        said = run("roster", "import", good, "--programme", SLUG, "--passwords-out", passwords).output
        said += run(
            *("roster", "import", sheets.roster(tmp_path / "bad.csv", *bad), "--programme", SLUG),
            *("--errors-out", errors, "--dry-run"),
        ).output
        said += passwords.read_text("utf-8") + errors.read_text("utf-8") + caplog.text
        for serial in range(1, 7):
            assert factories.person(serial).id_number[-6:] not in said
            assert factories.person(serial).id_number[6:14] not in said
            assert factories.person(serial).mobile not in said


class TestSchools:
    def test_are_added_and_listed(self, run, session):
        assert run("school", "add", "41", "示范市", "--kind", "city").exit_code == 0
        assert run("school", "add", "4101", "示范第一小学", "--parent", "41").output == "已添加：4101 示范第一小学\n"
        assert run("school", "list").output.splitlines() == [
            "代码  类别    名称          上级",
            "41    city    示范市",
            "4101  school  示范第一小学  41",
        ]

    def test_a_code_is_used_once(self, run, session):
        run("school", "add", "41", "示范市")
        result = run("school", "add", "41", "另一市")
        assert result.exit_code == 1
        assert "已经有单位使用" in result.output
        assert count(session, Organisation) == 1

    def test_the_one_above_must_be_there(self, run, session):
        assert "没有代码为 41 的单位" in run("school", "add", "4101", "示范第一小学", "--parent", "41").output
        assert count(session, Organisation) == 0

    def test_an_empty_list_is_only_its_head(self, run):
        assert run("school", "list").output == "代码  类别  名称  上级\n"
