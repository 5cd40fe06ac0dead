"""Signing in to the console, also by those who should not get in."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.access import TOKEN
from models import Account, Appointment, AuditEntry, SecondFactor, SignInRecord, StaffSession
from services import lockout, second_factor, staff_sessions, staff_sign_in
from services.errors import BadToken
from services.second_factor import code_at
from services.sign_in_records import NOWHERE
from tests import teachers
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.signing_in import KEY, appoint, give_phone, type_code, type_password
from tests.teachers import Teacher

NEW_PASSWORD = "Xin-mima-2022"


@pytest.fixture
def admin(app: Flask, session: Session, tree: Tree, clock: FakeClock) -> Teacher:
    """A county administrator with a phone."""
    person = teachers.settled(app, session, school_id=tree.east_school.id, password_changed_at=clock())
    appoint(session, person.account_id, "county_admin", tree.east, clock())
    give_phone(session, teachers.collaborators(app), person.account_id)
    return person


@pytest.fixture
def token_of(app: Flask) -> Callable[[FlaskClient], str | None]:
    def read(client: FlaskClient) -> str | None:
        with client.session_transaction() as cookie:
            return cookie.get(TOKEN)

    return read


def results(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    rows = session.execute(sa.select(AuditEntry.action, AuditEntry.result).order_by(AuditEntry.serial))
    return [tuple(row) for row in rows]


def signed_in(client: FlaskClient) -> bool:
    return client.get("/console/me").status_code == 200


def test_password_and_code_open_the_console_and_are_written_down(
    app: Flask, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
) -> None:
    page = client.get("/console/sign-in")
    assert 'autocomplete="username"' in page.text
    assert type_password(client, admin).location == "/console/sign-in/code"
    assert client.get("/console/me").location == "/console/sign-in/code"
    assert type_code(client, code_at(KEY, clock())).location == "/console/"
    assert "虚构东县 县级管理员" in client.get("/console/me").text
    assert client.post("/console/sign-out").status_code == 302
    assert results(session) == [("sign_in", "done"), ("sign_out", "done")]
    assert list(session.scalars(sa.select(SignInRecord.result))) == ["in", "out"]
    assert admin.id_number not in str(session.scalars(sa.select(AuditEntry.detail)).all())


def test_a_wrong_password_and_an_unknown_number_are_told_apart_by_nobody(client: FlaskClient, admin: Teacher) -> None:
    stranger = Teacher(0, "", "99999919800101011X", "wrong")
    nonsense = Teacher(0, "", "张三' OR 1=1", "wrong")
    told = [type_password(client, admin, "wrong"), type_password(client, stranger), type_password(client, nonsense)]
    assert [reply.status_code for reply in told] == [401, 401, 401]
    assert all("身份证号或密码不正确" in reply.text for reply in told)


def test_a_teacher_without_a_role_is_told_where_to_learn_after_the_right_password_only(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    teacher = teachers.settled(app, session)
    wrong, right = type_password(client, teacher, "wrong"), type_password(client, teacher)
    assert (wrong.status_code, right.status_code) == (401, 403)
    assert "请在小程序学习" not in wrong.text
    assert "您的账号不是管理人员，请在小程序学习" in right.text
    assert session.scalar(sa.select(sa.func.count(StaffSession.id))) == 0
    assert results(session) == []


class TestCodes:
    def test_a_code_serves_once_in_another_browser_neither(
        self, app: Flask, client: FlaskClient, admin: Teacher, clock: FakeClock
    ) -> None:
        code, other = code_at(KEY, clock()), app.test_client()
        type_password(client, admin)
        type_password(other, admin)
        assert type_code(client, code).status_code == 302
        replayed = type_code(other, code)
        assert replayed.status_code == 422
        assert "已经用过" in replayed.text
        assert not signed_in(other)
        assert type_code(other, code_at(KEY, clock() + timedelta(seconds=30))).status_code == 302

    def test_another_accounts_code_is_wrong(
        self, app: Flask, client: FlaskClient, session: Session, admin: Teacher, tree: Tree, clock: FakeClock
    ) -> None:
        other = teachers.settled(app, session)
        appoint(session, other.account_id, "hotline", tree.city, clock())
        recovery = give_phone(session, teachers.collaborators(app), other.account_id, "A" * 32)
        type_password(client, admin)
        assert type_code(client, code_at("A" * 32, clock())).status_code == 422
        assert type_code(client, recovery[0]).status_code == 422

    def test_guessing_locks_the_account_and_the_right_password_buys_no_more_guesses(
        self, app: Flask, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
    ) -> None:
        type_password(client, admin)
        for _ in range(lockout.FREE_FAILURES - 1):
            assert type_code(client, "000000").status_code == 422
        # The teachers' door forgets wrong passwords, but not wrong codes.
        assert teachers.sign_in(app.test_client(), admin).status_code == 200
        type_password(client, admin)
        assert type_code(client, "000000").status_code == 422
        for attempt in (type_code(client, code_at(KEY, clock())), type_password(client, admin)):
            assert attempt.status_code == 423
            assert "还需等待 1 分 0 秒" in attempt.text
        assert not signed_in(client)
        clock.advance(61)
        assert type_code(client, "000000").status_code == 422
        assert "还需等待 2 分" in type_code(client, "000000").text
        clock.advance(121)
        type_password(client, admin)
        assert type_code(client, code_at(KEY, clock())).status_code == 302
        assert session.scalar(sa.select(SecondFactor.failed_codes)) == 0
        failed = [("second_factor", "failed")] * (lockout.FREE_FAILURES + 1)
        assert results(session) == [*failed, ("sign_in", "done")]

    def test_a_recovery_code_serves_once(
        self, app: Flask, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
    ) -> None:
        account = session.get_one(Account, admin.account_id)
        codes = second_factor.renew_recovery(session, teachers.collaborators(app).vault, account.id)
        type_password(client, admin)
        assert type_code(client, f" {codes[3].upper()} ").status_code == 302
        assert "备用码还剩 7 个" in client.get("/console/me").text
        type_password(client, admin)
        assert type_code(client, codes[3]).status_code == 422
        assert type_code(client, codes[4].replace("-", "")).status_code == 302


class TestTheFirstTime:
    def set_up(self, client: FlaskClient) -> str:
        """What the page shows: the key in groups."""
        page = client.get("/console/sign-in/code").text
        assert 'src="data:image/svg+xml' in page
        return re.search(r"data-key>([A-Z2-7 ]+)<", page)[1].replace(" ", "")

    @pytest.fixture
    def newcomer(self, app: Flask, session: Session, tree: Tree, clock: FakeClock) -> Teacher:
        """With a first password, too."""
        person = teachers.enlist(app, session)
        appoint(session, person.account_id, "school_admin", tree.east_school, clock())
        return person

    def test_phone_then_recovery_codes_then_password_then_open(
        self, client: FlaskClient, session: Session, newcomer: Teacher, clock: FakeClock
    ) -> None:
        type_password(client, newcomer, next="/console/me?tab=1")
        key = self.set_up(client)
        assert key == self.set_up(client), "a page opened again, or a second tab, shows the same"
        wrong = client.post("/console/sign-in/second-factor", data={"code": "000000"})
        assert (wrong.status_code, session.scalar(sa.select(sa.func.count(SecondFactor.account_id)))) == (422, 0)
        done = client.post("/console/sign-in/second-factor", data={"code": code_at(key, clock())})
        codes = re.findall(r">([a-z2-9]{5}-[a-z2-9]{5})<", done.text)
        assert len(set(codes)) == 8
        assert "/console/sign-in/password" in done.text
        assert client.get("/console/me").location == "/console/sign-in/password"
        for bad in (newcomer.password, "abc", "alllowercase1", f"A-{newcomer.id_number[4:12]}a"):
            sent = {"new_password": bad, "again": bad}
            assert client.post("/console/sign-in/password", data=sent).status_code == 422, bad
        unequal = {"new_password": NEW_PASSWORD, "again": "other"}
        assert "不一致" in client.post("/console/sign-in/password", data=unequal).text
        sent = {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
        assert client.post("/console/sign-in/password", data=sent).location == "/console/me?tab=1"
        assert signed_in(client)
        again = client.post("/console/sign-in/password", data=sent)
        assert again.location == "/console/"
        account = session.get_one(Account, newcomer.account_id, populate_existing=True)
        assert not account.must_change_password
        kept = session.get_one(SecondFactor, newcomer.account_id)
        assert key.encode() not in kept.key_envelope
        assert codes[0].replace("-", "") not in str(kept.recovery)

    def test_who_else_knows_the_password_sees_another_key_and_cannot_replace_the_first(
        self, app: Flask, client: FlaskClient, newcomer: Teacher, clock: FakeClock
    ) -> None:
        other = app.test_client()
        keys = []
        for browser in (client, other):
            type_password(browser, newcomer)
            keys.append(self.set_up(browser))
        assert keys[0] != keys[1]
        assert (
            client.post("/console/sign-in/second-factor", data={"code": code_at(keys[0], clock())}).status_code == 200
        )
        late = other.post("/console/sign-in/second-factor", data={"code": code_at(keys[1], clock())})
        assert late.location == "/console/sign-in/code"
        assert "data:image" not in other.get("/console/sign-in/code").text
        assert type_code(other, code_at(keys[1], clock())).status_code == 422

    def test_with_a_phone_nobody_sets_up_another(self, client: FlaskClient, session: Session, admin: Teacher) -> None:
        before = session.get_one(SecondFactor, admin.account_id).key_envelope
        type_password(client, admin)
        assert client.post("/console/sign-in/second-factor", data={"code": "1"}).location == "/console/sign-in/code"
        assert session.get_one(SecondFactor, admin.account_id, populate_existing=True).key_envelope == before


class TestSessions:
    def test_each_step_renews_the_token_and_the_earlier_one_is_worth_nothing(
        self,
        app: Flask,
        client: FlaskClient,
        admin: Teacher,
        clock: FakeClock,
        token_of: Callable[[FlaskClient], str | None],
    ) -> None:
        type_password(client, admin)
        planted, thief = token_of(client), app.test_client()
        type_code(client, code_at(KEY, clock()))
        assert planted != token_of(client)
        with thief.session_transaction() as cookie:
            cookie[TOKEN] = planted
        assert thief.get("/console/me").location.startswith("/console/sign-in?")

    def test_the_second_of_two_equal_submits_undoes_nothing(
        self, client: FlaskClient, admin: Teacher, clock: FakeClock
    ) -> None:
        type_password(client, admin)
        before = client.get_cookie("xueshi_console", domain="xueshi.example") or client.get_cookie("xueshi_console")
        code = code_at(KEY, clock())
        assert type_code(client, code).status_code == 302
        after = client.get_cookie("xueshi_console")
        client.set_cookie("xueshi_console", before.value)  # it was sent before the first was answered
        second = type_code(client, code)
        assert second.location.startswith("/console/sign-in")
        assert "Set-Cookie" not in second.headers
        client.set_cookie("xueshi_console", after.value)
        assert client.get(second.location).location == "/console/"
        assert type_code(client, code).location == "/console/", "the back button, once signed in"

    def test_the_second_of_two_submits_at_once_is_no_wrong_code(
        self,
        app: Flask,
        client: FlaskClient,
        session: Session,
        admin: Teacher,
        clock: FakeClock,
        token_of: Callable[[FlaskClient], str | None],
    ) -> None:
        """Both were recognised before either was answered. A wrong code's page would bring the old cookie back."""
        using, now = teachers.collaborators(app), clock()
        type_password(client, admin)
        here = staff_sessions.recognise(session, token_of(client), now)

        @contextmanager
        def work(*, read_only: bool = False) -> Iterator[Session]:
            yield session

        for phone_is_known in (True, False):
            if phone_is_known:
                staff_sign_in.with_code(work, using, here, code_at(KEY, now), now, NOWHERE)
                again = partial(staff_sign_in.with_code, work, using, here, code_at(KEY, now), now, NOWHERE)
            else:
                again = partial(staff_sign_in.with_new_phone, work, using, here, KEY, code_at(KEY, now), now, NOWHERE)
            with pytest.raises(BadToken):
                again()
        assert session.get_one(SecondFactor, admin.account_id).failed_codes == 0
        assert ("second_factor", "failed") not in results(session)

    def test_the_steps_end_after_half_an_hour(self, client: FlaskClient, admin: Teacher, clock: FakeClock) -> None:
        type_password(client, admin)
        for _ in range(3):
            clock.advance(11 * 60)
            client.get("/console/sign-in/code")
        assert type_code(client, code_at(KEY, clock())).location == "/console/sign-in"

    def test_a_role_that_ended_meanwhile_lets_nobody_in(
        self, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
    ) -> None:
        type_password(client, admin)
        session.execute(sa.update(Appointment).values(ended_at=clock()))
        refused = type_code(client, code_at(KEY, clock()))
        assert refused.status_code == 403
        assert not signed_in(client)

    def test_a_locked_account_signs_in_with_the_right_password_neither(
        self, client: FlaskClient, session: Session, admin: Teacher
    ) -> None:
        for _ in range(lockout.FREE_FAILURES):
            assert type_password(client, admin, "wrong").status_code == 401
        assert type_password(client, admin).status_code == 423
        assert set(results(session)) == {("sign_in", "failed")}
        assert session.scalar(sa.select(sa.func.count(StaffSession.id))) == 0

    def test_signing_in_again_leaves_the_session_before_and_forgets_those_of_last_week(
        self, app: Flask, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
    ) -> None:
        for _ in range(2):
            type_password(client, admin)
        assert session.scalar(sa.select(sa.func.count()).where(StaffSession.ended_at.is_not(None))) == 1
        clock.advance(8 * 86400)
        type_password(client, admin)
        assert session.scalar(sa.select(sa.func.count(StaffSession.id))) == 1

    def test_half_signed_in_one_may_start_over_or_leave(self, client: FlaskClient, admin: Teacher) -> None:
        type_password(client, admin)
        assert client.get("/console/sign-in").status_code == 200
        assert client.post("/console/sign-out").location == "/console/sign-in"
        assert client.get("/console/sign-in/code").location.startswith("/console/sign-in?")

    def test_a_password_older_than_the_policy_allows_is_changed_first(
        self, app: Flask, client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
    ) -> None:
        clock.advance(91 * 86400)
        type_password(client, admin)
        assert type_code(client, code_at(KEY, clock())).location == "/console/sign-in/password"

    def test_a_change_of_the_password_at_the_teachers_door_ends_the_consoles_sessions(
        self, client: FlaskClient, app: Flask, admin: Teacher, clock: FakeClock
    ) -> None:
        type_password(client, admin)
        type_code(client, code_at(KEY, clock()))
        phone = app.test_client()
        headers = teachers.bearer(teachers.tokens(phone, admin))
        body = {"old_password": admin.password, "new_password": NEW_PASSWORD}
        assert phone.put("/v1/me/password", json=body, headers=headers).status_code == 204
        assert not signed_in(client)


ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/console/me",
    "/console/../../evil",
    "/console/\n/evil",
    "/console@evil.example",
    "javascript:alert(1)",
    "/console/sign-out",
    "/v1/me",
    "",
)


