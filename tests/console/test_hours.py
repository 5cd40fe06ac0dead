"""Asking for hours and deciding, as staff do it: two people, two forms, and nothing twice."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, AuditEntry, Enrolment, HourCorrection
from tests.console.conftest import Staff, Tree
from tests.services.studying import cast

FORM = {"first": "0:00", "last": "12:30", "reason": "outage", "told": "", "evidence": "故障通报"}


@dataclass
class Case:
    account: Account
    enrolment: Enrolment
    lesson_id: int

    @property
    def form(self) -> dict[str, str]:
        return FORM | {"lesson": str(self.lesson_id)}


@pytest.fixture
def case(session: Session, tree: Tree) -> Case:
    made = cast(session)
    made.teacher.school_id = made.enrolment.school_id = tree.east_school.id
    session.commit()
    return Case(made.teacher, made.enrolment, made.ethics.lessons[0].id)


def asked(agent: Staff, case: Case) -> str:
    reply = agent.post(f"/hours/new?enrolment={case.enrolment.id}&lesson={case.lesson_id}", case.form)
    assert reply.status_code == 302, reply.text
    return re.sub("^/console", "", reply.location)


def test_asked_by_the_hotline_and_approved_by_the_county(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    agent, county = staff("hotline", tree.east), staff("county_admin", tree.east)
    assert "走近师德" in agent.get(f"/hours/new?enrolment={case.enrolment.id}").text
    page = asked(agent, case)
    assert "批准并计入" not in agent.get(page).text
    assert case.account.name in county.get("/hours").text
    assert "批准并计入" in county.get(page).text
    for _ in range(2):  # the back button, and the form once more
        assert county.post(f"{page}/approve", {"note": "属实"}).status_code == 302
    assert session.get_one(Enrolment, case.enrolment.id, populate_existing=True).credited_seconds == 750
    acts = session.execute(
        sa.select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.target_id).where(
            AuditEntry.action.in_(["ask_hours", "decide_hours"])
        )
    ).all()
    target = str(case.enrolment.id)
    assert [tuple(row) for row in acts] == [
        ("ask_hours", agent.account_id, target),
        ("decide_hours", county.account_id, target),
    ]
    for show in ("waiting", "mine", "decided", "nonsense"):
        assert agent.get(f"/hours?show={show}&page=2").status_code == 200
    assert "新计入 12:30" in county.get(f"/people/{case.account.id}/timeline?kind=correction").text
    assert "coverage-corrected" in county.get(f"/people/{case.account.id}/lessons/{case.lesson_id}").text


def test_the_same_form_again_is_answered_and_asked_once(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    agent = staff("hotline", tree.east)
    asked(agent, case)
    again = agent.post(f"/hours/new?enrolment={case.enrolment.id}", case.form)
    assert (again.status_code, "正在等待审批" in again.text) == (409, True)
    assert session.scalar(sa.select(sa.func.count()).select_from(HourCorrection)) == 1


def test_what_is_wrong_is_said_beside_the_field(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    agent = staff("hotline", tree.east)
    wrongs: list[tuple[dict[str, str], str]] = [
        ({"first": "12:30", "last": "0:10"}, "起止时间"),
        ({"last": "99:00"}, "起止时间"),
        ({"last": "very long"}, "分:秒"),
        ({"first": "1"}, "分:秒"),
        ({"evidence": ""}, "请填写依据"),
        ({"reason": "other"}, "请写明原因"),
        ({"lesson": "999999"}, "请选择课时"),
        ({"lesson": "x"}, "请选择课时"),
    ]
    for wrong, says in wrongs:
        reply = agent.post(f"/hours/new?enrolment={case.enrolment.id}", case.form | wrong)
        assert reply.status_code == 200
        assert "invalid-feedback" in reply.text
        assert says in reply.text
    assert session.scalar(sa.select(sa.func.count()).select_from(HourCorrection)) == 0


def test_who_asked_cannot_decide_nor_can_a_foreigner_or_the_hotline(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    county = staff("county_admin", tree.east)
    page = asked(county, case)
    for somebody, status in [
        (county, 403),
        (staff("hotline", tree.east), 403),
        (staff("school_admin", tree.east_school), 403),
        (staff("operator"), 403),
        (staff("county_admin", tree.west), 404),
    ]:
        for verb in ("approve", "refuse"):
            assert somebody.post(f"{page}/{verb}", {"note": "属实"}).status_code == status
    foreign = staff("hotline", tree.west)
    assert foreign.get(page).status_code == 404
    assert foreign.get("/hours?show=waiting").text.count(case.account.name) == 0
    assert foreign.get(f"/hours/new?enrolment={case.enrolment.id}").status_code == 404
    assert foreign.post(f"/hours/new?enrolment={case.enrolment.id}", {}).status_code == 404
    assert foreign.get(f"/hours/new?account={case.account.id}").status_code == 404
    assert session.scalar(sa.select(HourCorrection.state)) == "asked"


def test_refusing_needs_a_note(staff: Callable[..., Staff], tree: Tree, case: Case, session: Session) -> None:
    page = asked(staff("hotline", tree.east), case)
    county = staff("county_admin", tree.east)
    assert county.post(f"{page}/refuse", {"note": ""}).status_code == 200
    assert session.scalar(sa.select(HourCorrection.state)) == "asked"
    assert county.post(f"{page}/refuse", {"note": "没有故障"}).status_code == 302
    assert county.post(f"{page}/approve", {"note": "又有了"}).status_code == 409
    assert "没有故障" in county.get(page).text


def test_who_may_not_decide_is_told_so_before_trying(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    page = asked(staff("hotline", tree.east), case)
    session.add(
        Appointment(
            account_id=case.account.id,
            role="county_admin",
            organisation_id=tree.east.id,
            appointed_at=sa.func.now(),
        )
    )
    session.commit()
    colleague = staff("county_admin", tree.east).get(page).text
    assert "批准并计入" not in colleague
    assert "不能对同级或上级人员" in colleague
    assert "批准并计入" in staff("city_admin", tree.city).get(page).text


def test_of_a_seconded_teacher_the_page_leads_nowhere_that_is_closed(
    staff: Callable[..., Staff], tree: Tree, case: Case, session: Session
) -> None:
    page = asked(staff("hotline", tree.city), case)
    case.account.school_id = tree.west_school.id
    session.commit()
    assert "看课时覆盖图" not in staff("county_admin", tree.east).get(page).text
    assert "看课时覆盖图" in staff("city_admin", tree.city).get(page).text
