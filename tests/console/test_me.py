"""The own account: role, password, phone, recovery codes, sessions."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from console.access import TOKEN
from models import Account, AuditEntry, SecondFactor, StaffSession
from services import lockout, staff_sessions
from services.second_factor import code_at
from tests import factories, teachers
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.signing_in import KEY, appoint, give_phone
from tests.teachers import NEW_PASSWORD

BETTER = "Geng-hao-2022"
CODES = r">([a-z2-9]{5}-[a-z2-9]{5})<"


@pytest.fixture
def admin(app: Flask, session: Session, staff: Callable[..., Staff], tree: Tree) -> Staff:
    person = staff("county_admin", tree.east)
    give_phone(session, teachers.collaborators(app), person.account_id)
    return person


@pytest.fixture
def elsewhere(session: Session, admin: Staff, clock: FakeClock) -> StaffSession:
    """The same person's session in another browser."""
    here = session.scalars(sa.select(StaffSession)).one()
    account = session.get_one(Account, admin.account_id)
    staff_sessions.open_session(
        session, account, clock(), state=staff_sessions.OPEN, appointment_id=here.appointment_id, device="Edge Windows"
    )
    session.commit()
    return session.scalars(sa.select(StaffSession).where(StaffSession.id != here.id)).one()


def written(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(sa.select(AuditEntry.action, AuditEntry.result).order_by(AuditEntry.serial))
    return [tuple(row) for row in rows]


def ended(session: Session, one: StaffSession) -> bool:
    session.refresh(one)
    return one.ended_at is not None


class TestRole:
    def test_it_is_switched_under_a_new_token_and_written_down(
        self, session: Session, admin: Staff, tree: Tree, clock: FakeClock
    ) -> None:
        lower = appoint(session, admin.account_id, "collector", tree.west, clock())
        with admin.client.session_transaction() as cookie:
            before = cookie[TOKEN]
        assert admin.post("/me/role", {"appointment_id": str(lower.id)}).location == "/console/"
        assert "虚构西县 收费联系人" in admin.get("/me").text
        assert admin.get("/staff").status_code == 403
        assert written(session)[0] == ("switch_role", "done")
        with admin.client.session_transaction() as cookie:
            cookie[TOKEN] = before
        assert admin.get("/me").status_code == 302

    def test_another_persons_role_is_not_found(
        self, session: Session, admin: Staff, tree: Tree, clock: FakeClock
    ) -> None:
        other = appoint(session, factories.account(session).id, "city_admin", tree.city, clock())
        for chosen in (str(other.id), "0", "", "-1", "9" * 30, "一", "1; DROP"):
            assert admin.post("/me/role", {"appointment_id": chosen}).status_code == 404, chosen
        assert "虚构东县 县级管理员" in admin.get("/me").text


class TestPassword:
    def test_a_new_one_ends_all_other_sessions(self, session: Session, admin: Staff, elsewhere: StaffSession) -> None:
        sent = {"old_password": NEW_PASSWORD, "new_password": BETTER, "again": BETTER}
        assert admin.post("/me/password", sent).location == "/console/me"
        assert "密码已修改" in admin.get("/me").text
        assert ended(session, elsewhere)
        assert written(session) == [("change_password", "done")]
        again = admin.post("/me/password", sent)  # resubmitted, from the back button
        assert (again.status_code, "现在的密码不正确" in again.text) == (422, True)

    def test_this_one_goes_on_under_a_new_token(self, admin: Staff, clock: FakeClock) -> None:
        """So that whoever has a copy of the cookie has nothing."""
        with admin.client.session_transaction() as cookie:
            copied = cookie[TOKEN]
        admin.post("/me/password", {"old_password": NEW_PASSWORD, "new_password": BETTER, "again": BETTER})
        assert admin.get("/me").status_code == 200
        with admin.client.session_transaction() as cookie:
            cookie[TOKEN] = copied
        assert admin.get("/me").status_code == 302

    def test_who_does_not_know_the_old_one_is_locked_out(
        self, session: Session, admin: Staff, elsewhere: StaffSession
    ) -> None:
        sent = {"old_password": "guess", "new_password": BETTER, "again": BETTER}
        told = [admin.post("/me/password", sent).status_code for _ in range(lockout.FREE_FAILURES + 1)]
        assert told == [422] * lockout.FREE_FAILURES + [423]
        assert not ended(session, elsewhere)
        assert set(written(session)) == {("change_password", "failed")}

    def test_a_weak_one_is_refused_with_its_reasons(self, admin: Staff) -> None:
        sent = {"old_password": NEW_PASSWORD, "new_password": "nurkleine1", "again": "nurkleine1"}
        reply = admin.post("/me/password", sent)
        assert (reply.status_code, "三种" in reply.text) == (422, True)


class TestPhone:
    def replace(self, admin: Staff, clock: FakeClock, **changes: str) -> tuple[int, list[str]]:
        key = re.search(r"data-key>([A-Z2-7 ]+)<", admin.get("/me/phone").text)[1].replace(" ", "")
        right = {"typed": code_at(key, clock()), "password": NEW_PASSWORD, "current": code_at(KEY, clock())}
        reply = admin.post("/me/phone", right | changes)
        return reply.status_code, re.findall(CODES, reply.text)

    def test_it_takes_the_new_ones_code_the_password_and_the_old_ones_code(
        self, session: Session, admin: Staff, elsewhere: StaffSession, clock: FakeClock
    ) -> None:
        before = session.get_one(SecondFactor, admin.account_id).key_envelope
        for missing in ({"typed": "000000"}, {"password": "wrong"}, {"current": "000000"}):
            assert self.replace(admin, clock, **missing) == (422, [])
        assert session.get_one(SecondFactor, admin.account_id, populate_existing=True).key_envelope == before
        with admin.client.session_transaction() as cookie:
            copied = cookie[TOKEN]
        status, codes = self.replace(admin, clock)
        with admin.client.session_transaction() as cookie:
            assert cookie[TOKEN] != copied
        assert admin.get("/me").status_code == 200
        assert (status, len(codes)) == (200, 8)
        assert ended(session, elsewhere)
        assert session.get_one(SecondFactor, admin.account_id, populate_existing=True).key_envelope != before
        assert written(session) == [("second_factor", "failed")] * 2 + [("second_factor", "done")]

    def test_a_form_that_this_browser_did_not_begin_changes_nothing(self, admin: Staff, clock: FakeClock) -> None:
        sent = {"typed": code_at("A" * 32, clock()), "password": NEW_PASSWORD, "current": code_at(KEY, clock())}
        assert admin.post("/me/phone", sent).location == "/console/me/phone"
        with admin.client.session_transaction() as cookie:
            cookie["pending_key"] = "AAAA"
        assert admin.post("/me/phone", sent).location == "/console/me/phone"


def test_recovery_codes_are_made_anew_for_a_fresh_code(session: Session, admin: Staff, clock: FakeClock) -> None:
    assert admin.post("/me/recovery-codes", {"code": "000000"}).status_code == 422
    reply = admin.post("/me/recovery-codes", {"code": code_at(KEY, clock())})
    assert len(re.findall(CODES, reply.text)) == 8
    assert admin.post("/me/recovery-codes", {"code": code_at(KEY, clock())}).status_code == 422
    assert written(session) == [("second_factor", "failed"), ("second_factor", "done"), ("second_factor", "failed")]


class TestSessions:
    def test_one_or_all_others_are_ended(self, session: Session, admin: Staff, elsewhere: StaffSession) -> None:
        assert "Edge Windows" in admin.get("/me").text
        assert admin.post("/me/sessions", {"which": str(elsewhere.id)}).location == "/console/me"
        assert ended(session, elsewhere)
        assert "Edge Windows" not in admin.get("/me").text
        assert admin.post("/me/sessions").location == "/console/me"
        assert admin.get("/me").status_code == 200

    def test_another_persons_is_not_found(self, session: Session, admin: Staff, staff: Callable[..., Staff]) -> None:
        other = staff("operator")
        theirs = session.scalars(sa.select(StaffSession).where(StaffSession.account_id == other.account_id)).one()
        for which in (str(theirs.id), "0", "9" * 25, "x"):
            assert admin.post("/me/sessions", {"which": which}).status_code == 404
        assert not ended(session, theirs)

    def test_those_that_timed_out_are_not_shown(
        self, session: Session, admin: Staff, elsewhere: StaffSession, clock: FakeClock
    ) -> None:
        elsewhere.seen_at = clock() - timedelta(minutes=31)
        assert "Edge Windows" not in admin.get("/me").text