def test_only_a_page_of_ours_is_gone_on_to(
    client: FlaskClient, admin: Teacher, clock: FakeClock, staff: Callable[..., Staff]
) -> None:
    there = staff("operator")
    for address in ELSEWHERE:
        assert there.get("/sign-in", query_string={"next": address}).location == "/console/", address
    assert there.get("/sign-in?next=/console/me?x%3D1").location == "/console/me?x=1"
    type_password(client, admin, next=ELSEWHERE[0])
    assert type_code(client, code_at(KEY, clock())).location == "/console/"


def test_one_begins_in_the_highest_role(
    client: FlaskClient, session: Session, admin: Teacher, tree: Tree, clock: FakeClock
) -> None:
    appoint(session, admin.account_id, "city_admin", tree.city, clock())
    type_password(client, admin)
    type_code(client, code_at(KEY, clock()))
    assert "虚构市 市级管理员" in client.get("/console/me").text


def test_no_form_works_without_its_token(app: Flask, client: FlaskClient, session: Session, admin: Teacher) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert type_password(client, admin).status_code == 400
    assert session.scalar(sa.select(sa.func.count(StaffSession.id))) == 0


def test_half_open_sessions_are_not_among_the_persons_sessions(
    client: FlaskClient, session: Session, admin: Teacher, clock: FakeClock
) -> None:
    type_password(client, admin)
    assert staff_sessions.going_on(session, admin.account_id, clock()) == []
