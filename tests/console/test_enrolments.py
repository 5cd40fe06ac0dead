"""Enrolments and places in the console: within reach, on nobody higher, and written down."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Enrolment, EnrolmentMove, Organisation, Programme, Quota
from services import programmes
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import QUOTA, phase2_text

SLUG = "xuchang-2022-phase2"


@pytest.fixture
def programme(session: Session, clock: FakeClock) -> Programme:
    made = programmes.publish(session, phase2_text(), clock())
    session.commit()
    return made


@pytest.fixture
def county(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("county_admin", tree.east)


@pytest.fixture
def enrol(session: Session, programme: Programme) -> Callable[..., Enrolment]:
    def enrol(at: Organisation, **changes: object) -> Enrolment:
        made = factories.enrolment(session, factories.account(session, school_id=at.id, **changes), programme)
        session.commit()
        return made

    return enrol


def did(session: Session) -> list[str]:
    session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == "enrolment").order_by(AuditEntry.serial)
    return [entry.detail["did"] for entry in session.scalars(query)]


class TestTheList:
    def test_holds_those_within_reach_and_is_narrowed(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment]
    ) -> None:
        enrol(tree.east_school, name="东方朔")
        enrol(tree.east_school, name="林东").status = "withdrawn"
        enrol(tree.west_school, name="西门豹")
        whole = county.get(f"/enrolments?slug={SLUG}").text
        assert "东方朔" in whole
        assert "林东" in whole
        assert "西门豹" not in whole
        assert "林东" not in county.get(f"/enrolments?slug={SLUG}&name=东").text
        assert "东方朔" not in county.get(f"/enrolments?slug={SLUG}&state=withdrawn").text
        assert county.get(f"/enrolments?slug={SLUG}&school={tree.west_school.id}").status_code == 404

    def test_turns_pages(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("console.enrolments.PAGE", 2)
        made = [enrol(tree.east_school) for _ in range(3)]
        first = county.get(f"/enrolments?slug={SLUG}").text
        assert f"after={made[1].id}" in first
        second = county.get(f"/enrolments?slug={SLUG}&after={made[1].id}").text
        assert f"/enrolments/{made[2].id}" in second
        assert f"/enrolments/{made[0].id}" not in second


class TestOneEnrolment:
    def test_is_withdrawn_and_reinstated(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment], session: Session
    ) -> None:
        one = enrol(tree.east_school).id
        assert county.get(f"/enrolments/{one}").status_code == 200
        assert "已办理退出" in county.post(f"/enrolments/{one}/withdraw", follow_redirects=True).text
        assert "已恢复报名" in county.post(f"/enrolments/{one}/reinstate", follow_redirects=True).text
        assert did(session) == ["withdrawn", "reinstated"]

    @pytest.mark.parametrize("act", ["", "/withdraw", "/reinstate", "/move", "/exempt", "/undo-exemption", "/workshop"])
    def test_of_others_is_not_there(self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment], act: str) -> None:
        one = enrol(tree.west_school).id
        reply = county.post(f"/enrolments/{one}{act}") if act else county.get(f"/enrolments/{one}")
        assert reply.status_code == 404

    def test_goes_to_another_school_within_reach_only(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment], session: Session
    ) -> None:
        other = factories.school(session, name="东县二小", parent_id=tree.east.id)
        one = enrol(tree.east_school).id
        reply = county.post(f"/enrolments/{one}/move", {"school": "西县一小", "reason": "x"}, follow_redirects=True)
        assert "不在您的管理范围" in reply.text
        county.post(f"/enrolments/{one}/move", {"school": "东县二小", "reason": "交流轮岗"})
        session.rollback()
        assert session.get_one(Enrolment, one).school_id == other.id
        (move,) = session.scalars(sa.select(EnrolmentMove))
        assert (move.moved_by, move.reason) == (county.account_id, "交流轮岗")
        assert did(session) == ["moved"]

    def test_does_not_take_somebody_along_who_works_elsewhere(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment], session: Session
    ) -> None:
        one = enrol(tree.east_school)
        session.get_one(Account, one.account_id).school_id = tree.west_school.id
        reply = county.post(f"/enrolments/{one.id}/move", {"school": "东县一小", "reason": "x"})
        assert reply.status_code == 403
        session.rollback()
        assert session.get_one(Account, one.account_id).school_id == tree.west_school.id

    def test_of_oneself_is_left_to_others(
        self, county: Staff, tree: Tree, session: Session, programme: Programme
    ) -> None:
        own = session.get_one(Account, county.account_id)
        one = factories.enrolment(session, own, programme, school_id=tree.east_school.id)
        assert county.post(f"/enrolments/{one.id}/withdraw").status_code == 403

    def test_is_put_into_no_workshop_of_others(
        self, county: Staff, tree: Tree, enrol: Callable[..., Enrolment]
    ) -> None:
        one = enrol(tree.east_school).id
        assert county.post(f"/enrolments/{one}/workshop", {"workshop_id": "99"}).status_code == 404


class TestByHand:
    def form(self, serial: int = 1, **changes: str) -> dict[str, str]:
        who = factories.person(serial)
        given = {"slug": SLUG, "name": who.name, "id_number": who.id_number, "school": "东县一小", "stage": "小学"}
        return given | changes

    def test_one_person_is_enrolled(self, county: Staff, tree: Tree, session: Session, programme: Programme) -> None:
        reply = county.post("/enrolments/add", self.form(), follow_redirects=True)
        assert f"已为{factories.person(1).name}报名" in reply.text
        assert session.scalars(sa.select(Enrolment)).one().school_id == tree.east_school.id
        assert did(session) == ["added"]
        again = county.post("/enrolments/add", self.form())
        assert "已经报名" in again.text

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"id_number": "999999198001010013"}, "校验码"),
            ({"school": "西县一小"}, "不在您的管理范围"),
            ({"name": "1234"}, "不像姓名"),
            ({"id_number": ""}, "invalid-feedback"),
            ({"slug": "no-such"}, "invalid-feedback"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, county: Staff, session: Session, programme: Programme, changes: dict[str, str], told: str
    ) -> None:
        reply = county.post("/enrolments/add", self.form(**changes))
        assert reply.status_code == 422
        assert told in reply.text
        assert session.scalar(sa.select(Enrolment.id)) is None


class TestPlaces:
    @pytest.fixture
    def programme(self, session: Session, clock: FakeClock) -> Programme:
        made = programmes.publish(session, phase2_text(QUOTA), clock())
        session.commit()
        return made

    def put(self, who: Staff, unit: Organisation, places: str) -> int:
        return int(who.post(f"/quotas/{SLUG}/{unit.id}", {"track": "", "places": places}).status_code)

    def test_are_given_to_the_units_below(
        self, county: Staff, tree: Tree, session: Session, programme: Programme
    ) -> None:
        assert "东县一小" in county.get(f"/quotas/{SLUG}").text
        assert self.put(county, tree.east_school, "5") == 302
        session.rollback()
        assert session.scalars(sa.select(Quota)).one().places == 5
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "quota")).one()
        assert entry.detail["places"] == 5

    def test_are_not_given_to_oneself_nor_to_others(
        self, county: Staff, tree: Tree, session: Session, programme: Programme
    ) -> None:
        assert self.put(county, tree.east, "500") == 403
        assert self.put(county, tree.west_school, "5") == 404
        assert self.put(county, tree.city, "5") == 404
        assert county.get(f"/quotas/{SLUG}/{tree.west.id}").status_code == 404
        assert session.scalars(sa.select(Quota)).all() == []

    @pytest.mark.parametrize("places", ["", "-1", "many", "９９", "1e3", "99999999", "2000000"])
    def test_that_are_no_number_are_refused(
        self, county: Staff, tree: Tree, session: Session, programme: Programme, places: str
    ) -> None:
        reply = county.post(f"/quotas/{SLUG}/{tree.east_school.id}", {"places": places}, follow_redirects=True)
        assert "名额应为 0 到" in reply.text
        assert session.scalars(sa.select(Quota)).all() == []

    def test_are_not_fewer_than_used(
        self, county: Staff, tree: Tree, session: Session, enrol: Callable[..., Enrolment]
    ) -> None:
        enrol(tree.east_school)
        reply = county.post(f"/quotas/{SLUG}/{tree.east_school.id}", {"places": "0"}, follow_redirects=True)
        assert "已经用了 1 个名额" in reply.text
