"""Results entered by a school: as a list, checked, then taken in in the background; or one teacher's by a form."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Achievement, Appointment, AuditEntry, Enrolment
from services import id_numbers
from services.tables import spreadsheets
from tests import factories, sheets, teachers
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.instant_jobs import InstantJobs, with_instant_jobs
from tests.services.handing_in.class_room import Class, class_of

SLUG = "xuchang-2022-phase2"
HEADER = ("姓名", "身份证号", "考核项", "成绩", "是否合格", "备注")


@dataclass
class Cast:
    """One learner in the east and one in the west, in a programme with a part of every kind."""

    session: Session
    them: Class
    east: Enrolment
    west: Enrolment
    numbers: dict[int, str]

    def row(self, enrolment: Enrolment, mark: str = "90", name: str = "") -> tuple[str, ...]:
        return name, self.numbers[enrolment.id], "结业测试", mark, "", ""

    def rows(self) -> list[Achievement]:
        self.session.rollback()
        return list(self.session.scalars(sa.select(Achievement).order_by(Achievement.id)))

    def done(self) -> list[str]:
        rows = self.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.serial))
        return [f"{row.action}:{row.detail.get('step', '')}" for row in rows if row.result == "done"]


@pytest.fixture
def cast(app: Flask, session: Session, tree: Tree) -> Cast:
    them = class_of(session, 0)
    numbers: dict[int, str] = {}

    def learner(school_id: int) -> Enrolment:
        enrolment = them.learner()
        person = factories.person()
        account = session.get_one(Account, enrolment.account_id)
        account.id_index = teachers.collaborators(app).vault.index(id_numbers.parse(person.id_number))
        account.school_id = enrolment.school_id = school_id
        numbers[enrolment.id] = person.id_number
        return enrolment

    made = Cast(session, them, learner(tree.east_school.id), learner(tree.west_school.id), numbers)
    session.commit()
    return made


@pytest.fixture
def jobs(app: Flask) -> InstantJobs:
    return with_instant_jobs(app)


def upload(admin: Staff, *rows: tuple[str, ...], **fields: str) -> str:
    """Where the page of the upload is."""
    file = (io.BytesIO(sheets.csv_bytes([HEADER, *rows])), "成绩.csv")
    data: dict[str, Any] = {"slug": SLUG, "part": "", "file": file} | fields
    reply = admin.post("/uploads/marks", data, content_type="multipart/form-data")
    return str(reply.location).removeprefix("/console")


def test_nobody_enters_results_of_the_own_rank(
    staff: Callable[..., Staff], tree: Tree, cast: Cast, jobs: InstantJobs, clock: FakeClock
) -> None:
    """Nor the own ones: whoever has the role is of its rank."""
    held = Appointment(
        account_id=cast.east.account_id, role="school_admin", organisation_id=tree.east_school.id, appointed_at=clock()
    )
    cast.session.add(held)
    cast.session.commit()
    equal, above = staff("school_admin", tree.east_school), staff("county_admin", tree.east)
    at, given = f"/evidence/{cast.east.id}", {"mark": "90"}
    assert equal.post(f"{at}/exam", given).status_code == 403
    assert "不能对同级或上级人员" in equal.get(at).text
    assert "同级、上级管理人员" in equal.get(upload(equal, cast.row(cast.east))).text
    assert cast.rows() == []
    assert "将新登记 <strong>1</strong> 项" in above.get(upload(above, cast.row(cast.east))).text
    assert above.post(f"{at}/exam", given).status_code == 302
    assert len(cast.rows()) == 1


class TestAList:
    def test_is_looked_at_first_and_taken_in_once(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, jobs: InstantJobs
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        where = upload(admin, cast.row(cast.east))
        assert "将新登记 <strong>1</strong> 项" in admin.get(where).text
        assert cast.rows() == []
        for _ in range(2):
            admin.post(where)
        [row] = cast.rows()
        assert (row.mark, row.entered_by, row.graded_by) == (90.0, admin.account_id, admin.account_id)
        assert len(jobs.started) == 1
        for page in (where, f"{where}/progress"):
            assert "登记完成" in admin.get(page).text
        assert cast.done() == ["evidence:start", "evidence:import"]

    def test_a_foreign_teachers_row_is_an_error_that_tells_nothing_of_them(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session, jobs: InstantJobs
    ) -> None:
        name = session.get_one(Account, cast.west.account_id).name
        admin = staff("county_admin", tree.east)
        where = upload(
            admin,
            cast.row(cast.east),
            cast.row(cast.west, name="不是此人"),
            (name, "", "结业测试", "90", "", ""),
        )
        page = admin.get(where).text
        assert "有 2 处错误" in page
        assert "或不归您管理" in page
        assert name[0] + "*" not in page
        admin.post(where)  # by hand: the page offers no button
        assert "没有登记" in admin.get(where).text
        assert cast.rows() == []
        file = admin.get(f"{where}/errors.csv").data.decode("utf-8-sig")
        assert len(file.splitlines()) == 3
        assert cast.numbers[cast.west.id] not in page + file

    def test_anothers_file_is_not_found(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, jobs: InstantJobs
    ) -> None:
        where = upload(staff("school_admin", tree.east_school), cast.row(cast.east))
        other = staff("school_admin", tree.east_school)
        for ask in (other.get, other.post):
            assert ask(where).status_code == 404
        assert other.get(f"{where}/progress").status_code == 404
        assert other.get(f"{where}/errors.csv").status_code == 404
        assert jobs.started == []

    def test_nothing_is_taken_in_for_somebody_whose_role_has_ended(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, app: Flask, session: Session, jobs: InstantJobs
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        where = upload(admin, cast.row(cast.east))

        def ended(name: str, /, **arguments: Any) -> str:
            with app.app_context():
                session.execute(sa.update(Appointment).values(ended_at=teachers.collaborators(app).clock()))
                session.commit()
            return InstantJobs.enqueue(jobs, name, **arguments)

        jobs.enqueue = ended  # type: ignore[method-assign]
        admin.post(where)
        assert cast.rows() == []

    def test_a_programme_or_part_that_there_is_not(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, jobs: InstantJobs
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        assert admin.get(upload(admin, cast.row(cast.east), slug="nowhere")).status_code == 404
        assert admin.get(upload(admin, cast.row(cast.east), part="课程")).status_code == 422


def test_the_template_has_the_parts_columns_and_the_own_learners(
    staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
) -> None:
    admin = staff("county_admin", tree.east)
    for part, columns in (("exam", ["成绩"]), ("abilities", ["编号", "维度", "是否合格"]), ("posts", ["次数"])):
        reply = admin.post("/evidence/template.xlsx", {"slug": SLUG, "part": part, "named": "1"})
        header, *rows = [row.cells for row in spreadsheets.read(reply.data).rows]
        assert set(columns) <= set(header)
        assert [row[0] for row in rows] == [session.get_one(Account, cast.east.account_id).name]
    assert admin.post("/evidence/template.xlsx", {"slug": SLUG, "part": "nothing"}).status_code == 422


class TestAForm:
    def test_enters_and_corrects_with_a_comment(self, staff: Callable[..., Staff], tree: Tree, cast: Cast) -> None:
        admin, other = staff("school_admin", tree.east_school), staff("county_admin", tree.east)
        path = f"/evidence/{cast.east.id}"
        admin.post(f"{path}/exam", {"mark": "80", "comment": "档案盒 3"})
        admin.post(f"{path}/exam", {"mark": "80", "comment": "档案盒 3"})
        other.post(f"{path}/exam", {"mark": "85.5", "comment": "复核"})
        other.post(f"{path}/school", {"passed": "no"})
        other.post(f"{path}/abilities", {"item": "a1", "passed": "yes", "dimension": ""})
        [exam, school, ability] = cast.rows()
        assert (exam.mark, exam.entered_by, exam.graded_by) == (85.5, admin.account_id, other.account_id)
        assert (school.passed, ability.item, ability.passed) == (False, "A1", True)
        page = admin.get(path).text
        for told in ("成绩 85.5", "成绩 80", "档案盒 3", "不合格", "以前的登记 1 次"):
            assert told in page
        assert cast.done().count("evidence:enter") == 4
        assert "view_person:" in cast.done()

    def test_what_is_wrong_is_told_beside_the_part_and_changes_nothing(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        for part, form, told in (
            ("exam", {"mark": "101"}, "不在 0 至 100"),
            ("exam", {"mark": "nan"}, "0 至 100"),
            ("exam", {"mark": "九十"}, "请填写数字"),
            ("exam", {}, "0 至 100"),
            ("exam", {"mark": "90", "date": "2022-02-30"}, "日期不能识别"),
            ("exam", {"mark": "90", "date": "2022-07-01"}, "之内"),
            ("exam", {"mark": "90", "date": "2022-10-01"}, "今天之后"),
            ("exam", {"mark": "90", "comment": "长" * 501}, "最多 500 字"),
            ("school", {"passed": ""}, "合格或不合格"),
            ("posts", {"count": "1.5"}, "整数"),
            ("abilities", {"passed": "yes", "item": "<b>"}, "编号"),
            ("report", {"passed": "yes"}, "30 字以上"),
            ("summary", {"grade": "良好"}, "交作业的日期"),
            ("summary", {"grade": "=1"}, "等级应为"),
        ):
            reply = admin.post(f"/evidence/{cast.east.id}/{part}", form)
            assert (reply.status_code, told in reply.text) == (200, True), (part, form)
        assert cast.rows() == []

    def test_another_schools_teacher_is_not_found(self, staff: Callable[..., Staff], tree: Tree, cast: Cast) -> None:
        for admin in (staff("school_admin", tree.east_school), staff("county_admin", tree.east)):
            assert admin.get(f"/evidence/{cast.west.id}").status_code == 404
            assert admin.post(f"/evidence/{cast.west.id}/exam", {"mark": "1"}).status_code == 404
            assert admin.post(f"/evidence/{cast.east.id}/nothing", {"mark": "1"}).status_code == 404
        assert cast.rows() == []

    def test_of_somebody_who_left_nothing_is_entered(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        cast.east.status = "withdrawn"
        session.commit()
        admin = staff("school_admin", tree.east_school)
        assert "已退出本项目" in admin.get(f"/evidence/{cast.east.id}").text
        assert "已退出本项目" in admin.post(f"/evidence/{cast.east.id}/exam", {"mark": "1"}).text
        assert cast.rows() == []


def test_only_teachers_within_reach_are_listed(
    staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
) -> None:
    page = staff("county_admin", tree.east).get("/evidence").text
    assert f"/console/evidence/{cast.east.id}" in page
    assert f"/console/evidence/{cast.west.id}" not in page
