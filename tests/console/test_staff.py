"""Appointing, dismissing, lost phones, and the tree of organisations."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from console.staff import TICKET_S
from models import Appointment, AuditEntry, Notice, Organisation, SecondFactor, StaffSession, Workshop
from services.authority import appointments
from tests import factories, teachers
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.signing_in import appoint, give_phone
from tests.teachers import Teacher


@pytest.fixture
def county(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("county_admin", tree.east)


@pytest.fixture
def teacher(app: Flask, session: Session, tree: Tree) -> Teacher:
    return teachers.settled(app, session, school_id=tree.east_school.id)


def find(by: Staff, at: Organisation, who: Teacher | str, role: str = "school_admin") -> Any:
    number = who if isinstance(who, str) else who.id_number
    return by.post(f"/staff/organisations/{at.id}/find", {"number": number, "role": role})


def ticket_in(page: Any) -> str:
    assert page.status_code == 200, page.text
    return re.search(r'name="ticket" value="([^"]+)"', page.text)[1]


def in_force(session: Session, account_id: int) -> list[str]:
    query = sa.select(Appointment.role).where(Appointment.account_id == account_id, Appointment.ended_at.is_(None))
    return list(session.scalars(query))


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.serial)))


class TestAppointing:
    def test_a_teacher_is_found_by_number_shown_masked_and_appointed(
        self, session: Session, county: Staff, tree: Tree, teacher: Teacher
    ) -> None:
        page = find(county, tree.east_school, teacher)
        assert teacher.name in page.text
        assert teacher.id_number not in page.text
        path = f"/staff/organisations/{tree.east_school.id}/appoint"
        done = county.post(path, {"ticket": ticket_in(page)})
        assert done.location == f"/console/staff/people/{teacher.account_id}"
        assert in_force(session, teacher.account_id) == ["school_admin"]
        assert county.post(path, {"ticket": ticket_in(page)}).status_code == 409
        assert in_force(session, teacher.account_id) == ["school_admin"]
        assert actions(session) == ["find_people", "appoint", "refused"]
        assert teacher.name in county.get("/staff").text
        assert teacher.name in county.get(f"/staff/organisations/{tree.east_school.id}").text

    def test_only_who_works_within_reach_or_is_no_teacher_is_found(
        self, app: Flask, session: Session, county: Staff, tree: Tree
    ) -> None:
        foreign = teachers.settled(app, session, school_id=tree.west_school.id)
        homeless = teachers.settled(app, session)
        clerk = teachers.settled(app, session, role="staff")
        found = [find(county, tree.east_school, who).status_code for who in (foreign, homeless, clerk)]
        assert found == [404, 404, 200]
        assert find(county, tree.east_school, factories.person().id_number).status_code == 404
        assert find(county, tree.east_school, "'; --").status_code == 422
        details = session.scalars(sa.select(AuditEntry.detail).order_by(AuditEntry.serial))
        assert [said["found"] for said in details] == [0, 0, 1, 0, 0], "also whom somebody looked for in vain"

    @pytest.mark.parametrize("role", ["county_admin", "city_admin", "operator", "workshop_leader", "collector", ""])
    def test_no_role_of_the_own_rank_or_that_does_not_fit_the_place_can_be_chosen(
        self, county: Staff, tree: Tree, teacher: Teacher, role: str
    ) -> None:
        assert find(county, tree.east_school, teacher, role).status_code == 422

    def test_a_ticket_is_for_one_person_one_place_one_administrator_and_ten_minutes(
        self,
        session: Session,
        county: Staff,
        staff: Callable[..., Staff],
        tree: Tree,
        teacher: Teacher,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ticket = ticket_in(find(county, tree.east_school, teacher))
        city = staff("city_admin", tree.city)
        here = f"/staff/organisations/{tree.east_school.id}/appoint"
        assert city.post(here, {"ticket": ticket}).status_code == 409
        assert county.post(f"/staff/organisations/{tree.east.id}/appoint", {"ticket": ticket}).status_code == 409
        for wrong in ("", "x", ticket[:-3] + "abc"):
            assert county.post(here, {"ticket": wrong}).status_code == 409
        monkeypatch.setattr("console.staff.TICKET_S", -TICKET_S)
        assert county.post(here, {"ticket": ticket}).status_code == 409
        assert in_force(session, teacher.account_id) == []

    def test_nobody_of_the_own_rank_is_given_another_role(
        self, session: Session, county: Staff, tree: Tree, teacher: Teacher, clock: FakeClock
    ) -> None:
        appoint(session, teacher.account_id, "county_admin", tree.west, clock())
        ticket = ticket_in(find(county, tree.east_school, teacher))
        path = f"/staff/organisations/{tree.east_school.id}/appoint"
        assert county.post(path, {"ticket": ticket}).status_code == 403


class TestPerson:
    @pytest.fixture
    def head(self, app: Flask, session: Session, tree: Tree, teacher: Teacher, clock: FakeClock) -> Appointment:
        """The teacher is administrator of the school, with a phone and an open session."""
        give_phone(session, teachers.collaborators(app), teacher.account_id)
        return appoint(session, teacher.account_id, "school_admin", tree.east_school, clock())

    def test_the_page_shows_a_masked_number_and_is_written_down(
        self, session: Session, county: Staff, teacher: Teacher, head: Appointment
    ) -> None:
        page = county.get(f"/staff/people/{teacher.account_id}")
        assert "东县一小 学校管理员" in page.text
        assert teacher.id_number[-6:] not in page.text
        assert actions(session) == ["view_person"]

    def test_dismissed_at_once_and_again_is_harmless(
        self, session: Session, county: Staff, teacher: Teacher, head: Appointment
    ) -> None:
        for _ in range(2):
            assert county.post(f"/staff/appointments/{head.id}/end").location == "/console/staff"
        assert in_force(session, teacher.account_id) == []
        assert county.get(f"/staff/people/{teacher.account_id}").status_code == 404

    def test_a_lost_phone_is_reset_and_the_person_told(
        self, session: Session, county: Staff, teacher: Teacher, head: Appointment
    ) -> None:
        assert county.post(f"/staff/people/{teacher.account_id}/second-factor").status_code == 302
        assert session.get(SecondFactor, teacher.account_id, populate_existing=True) is None
        notice = session.scalars(sa.select(Notice.text)).one()
        assert "县级管理员" in notice
        assert actions(session) == ["second_factor"]

    def test_the_reset_ends_the_persons_sessions(
        self, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        person = staff("school_admin", tree.east_school)
        county.post(f"/staff/people/{person.account_id}/second-factor")
        assert person.get("/me").status_code == 302
        assert county.get("/me").status_code == 200
        assert session.scalar(sa.select(sa.func.count()).where(StaffSession.ended_at.is_not(None))) == 1

    def test_not_while_the_person_holds_a_role_elsewhere(
        self, session: Session, county: Staff, tree: Tree, teacher: Teacher, head: Appointment, clock: FakeClock
    ) -> None:
        appoint(session, teacher.account_id, "hotline", tree.west, clock())
        assert county.post(f"/staff/people/{teacher.account_id}/second-factor").status_code == 403
        assert session.get(SecondFactor, teacher.account_id, populate_existing=True) is not None
        assert "虚构西县" not in county.get(f"/staff/people/{teacher.account_id}").text

    def test_nor_is_the_password(
        self, session: Session, county: Staff, tree: Tree, teacher: Teacher, clock: FakeClock
    ) -> None:
        """A county would come in at the city's hotline by it, where the phone is not set up yet."""
        path = f"/people/{teacher.account_id}/reset"
        assert county.get(path).status_code == 200
        appoint(session, teacher.account_id, "hotline", tree.city, clock())
        assert county.get(path).status_code == 403
        assert county.post(path).status_code == 403
        assert "管理范围以外任职" in county.get(f"/people/{teacher.account_id}").text

    def test_who_ended_it_first_stays_written(
        self, session: Session, county: Staff, head: Appointment, clock: FakeClock
    ) -> None:
        head_id = head.id
        session.commit()
        with Session(session.bind, expire_on_commit=False) as other:
            other.get_one(Appointment, head_id)
            other.commit()
            county.post(f"/staff/appointments/{head_id}/end")
            ended = appointments.end(other, None, head_id, clock())
            assert ended.ended_by == county.account_id

    def test_nobody_acts_on_the_own_or_a_higher_rank_or_themselves(
        self, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        peer = staff("county_admin", tree.east)
        held = session.scalars(sa.select(Appointment).where(Appointment.account_id == peer.account_id)).one()
        for who in (peer, county):
            assert county.post(f"/staff/people/{who.account_id}/second-factor").status_code == 403
        assert county.post(f"/staff/appointments/{held.id}/end").status_code == 403
        assert "换手机了" not in county.get(f"/staff/people/{peer.account_id}").text

    def test_what_lies_outside_is_not_found(
        self, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree, teacher: Teacher
    ) -> None:
        for foreign in (staff("school_admin", tree.west_school), staff("city_admin", tree.city), staff("operator")):
            held = session.scalars(sa.select(Appointment).where(Appointment.account_id == foreign.account_id)).one()
            assert county.get(f"/staff/people/{foreign.account_id}").status_code == 404
            assert county.post(f"/staff/people/{foreign.account_id}/second-factor").status_code == 404
            assert county.post(f"/staff/appointments/{held.id}/end").status_code == 404
        assert county.get(f"/staff/people/{teacher.account_id}").status_code == 404, "no staff, so none of this page's"
        assert county.get(f"/staff/people/{10**30}").status_code == 404
        assert county.post(f"/staff/appointments/{10**30}/end").status_code == 404
        assert len(in_force(session, foreign.account_id)) == 1

    def test_a_workshop_leaders_phone_is_reset_where_the_leader_works(
        self, app: Flask, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree, teacher: Teacher
    ) -> None:
        session.add(Workshop(programme_slug="invented", code="w", title="坊", leader_id=teacher.account_id))
        give_phone(session, teachers.collaborators(app), teacher.account_id)
        assert "坊主" in county.get(f"/staff/organisations/{tree.east_school.id}").text
        path = f"/staff/people/{teacher.account_id}/second-factor"
        assert staff("county_admin", tree.west).post(path).status_code == 404
        assert county.post(path).status_code == 302
        assert session.get(SecondFactor, teacher.account_id, populate_existing=True) is None


class TestOrganisations:
    def test_the_tree_is_walked_from_the_own_organisation_down(self, county: Staff, tree: Tree) -> None:
        tops = county.get("/staff/organisations").text
        assert "虚构东县" in tops
        assert "虚构市" not in tops
        below = county.get(f"/staff/organisations/{tree.east.id}").text
        assert "东县一小" in below
        assert "添加下级单位" not in below
        assert county.get(f"/staff/organisations/{tree.west.id}").status_code == 404
        assert county.get(f"/staff/organisations/{tree.city.id}").status_code == 404

    def test_operators_alone_add_and_place(
        self, session: Session, county: Staff, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        operator = staff("operator")
        new = {"name": "东县二小", "code": "9999990777", "kind": "school"}
        path = f"/staff/organisations/{tree.east.id}/add"
        assert county.post(path, new).status_code == 403
        assert operator.post(path, new).status_code == 302
        made = session.scalars(sa.select(Organisation).where(Organisation.code == new["code"])).one()
        assert made.parent_id == tree.east.id
        assert operator.post(path, new).status_code == 409
        assert operator.post(path, {"name": "", "code": "", "kind": "moon"}).status_code == 422
        place = f"/staff/organisations/{made.id}/place"
        assert county.post(place, {"parent": tree.west.code}).status_code == 403
        assert operator.post(place, {"parent": tree.west.code}).status_code == 302
        session.refresh(made)
        assert made.parent_id == tree.west.id
        assert operator.post(f"/staff/organisations/{tree.city.id}/place", {"parent": made.code}).status_code == 409
        assert operator.post(place, {"parent": "nowhere"}).status_code == 404
        assert operator.post("/staff/organisations", new | {"code": "P", "kind": "province"}).status_code == 302
        assert "虚构市" in operator.get("/staff/organisations").text
        assert actions(session).count("organisation") == 3


@pytest.mark.parametrize("role", ["hotline", "collector", "workshop_leader"])
def test_who_may_not_appoint_sees_none_of_it(staff: Callable[..., Staff], tree: Tree, role: str) -> None:
    person = staff(role, None if role == "workshop_leader" else tree.east)
    for path in ("/staff", "/staff/organisations", f"/staff/organisations/{tree.east.id}"):
        assert person.get(path).status_code in (302, 403), path
