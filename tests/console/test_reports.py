"""Reports of wrong personal data in the console: masked, shown in clear only on demand, which is written down."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Appointment, AuditEntry, Notice, ProfileCorrection
from services import accounts, id_numbers, profiles
from tests import factories, teachers
from tests.console.conftest import Staff, Tree
from tests.teachers import Teacher


@pytest.fixture
def teacher(app: Flask, session: Session, tree: Tree) -> Teacher:
    return teachers.enlist(app, session, school_id=tree.east_school.id)


@pytest.fixture
def report(app: Flask, session: Session, teacher: Teacher) -> Callable[[profiles.Field, str], str]:
    def made(field: profiles.Field, should_be: str) -> str:
        using = teachers.collaborators(app)
        row = profiles.correct(
            session, using.vault, teacher.account_id, field=field, should_be=should_be, note="", now=using.clock()
        )
        session.commit()
        return f"/reports/{row.id}"

    return made


def test_a_number_is_masked_until_it_is_asked_for(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session
) -> None:
    number = factories.person().id_number
    page = report("id_number", number)
    admin = staff("school_admin", tree.east_school)
    for path in ("/reports", page):
        reply = admin.get(path)
        assert reply.status_code == 200
        assert number not in reply.text
        assert id_numbers.mask(number) in reply.text
    shown = admin.post(f"{page}/reveal", headers={"HX-Request": "true"})
    assert number in shown.text
    assert "<html" not in shown.text
    assert number in admin.post(f"{page}/reveal").text
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "view_person")).all()
    assert [entry.detail["part"] for entry in entries] == ["reported id_number"] * 2
    assert all(number not in str(entry.detail) for entry in entries)


def test_accepting_changes_it_tells_the_teacher_and_is_written_down(
    app: Flask, staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session, teacher: Teacher
) -> None:
    number = factories.person().id_number
    page = report("id_number", number)
    admin = staff("school_admin", tree.east_school)
    for _ in range(2):
        assert admin.post(f"{page}/accept", {"note": "已核对原件"}).status_code == 302
    found = accounts.find(session, teachers.collaborators(app).vault, id_numbers.parse(number))
    assert found is not None
    assert found.id == teacher.account_id
    assert session.scalars(sa.select(Notice.kind)).all() == ["profile_corrected"]
    acts = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "profile_correction")).all()
    assert [(act.target_id, act.detail["decision"]) for act in acts] == [(str(teacher.account_id), "accepted")]
    assert "已更正" in admin.get("/reports?show=decided").text
    assert admin.post(f"{page}/refuse", {"note": "改回去"}).status_code == 409


@pytest.mark.parametrize(
    ("field", "should_be", "form", "says"),
    [
        ("id_number", "不知道", {}, "证件号码"),
        ("school", "西县一小", {"school": "西县一小"}, "范围内没有"),
        ("name", "<b>", {}, "不像姓名"),
        ("other", "职称", {"note": ""}, "请填写处理说明"),
    ],
)
def test_what_cannot_be_carried_out_is_said_on_the_page(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session,
    field: profiles.Field, should_be: str, form: dict[str, str], says: str,
) -> None:  # fmt: skip
    page = report(field, should_be)
    reply = staff("school_admin", tree.east_school).post(f"{page}/accept", form)
    assert reply.status_code == 200
    assert says in reply.text
    assert session.scalar(sa.select(ProfileCorrection.status)) == "open"


def test_a_number_of_another_account_is_refused_clearly(
    app: Flask, staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session, teacher: Teacher
) -> None:
    other = teachers.enlist(app, session, school_id=tree.west_school.id)
    reply = staff("school_admin", tree.east_school).post(f"{report('id_number', other.id_number)}/accept", {})
    assert reply.status_code == 409
    assert "已属于另一个账号" in reply.text
    vault = teachers.collaborators(app).vault
    account = session.get_one(Account, teacher.account_id, populate_existing=True)
    assert account.id_index == vault.index(id_numbers.parse(teacher.id_number))


def test_a_foreign_report_is_not_found_and_the_hotline_may_not(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], teacher: Teacher
) -> None:
    page = report("name", "欧阳小红")
    for somebody, status in [
        (staff("school_admin", tree.west_school), 404),
        (staff("county_admin", tree.west), 404),
        (staff("hotline", tree.east), 403),
    ]:
        assert somebody.get(page).status_code == status
        for verb in ("accept", "refuse", "reveal"):
            assert somebody.post(f"{page}/{verb}", {"note": "x" * 1000}).status_code == status
        assert teacher.name not in somebody.get("/reports").text


def test_one_that_was_damaged_hides_no_others_and_can_be_refused(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session
) -> None:
    broken, fine = report("id_number", "写错了"), report("name", "欧阳小红")
    session.execute(
        sa.update(ProfileCorrection)
        .where(ProfileCorrection.id == int(broken.split("/")[-1]))
        .values(should_be_envelope=b"damaged")
    )
    session.commit()
    admin = staff("school_admin", tree.east_school)
    listed = admin.get("/reports")
    assert (listed.status_code, "资料损坏" in listed.text, "欧阳小红" in listed.text) == (200, True, True)
    for act in ("reveal", "accept"):
        reply = admin.post(f"{broken}/{act}", {"note": "已核对"})
        assert (reply.status_code, "读不出来" in reply.text) == (409, True)
    assert admin.post(f"{broken}/refuse", {"note": "请重新报告"}).status_code == 302
    assert admin.get(fine).status_code == 200


def test_a_first_password_that_follows_the_number_is_told_of(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session, teacher: Teacher
) -> None:
    page = report("id_number", factories.person().id_number)
    admin = staff("school_admin", tree.east_school)
    account = session.get_one(Account, teacher.account_id)
    assert (account.first_password, account.password_hash, account.must_change_password) == ("last_six", None, True)
    assert "初始密码随之变成" in admin.get(page).text
    account.must_change_password, account.password_hash = False, "the teacher's own"
    session.commit()
    assert "初始密码随之变成" not in admin.get(page).text
    account.must_change_password, account.password_hash = True, None
    session.commit()
    assert admin.post(f"{page}/accept", {"note": "已核对原件"}).status_code == 302
    assert "您的初始密码也变成新号码的后六位" in session.scalars(sa.select(Notice.text)).one()


def test_who_may_not_decide_is_told_so_before_trying(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str], session: Session, teacher: Teacher
) -> None:
    page = report("name", "欧阳小红")
    session.add(
        Appointment(
            account_id=teacher.account_id,
            role="school_admin",
            organisation_id=tree.east_school.id,
            appointed_at=sa.func.now(),
        )
    )
    session.commit()
    colleague = staff("school_admin", tree.east_school).get(page).text
    assert "按教师所报更正" not in colleague
    assert "不能对同级或上级人员" in colleague
    assert "按教师所报更正" in staff("county_admin", tree.east).get(page).text


def test_what_is_wrong_with_the_school_is_said_beside_it(
    staff: Callable[..., Staff], tree: Tree, report: Callable[..., str]
) -> None:
    page = report("school", "西县一小")
    reply = staff("school_admin", tree.east_school).post(f"{page}/accept", {"school": "西县一小"})
    assert 'id="school-wrong"' in reply.text
    assert 'id="note-wrong"' not in reply.text
