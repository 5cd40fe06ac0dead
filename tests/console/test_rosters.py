"""Rosters in the console: uploaded, looked at, taken in as they were seen, in reach."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Enrolment, Organisation, Programme, RosterImport, Upload
from services import id_numbers, programmes
from services.rosters import imports
from services.tables import spreadsheets
from tests import factories, teachers
from tests.conftest import FakeClock
from tests.console import rosters
from tests.console.conftest import Staff, Tree
from tests.console.rosters import Done, code_of, roster, send
from tests.programmes.notices import phase2_text
from tests.sheets import HEADER, teacher

SLUG = "xuchang-2022-phase2"
RANDOM = ('rule = "shared"\nshared = "Haolaoshi123"', 'rule = "random"')


@pytest.fixture
def programme(session: Session, clock: FakeClock) -> Programme:
    made = programmes.publish(session, phase2_text(), clock())
    session.commit()
    return made


@pytest.fixture
def jobs(app: Flask) -> Done:
    return rosters.jobs_at_once(app)


@pytest.fixture
def county(staff: Callable[..., Staff], tree: Tree, programme: Programme, jobs: Done) -> Staff:
    return staff("county_admin", tree.east)


def east(serial: int, **changes: str) -> list[str]:
    return teacher(serial, **({"school": "东县一小"} | changes))


def account_of(app: Flask, session: Session, serial: int) -> Account | None:
    session.rollback()
    index = teachers.collaborators(app).vault.index(id_numbers.parse(factories.person(serial).id_number))
    return session.scalar(sa.select(Account).where(Account.id_index == index))


def count(session: Session, table: Any) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def brought(staff: Staff, *rows: list[str], **fields: str) -> str:
    return code_of(send(staff, roster(*rows), slug=SLUG, **fields))


def seen(staff: Staff, code: str) -> str:
    reply = staff.get(f"/rosters/{code}", follow_redirects=True)
    assert reply.status_code == 200
    return str(reply.text)


def take_in(staff: Staff, code: str, **form: str) -> Any:
    return staff.post(f"/rosters/{code}/take-in", form, follow_redirects=True)


class TestTakingIn:
    def test_looking_changes_nothing_and_taking_in_does_what_was_seen(
        self, app: Flask, session: Session, county: Staff
    ) -> None:
        code = brought(county, east(1), east(2))
        page = seen(county, code)
        assert "没有错误" in page
        assert "导入全部 2 行" in page
        assert account_of(app, session, 1) is None
        assert "已导入：新增 2 人" in take_in(county, code).text
        account = account_of(app, session, 1)
        assert account is not None
        assert count(session, Enrolment) == 2
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "import_roster")).one()
        assert entry.detail["counts"] == {"added": 2, "changed": 0, "known": 0, "wrong": 0}

    def test_sent_twice_it_is_done_once(self, session: Session, county: Staff, jobs: Done) -> None:
        code = brought(county, east(1))
        seen(county, code)
        jobs.held = True
        take_in(county, code)
        assert "正在" in take_in(county, code).text or "排队" in take_in(county, code).text
        jobs.held = False
        jobs.run()
        assert "已导入" in take_in(county, code).text
        assert (count(session, RosterImport), jobs.names) == (1, ["roster_take_in"])

    def test_the_same_file_again_changes_nobody(self, session: Session, county: Staff) -> None:
        for _ in range(2):
            code = brought(county, east(1))
            seen(county, code)
            page = take_in(county, code).text
        assert "新增 0 人，更新 0 人，1 人原来就有" in page
        assert count(session, Enrolment) == 1

    def test_nothing_is_taken_in_that_nobody_looked_at(self, session: Session, county: Staff) -> None:
        code = brought(county, east(1))
        assert take_in(county, code).status_code == 409
        assert count(session, Account) == 1

    def test_what_changed_since_it_was_seen_is_not_taken_in(
        self, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        """Two administrators with the same people at once."""
        other = staff("city_admin", tree.city)
        codes = brought(county, east(1), east(2)), brought(other, east(2), east(3))
        for who, code in zip((county, other), codes, strict=True):
            seen(who, code)
        assert "已导入" in take_in(county, codes[0]).text
        page = take_in(other, codes[1]).text
        assert "数据有变化" in page
        assert count(session, Enrolment) == 2
        other.post(f"/rosters/{codes[1]}/look-again")
        assert "导入全部 2 行" in seen(other, codes[1])
        assert "新增 1 人，更新 0 人，1 人原来就有" in take_in(other, codes[1]).text

    def test_a_long_roster_is_looked_at_in_the_background(
        self, county: Staff, jobs: Done, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "AT_ONCE", 2)
        jobs.held = True
        code = brought(county, east(1), east(2), east(3))
        page = seen(county, code)
        assert 'hx-trigger="every 1s"' in page
        assert county.get(f"/rosters/{code}/progress").status_code == 200
        jobs.run()
        over = county.get(f"/rosters/{code}/progress")
        assert (over.status_code, over.headers["HX-Redirect"]) == (204, f"/console/rosters/{code}")
        assert "导入全部 3 行" in seen(county, code)
        assert jobs.names == ["roster_look"]


class TestWrongRows:
    def test_are_told_and_given_back_to_mend(self, app: Flask, session: Session, county: Staff) -> None:
        code = brought(county, east(1), east(2, id_number="999999198001010013"), east(3, name=""))
        page = seen(county, code)
        assert "2 行有错误" in page
        assert "校验码" in page
        assert factories.person(3).id_number not in page
        upload = session.scalars(sa.select(Upload).where(Upload.kind == "roster_errors")).one()
        reply = county.post(f"/uploads/roster_errors/{upload.code}/download")
        assert reply.headers["Content-Type"].startswith("application/vnd.openxml")
        table = spreadsheets.read(reply.data)
        assert table.rows[0].cells[1:] == list(HEADER)
        assert [row.cells[2] for row in table.rows[1:]] == ["999999198001010013", factories.person(3).id_number]
        assert "校验码" in table.rows[1].cells[0]
        exported = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export")).one()
        assert exported.target_id == str(upload.id)
        again = code_of(send(county, reply.data, name="改好.xlsx", slug=SLUG))
        assert "2 行有错误" in seen(county, again)

    def test_keep_the_whole_roster_out_unless_the_person_chooses(
        self, app: Flask, session: Session, county: Staff
    ) -> None:
        code = brought(county, east(1), east(2, mobile="12"))
        assert "只导入正确的 1 行" in seen(county, code)
        assert take_in(county, code).status_code == 422
        assert count(session, Enrolment) == 0
        page = take_in(county, code, partial="yes").text
        assert "有错误的 1 行没有导入" in page
        assert account_of(app, session, 1) is not None
        assert account_of(app, session, 2) is None

    def test_make_no_school(self, session: Session, county: Staff, tree: Tree) -> None:
        rows = east(1, school="东县新小学"), east(2, school="写错的小学", mobile="12")
        code = brought(county, *rows, under=str(tree.east.id))
        assert "将新建 1 所学校" in seen(county, code)
        take_in(county, code, partial="yes")
        session.rollback()
        made = session.scalars(sa.select(Organisation).where(Organisation.name.in_(("东县新小学", "写错的小学")))).all()
        assert [(school.name, school.parent_id) for school in made] == [("东县新小学", tree.east.id)]

    @pytest.mark.parametrize(
        ("rows", "told"),
        [
            ([east(1), east(1)], "与第 2 行的证件号码相同"),
            ([east(1), east(2, school="")], "合并的单元格"),
            ([east(1, id_number="=A1")], "证件号码"),
            ([east(1, id_number="9.99999198001010E+17")], "末几位丢失"),
        ],
        ids=["twice in the file", "merged cells", "a formula", "a number"],
    )
    def test_say_what_to_do(self, county: Staff, rows: list[list[str]], told: str) -> None:
        assert told in seen(county, brought(county, *rows))


class TestReach:
    def test_a_row_for_a_school_of_others_is_an_error(self, app: Flask, session: Session, county: Staff) -> None:
        page = seen(county, brought(county, teacher(1, school="西县一小"), teacher(2, school="市直一中"), east(3)))
        assert page.count("这所学校不在您的管理范围") == 2
        assert account_of(app, session, 1) is None

    def test_nobody_takes_people_of_others_away(self, app: Flask, session: Session, county: Staff, tree: Tree) -> None:
        theirs = teachers.enlist(app, session, school_id=tree.west_school.id)
        row = ["假名", theirs.id_number, "19900001111", "东县一小", "小学", "语文"]
        page = seen(county, brought(county, row))
        assert "不在您的管理范围" in page
        assert theirs.name[0] + "*" not in page
        code = brought(county, row, east(5))
        seen(county, code)
        take_in(county, code, partial="yes")
        session.rollback()
        account = session.get_one(Account, theirs.account_id)
        assert account.school_id == tree.west_school.id

    def test_of_two_schools_of_one_name_the_own_one_is_meant(
        self, app: Flask, session: Session, county: Staff, tree: Tree
    ) -> None:
        own = factories.school(session, name="中心小学", parent_id=tree.east.id)
        factories.school(session, name="中心小学", parent_id=tree.west.id)
        code = brought(county, east(1, school="中心小学"))
        seen(county, code)
        take_in(county, code)
        account = account_of(app, session, 1)
        assert account is not None
        assert account.school_id == own.id

    def test_a_schools_administrator_needs_no_school_column_and_makes_no_schools(
        self, app: Flask, session: Session, staff: Callable[..., Staff], tree: Tree, programme: Programme, jobs: Done
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        assert 'name="under"' not in admin.get("/rosters").text
        code = brought(admin, teacher(1, school=""), teacher(2, school="另一所小学"), under=str(tree.east.id))
        assert "没有名为" in seen(admin, code)
        take_in(admin, code, partial="yes")
        account = account_of(app, session, 1)
        assert account is not None
        assert account.school_id == tree.east_school.id

    def test_the_mobile_of_a_higher_one_is_not_changed(
        self, app: Flask, session: Session, staff: Callable[..., Staff], tree: Tree, programme: Programme, jobs: Done
    ) -> None:
        boss = staff("county_admin", tree.east)
        account = session.get_one(Account, boss.account_id)
        account.school_id = tree.east_school.id
        number = teachers.collaborators(app).vault.open(account.id_envelope, account.id)
        session.commit()
        admin = staff("school_admin", tree.east_school)
        page = seen(admin, brought(admin, [account.name, number, "19900001111", "", "小学", "语文"]))
        assert "同级或上级管理人员" in page

    def test_nor_is_the_enrolment_of_a_colleague_of_the_own_rank(
        self, app: Flask, session: Session, staff: Callable[..., Staff], tree: Tree, programme: Programme, jobs: Done
    ) -> None:
        """The account stays as it is; what would change is the enrolment alone."""
        account = session.get_one(Account, staff("school_admin", tree.east_school).account_id)
        account.school_id = tree.east_school.id
        factories.enrolment(session, account, programme, school_id=tree.east_school.id, home_school="西县一小")
        number = teachers.collaborators(app).vault.open(account.id_envelope, account.id)
        session.commit()
        admin = staff("school_admin", tree.east_school)
        file = roster([account.name, number, "在编"], header=("姓名", "身份证号", "人员类别"))
        assert "同级或上级管理人员" in seen(admin, code_of(send(admin, file, slug=SLUG)))

    def test_anothers_upload_is_not_there(
        self, county: Staff, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        code = brought(county, east(1), east(2, mobile="1"))
        seen(county, code)
        errors = session.scalars(sa.select(Upload.code).where(Upload.kind == "roster_errors")).one()
        other = staff("operator")
        assert other.get(f"/rosters/{code}").status_code == 404
        assert other.post(f"/rosters/{code}/take-in").status_code == 404
        assert other.post(f"/uploads/roster_errors/{errors}/download").status_code == 404


class TestTakingBack:
    @pytest.fixture
    def imported(self, session: Session, county: Staff) -> int:
        code = brought(county, east(1), east(2))
        seen(county, code)
        take_in(county, code)
        return session.scalars(sa.select(RosterImport.id)).one()

    @pytest.mark.parametrize("at_once", [True, False])
    def test_is_told_beforehand_done_once_and_written_down(
        self, session: Session, county: Staff, imported: int, at_once: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "AT_ONCE", imports.AT_ONCE if at_once else 1)
        assert "删去 2 个报名" in county.get(f"/rosters/imports/{imported}/undo").text
        for _ in range(2):
            page = county.post(f"/rosters/imports/{imported}/undo", follow_redirects=True).text
        assert "删去 2 个报名、2 个账号" in page
        assert count(session, Enrolment) == 0
        assert len(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "undo_import")).all()) == 1
        assert "已撤销" in county.get("/rosters/imports").text

    def test_is_for_those_above_alone(
        self, county: Staff, imported: int, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        for other in (staff("county_admin", tree.west), staff("school_admin", tree.east_school)):
            assert other.get(f"/rosters/imports/{imported}").status_code == 404
            assert other.post(f"/rosters/imports/{imported}/undo").status_code == 404
        assert staff("city_admin", tree.city).get(f"/rosters/imports/{imported}").status_code == 200


class TestFirstPasswords:
    @pytest.fixture
    def programme(self, session: Session, clock: FakeClock) -> Programme:
        made = programmes.publish(session, phase2_text(RANDOM), clock())
        session.commit()
        return made

    def test_random_ones_are_fetched_once(self, app: Flask, session: Session, county: Staff, clock: FakeClock) -> None:
        code = brought(county, east(1))
        seen(county, code)
        assert "初始密码只能下载一次" in take_in(county, code).text
        secret = session.scalars(sa.select(Upload.code).where(Upload.kind == "credentials")).one()
        first = county.post(f"/uploads/credentials/{secret}/download")
        password = spreadsheets.read(first.data).rows[1].cells[3]
        account = account_of(app, session, 1)
        assert teachers.collaborators(app).passwords.check(account, password, teachers.collaborators(app).vault)
        assert factories.person(1).id_number not in str(spreadsheets.read(first.data).rows)
        assert county.post(f"/uploads/credentials/{secret}/download").status_code == 410
        assert "已下载过" in seen(county, code)

    def test_and_are_gone_after_a_day(self, session: Session, county: Staff, clock: FakeClock) -> None:
        code = brought(county, east(1))
        seen(county, code)
        take_in(county, code)
        secret = session.scalars(sa.select(Upload).where(Upload.kind == "credentials")).one()
        assert (secret.expires_at - clock()).total_seconds() == 86400


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_the_encodings_that_excel_writes_are_read(app: Flask, session: Session, county: Staff, encoding: str) -> None:
    code = code_of(send(county, roster(east(1), encoding=encoding), slug=SLUG))
    assert "导入全部 1 行" in seen(county, code)


def test_a_file_without_the_columns_is_answered_and_may_be_replaced(county: Staff) -> None:
    code = code_of(send(county, "甲,乙\n一,二\n".encode(), slug=SLUG))
    page = seen(county, code)
    assert "没有找到表头" in page
    assert "换一个文件" in page
    assert "没有这个项目" in seen(county, code_of(send(county, roster(east(1)), slug="no-such")))
