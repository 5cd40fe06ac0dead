"""A person's page, and a reset from the desk."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Enrolment, Notice, StaffSession, WechatBinding
from services import once
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.desk_cast import LAST_SIX, Caller, act, caller, enrol, form_id, shown_password
from tests.teachers import bearer, collaborators, sign_in, tokens, with_known_codes

WRONG = {"answer_birth_date": "19991231"}
IN_PERSON = {"checked": "in_person"}


@pytest.fixture
def agent(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("hotline", tree.east)


@pytest.fixture
def school_admin(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("school_admin", tree.east_school)


@pytest.fixture
def here(app: Flask, session: Session, tree: Tree) -> Caller:
    found = caller(app, session, tree.east_school)
    enrol(app, session, found.id)
    return found


def entries(session: Session, action: str) -> list[AuditEntry]:
    session.expire_all()
    return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def unchanged(session: Session, who: Caller) -> bool:
    session.expire_all()
    return not session.get_one(Account, who.id).must_change_password


def test_the_page_shows_who_it_is_and_is_written_down(agent: Staff, here: Caller, session: Session) -> None:
    page = agent.get(f"/people/{here.id}")
    assert page.status_code == 200
    assert here.teacher.name in page.text
    assert "第二期" in page.text
    assert here.mobile[-4:] not in page.text.replace(str(here.id), "")
    assert here.teacher.id_number[6:] not in page.text
    (entry,) = entries(session, "view_person")
    assert (entry.target_id, entry.organisation_id) == (str(here.id), session.get_one(Account, here.id).school_id)


class TestReset:
    def test_from_log_in_it_takes_four_clicks_and_all_log_ins_end(
        self, agent: Staff, here: Caller, app: Flask, client: FlaskClient, session: Session
    ) -> None:
        pair = tokens(client, here.teacher)
        own = StaffSession(
            token_hash="x",
            account_id=here.id,
            state="open",
            opened_at=collaborators(app).clock(),
            seen_at=collaborators(app).clock(),
        )
        session.add(own)
        start = agent.client.get(agent.get("/").location)  # signed in
        assert start.status_code == 200
        found = agent.post("/desk", {"text": here.teacher.id_number})
        assert f"/console/people/{here.id}/reset" in found.text
        page = act(agent, here.id, **here.answers)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        password = shown_password(page)
        assert client.get("/v1/me", headers=bearer(pair)).status_code == 401
        body = {"refresh_token": pair["refresh_token"]}
        assert client.post("/v1/auth/refresh", json=body).status_code == 401
        assert sign_in(client, here.teacher).status_code == 401
        after = sign_in(client, here.teacher, password)
        assert after.get_json()["must_change_password"] is True
        session.expire_all()
        assert own.ended_at is not None
        account = session.get_one(Account, here.id)
        assert (account.token_version, account.password_changed_at) == (2, None)
        assert session.get(WechatBinding, here.id) is not None
        me = client.get("/v1/me", headers=bearer(after.get_json())).get_json()
        assert me["unread_notices"] == 1
        (notice,) = session.scalars(sa.select(Notice))
        agents_name = session.get_one(Account, agent.account_id).name
        assert notice.text.startswith(f"您的密码于 2022 年 8 月 1 日 09:00 由{agents_name}（热线客服）重置。")
        (entry,) = entries(session, "reset_password")
        assert entry.detail == {
            "password": "random",
            "identity": "questions",
            "questions": ["name", "school", "mobile_last_four", "birth_date"],
            "wechat": "kept",
        }
        assert password not in repr(entry.detail) + notice.text + (account.password_hash or "")

    def test_the_study_lease_is_released_or_nothing_happens(
        self, agent: Staff, here: Caller, app: Flask, session: Session
    ) -> None:
        class Lease:
            def __init__(self) -> None:
                self.released: list[int] = []
                self.away = True

            def release(self, account: int) -> None:
                if self.away:
                    raise RedisConnectionError
                self.released.append(account)

        lease = Lease()
        page = agent.get(f"/people/{here.id}/reset")
        sent = {"form_id": form_id(page), "new": "random", "wechat": "keep"} | here.answers
        app.extensions["xueshi"] = replace(collaborators(app), store=lease)
        assert agent.post(f"/people/{here.id}/reset", sent).status_code == 503
        assert unchanged(session, here)
        assert entries(session, "reset_password") == []
        lease.away = False
        assert agent.post(f"/people/{here.id}/reset", sent).status_code == 200, "the form was not used up"
        assert lease.released == [here.id]

    def test_the_rule_of_the_programme(
        self, agent: Staff, here: Caller, app: Flask, client: FlaskClient, session: Session
    ) -> None:
        reply = act(agent, here.id, new="first", **here.answers)
        assert (reply.status_code, reply.location) == (303, f"/console/people/{here.id}")
        assert sign_in(client, here.teacher, "Haolaoshi123").get_json()["must_change_password"] is True
        assert "Haolaoshi123" not in agent.client.get(reply.location).text

    def test_the_last_six_of_the_number(
        self, agent: Staff, app: Flask, client: FlaskClient, session: Session, tree: Tree
    ) -> None:
        one = caller(app, session, tree.east_school)
        enrol(app, session, one.id, *LAST_SIX)
        assert act(agent, one.id, new="first", **one.answers).status_code == 303
        assert sign_in(client, one.teacher, one.teacher.id_number[-6:]).status_code == 200

    def test_without_a_programme_it_is_random(self, agent: Staff, app: Flask, session: Session, tree: Tree) -> None:
        one = caller(app, session, tree.east_school)
        answers = one.answers | {"answer_stage_subject": "小学语文"}
        assert act(agent, one.id, new="first", **answers).status_code == 422
        assert unchanged(session, one), "there is no such choice"
        assert shown_password(act(agent, one.id, **answers))

    def test_a_lost_telephone_is_unbound_at_once(
        self, agent: Staff, here: Caller, app: Flask, client: FlaskClient, session: Session
    ) -> None:
        with_known_codes(app)
        held = client.post("/v1/auth/wechat", json={"code": f"code-openid-{here.id}"}).get_json()
        assert act(agent, here.id, wechat="remove", **here.answers).status_code == 200
        assert client.get("/v1/me", headers=bearer(held)).status_code == 401
        assert client.post("/v1/auth/wechat", json={"code": f"code-openid-{here.id}"}).status_code == 403
        (entry,) = entries(session, "reset_password")
        assert entry.detail["wechat"] == "removed"

    def test_the_same_form_again_changes_nothing(
        self, agent: Staff, here: Caller, client: FlaskClient, session: Session
    ) -> None:
        sent = {"form_id": form_id(agent.get(f"/people/{here.id}/reset")), "new": "random", "wechat": "keep"}
        first = agent.post(f"/people/{here.id}/reset", sent | here.answers)
        again = agent.post(f"/people/{here.id}/reset", sent | here.answers)
        assert again.status_code == 409
        assert "没有再做一次" in again.text
        assert sign_in(client, here.teacher, shown_password(first)).status_code == 200
        assert len(entries(session, "reset_password")) == 1

    @pytest.mark.parametrize("form", ["", "x", "0000000001-" + "0" * 32, "9999999999-" + "0" * 32, "1" * 5000])
    def test_a_form_that_we_did_not_make_or_that_is_old_changes_nothing(
        self, agent: Staff, here: Caller, session: Session, form: str
    ) -> None:
        reply = agent.post(
            f"/people/{here.id}/reset", {"form_id": form, "new": "random", "wechat": "keep"} | here.answers
        )
        assert reply.status_code in (409, 422)
        assert unchanged(session, here)

    def test_an_agent_comes_to_thirty_an_hour(
        self, agent: Staff, here: Caller, session: Session, clock: FakeClock
    ) -> None:
        row = {
            "actor_id": agent.account_id,
            "action": "reset_password",
            "at": clock(),
            "result": "done",
            "hash": "",
            "detail": {},
        }
        session.execute(sa.insert(AuditEntry), [row | {"serial": -serial} for serial in range(1, 31)])
        clock.advance(1500)
        reply = act(agent, here.id, **here.answers)
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "2100")
        assert "10:00 之后" in reply.text
        assert unchanged(session, here)
        clock.advance(2100)  # the session of the console would be over: the limit alone is asked
        session.execute(sa.update(StaffSession).values(seen_at=clock()))
        assert act(agent, here.id, **here.answers).status_code == 200


class TestWhoMay:
    def test_nobody_resets_the_own_or_a_higher_rank_nor_themselves(
        self, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        county = staff("county_admin", tree.east)
        peer, above, below = (
            staff("county_admin", tree.east),
            staff("city_admin", tree.city),
            staff("school_admin", tree.east_school),
        )
        for one in (county, peer, above, below):
            session.execute(
                sa.update(Account).where(Account.id == one.account_id).values(school_id=tree.east_school.id)
            )
        for one, status in ((county, 403), (peer, 403), (above, 403), (below, 200)):
            assert county.get(f"/people/{one.account_id}/reset").status_code == status
            for what in ("reset", "unlock", "unbind"):
                refused = county.post(f"/people/{one.account_id}/{what}", {"form_id": "x"} | IN_PERSON)
                assert refused.status_code == (403 if status == 403 else 409)
        session.expire_all()
        assert not any(session.scalars(sa.select(Account.must_change_password)))
        assert "不能对自己" in county.get(f"/people/{county.account_id}").text

    def test_another_school_is_not_found_by_any_door(
        self, school_admin: Staff, app: Flask, session: Session, tree: Tree
    ) -> None:
        other = caller(app, session, tree.city_school)
        for what in ("", "/reset", "/unlock", "/unbind"):
            assert school_admin.get(f"/people/{other.id}{what}").status_code == 404
            assert school_admin.post(f"/people/{other.id}{what}", other.answers | IN_PERSON).status_code in (404, 405)
        assert school_admin.get("/people/99999999999999999999").status_code == 404
        assert unchanged(session, other)


class TestIdentity:
    def test_a_wrong_answer_changes_nothing_and_shows_no_right_one(
        self, agent: Staff, here: Caller, session: Session
    ) -> None:
        reply = act(agent, here.id, **here.answers | WRONG)
        assert reply.status_code == 422
        assert reply.text.count("符合</span>") == 3
        assert reply.text.count("不符</span>") == 1
        assert here.teacher.id_number[6:14] not in reply.text
        assert unchanged(session, here)
        (entry,) = entries(session, "check_identity")
        assert (entry.result, entry.detail["matches"]["birth_date"]) == ("failed", False)
        assert "19991231" not in repr(entry.detail)

    def test_of_whom_only_what_the_page_shows_is_known_nobody_can_be_known_by_telephone(
        self, agent: Staff, here: Caller, app: Flask, session: Session
    ) -> None:
        account = session.get_one(Account, here.id)
        account.mobile_envelope = account.mobile_index = None
        account.id_envelope = collaborators(app).vault.seal("E12345678", account.id)  # a passport tells no birthday
        account.stage, account.subject = "小学", "语文"
        for enrolment in session.scalars(sa.select(Enrolment)):
            enrolment.status = "withdrawn"  # no programme: all questions there are
        session.commit()
        assert "资料太少" in agent.get(f"/people/{here.id}/reset").text
        answers = {"answer_name": here.teacher.name, "answer_school": here.school, "answer_stage_subject": "小学语文"}
        sent = {"form_id": once.form(collaborators(app).clock()), "new": "random", "wechat": "keep"} | answers
        assert agent.post(f"/people/{here.id}/reset", sent).status_code == 409
        assert unchanged(session, here)

    def test_the_hotline_cannot_leave_answers_out_nor_say_it_saw_the_document(
        self, agent: Staff, here: Caller, session: Session
    ) -> None:
        for missing in (
            {},
            here.answers | {"answer_name": " "},
            IN_PERSON,
            IN_PERSON | {"answer_name": here.teacher.name},
        ):
            assert act(agent, here.id, **missing).status_code == 422
        assert unchanged(session, here)
        assert entries(session, "check_identity") == [], "which is no try"

    def test_three_wrong_tries_close_the_person_for_everybody_who_asks_by_telephone(
        self,
        agent: Staff,
        staff: Callable[..., Staff],
        school_admin: Staff,
        here: Caller,
        tree: Tree,
        session: Session,
        clock: FakeClock,
    ) -> None:
        other = staff("hotline", tree.city)
        for one in (agent, other, agent):
            assert act(one, here.id, **here.answers | WRONG).status_code == 422
            clock.advance(60)
        assert "10:02 之前不能电话核对" in other.get(f"/people/{here.id}/reset").text
        sent = {"form_id": once.form(clock()), "new": "random", "wechat": "keep"} | here.answers
        reply = other.post(f"/people/{here.id}/reset", sent)
        assert (reply.status_code, reply.headers["Retry-After"]) == (423, "3540")
        assert unchanged(session, here)
        assert act(school_admin, here.id, **IN_PERSON).status_code == 200, "who saw the document may"

    def test_an_administrator_may_say_that_the_document_was_seen(
        self, school_admin: Staff, here: Caller, session: Session
    ) -> None:
        assert act(school_admin, here.id, **IN_PERSON).status_code == 200
        (entry,) = entries(session, "reset_password")
        assert (entry.detail["identity"], entry.detail["questions"]) == ("in_person", [])


class TestLesserActs:
    def test_a_lock_is_lifted(self, agent: Staff, here: Caller, client: FlaskClient, session: Session) -> None:
        for _ in range(5):
            sign_in(client, here.teacher, "forgotten")
        assert sign_in(client, here.teacher).status_code == 423
        assert "已锁定" in agent.get(f"/people/{here.id}").text
        assert act(agent, here.id, "unlock", **here.answers | WRONG).status_code == 422
        assert sign_in(client, here.teacher).status_code == 423
        assert act(agent, here.id, "unlock", **here.answers).status_code == 303
        assert sign_in(client, here.teacher).status_code == 200
        assert len(entries(session, "unlock")) == 1

    def test_wechat_is_taken_off_and_other_log_ins_go_on(
        self, agent: Staff, here: Caller, app: Flask, client: FlaskClient, session: Session
    ) -> None:
        with_known_codes(app)
        by_wechat = client.post("/v1/auth/wechat", json={"code": f"code-openid-{here.id}"}).get_json()
        by_password = tokens(client, here.teacher)
        assert act(agent, here.id, "unbind", **here.answers).status_code == 303
        assert client.get("/v1/me", headers=bearer(by_wechat)).status_code == 401
        assert client.get("/v1/me", headers=bearer(by_password)).status_code == 200
        assert session.get(WechatBinding, here.id) is None
        assert {notice.kind for notice in session.scalars(sa.select(Notice))} == {"unbound"}
