"""Bills in the console: who owes what, a bill for a school within reach, and nothing for another's."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry, Bill, Programme
from services.fees import bills
from tests import factories, teachers
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import PHASE2

SLUG = "xuchang-2022-phase2"
FORM = {"slug": SLUG, "handler": "经办甲", "contact": "19900001234", "title": "", "tax_number": "", "after": "0"}


@pytest.fixture
def paying(session: Session, tree: Tree) -> Programme:
    """Three learners in the east, two in the west, one in the city's own school."""
    programme = factories.programme(session, slug=SLUG, document=PHASE2, title="许昌二期")
    for school, learners in ((tree.east_school, 3), (tree.west_school, 2), (tree.city_school, 1)):
        for _ in range(learners):
            factories.enrolment(session, factories.account(session, school_id=school.id), programme)
    session.commit()
    return programme


def all_bills(session: Session) -> list[Bill]:
    session.rollback()
    return list(session.scalars(sa.select(Bill).order_by(Bill.serial)))


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.serial)))


class TestTheList:
    def test_a_county_sees_its_schools_with_headcount_times_the_fee(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme
    ) -> None:
        page = staff("county_admin", tree.east).get("/fees").text
        assert "东县一小" in page
        assert "西县一小" not in page
        assert "3 人 × 180.00 元" in page
        assert "540.00" in page

    def test_without_learners_it_says_so(self, staff: Callable[..., Staff], tree: Tree) -> None:
        assert "还没有项目" in staff("school_admin", tree.east_school).get("/fees").text

    def test_nonsense_in_the_address_is_harmless(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme
    ) -> None:
        admin = staff("county_admin", tree.east)
        for query in ("slug=nowhere", "slug=%00", "slug=" + "x" * 300):
            assert admin.get(f"/fees?{query}").status_code == 404
        for query in ("page=0", "page=-1", "page=abc", "page=99999999999", "q=%25_", "unpaid=1"):
            assert admin.get(f"/fees?{query}").status_code == 200

    def test_a_collector_has_another_page(self, staff: Callable[..., Staff], tree: Tree) -> None:
        assert staff("collector", tree.east).get("/fees").status_code == 403


class TestIssuing:
    def test_the_school_makes_its_own(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        reply = admin.post(f"/fees/{tree.east_school.id}", FORM)
        [made] = all_bills(session)
        assert reply.location == f"/console/fees/bills/{made.id}"
        assert (made.headcount, made.amount_fen, made.collector) == (3, 54000, "city")
        page = admin.get(f"/fees/bills/{made.id}").text
        assert "540.00 元" in page
        assert "东县一小 经办甲 19900001234" in page
        assert "许昌市财政局财政专户" in admin.get(f"/fees/bills/{made.id}/note").text
        assert b"19900001234" not in made.contact_envelope
        assert actions(session) == ["bill"]

    def test_the_same_form_twice_makes_one(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        for _ in range(2):
            reply = admin.post(f"/fees/{tree.east_school.id}", FORM)
        assert len(all_bills(session)) == 1
        assert "没有再开" in admin.get(reply.location.removeprefix("/console")).text

    def test_a_new_one_voids_the_last(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        admin = staff("county_admin", tree.east)
        for after in ("0", "1"):
            admin.post(f"/fees/{tree.east_school.id}", FORM | {"after": after})
        assert [bill.state for bill in all_bills(session)] == ["void", "open"]
        assert "已作废" in admin.get(f"/fees/bills/{all_bills(session)[0].id}").text

    def test_what_is_wrong_stays_in_the_form(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        for wrong in (
            {"handler": ""},
            {"handler": "长" * 51},
            {"handler": "经\x00办"},
            {"contact": ""},
            {"contact": "1" * 31},
            {"title": "长" * 101},
            {"tax_number": "9\x07"},
        ):
            reply = admin.post(f"/fees/{tree.east_school.id}", FORM | wrong)
            assert (reply.status_code, "invalid-feedback" in reply.text) == (200, True), wrong
        assert all_bills(session) == []

    def test_a_mended_serial_number_is_taken_for_none(
        self, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        for after in ("", "x", "9" * 30, "-1", "٣"):
            admin.post(f"/fees/{tree.east_school.id}", FORM | {"after": after})
        assert len(all_bills(session)) == 1

    def test_another_school_and_a_county_are_not_found(
        self, app: Flask, staff: Callable[..., Staff], tree: Tree, paying: Programme, session: Session
    ) -> None:
        given = {"handler": "经办乙", "contact": "1", "invoice": {}}
        vault = teachers.collaborators(app).vault
        now = teachers.collaborators(app).clock()
        foreign = bills.issue(session, vault, SLUG, tree.west_school.id, **given, now=now).id
        session.commit()
        for person in (staff("school_admin", tree.east_school), staff("county_admin", tree.east)):
            for unit in (tree.west_school, tree.east, tree.west):
                assert person.get(f"/fees/{unit.id}?slug={SLUG}").status_code == 404
                assert person.post(f"/fees/{unit.id}", FORM).status_code == 404
            assert person.get(f"/fees/bills/{foreign}").status_code == 404
            assert person.get(f"/fees/bills/{foreign}/note").status_code == 404
        assert len(all_bills(session)) == 1
