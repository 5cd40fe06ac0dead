"""POST /v1/auth/portal, and what a log-in by each door may do."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, RefreshToken, UsedTicket
from services import id_numbers, once
from services.collaborators import Collaborators
from services.portal_tickets import Portals, issue
from tests import factories
from tests.miniprogram_api.study_room import room
from tests.programmes.notices import BY_PORTAL, PORTAL
from tests.teachers import bearer, enlist, tokens, with_known_codes

SECRET = b"a secret shared with the portal!"


@pytest.fixture
def app(make_app):
    return make_app(portals={"hebei": SECRET})


@pytest.fixture
def studying(app, client, session, clock):
    return lambda *changes: room(app, client, session, clock, *changes)


@pytest.fixture
def arrive(client, clock):
    """arrive(id number) → the reply"""

    def arrive(number=None, ticket=None, name="hebei"):
        ticket = ticket or issue("hebei", SECRET, number, clock())
        return client.post("/v1/auth/portal", json={"portal": name, "ticket": ticket})

    return arrive


def told(reply, status, code):
    assert (reply.status_code, reply.get_json()["code"]) == (status, code), reply.text
    return reply.get_json()


class TestArriving:
    def test_signs_in_once(self, studying, arrive, client, clock):
        here = studying()
        ticket = issue("hebei", SECRET, here.id_number, clock())
        reply = arrive(ticket=ticket)
        assert reply.status_code == 200
        assert reply.get_json().keys() == tokens(client, _teacher(here)).keys()
        assert client.get("/v1/me", headers=bearer(reply.get_json())).status_code == 200
        assert "请回到原平台" in told(arrive(ticket=ticket), 401, "bad_ticket")["detail"]

    def test_a_ticket_stays_used_until_it_is_worth_nothing(self, studying, arrive, session, clock):
        here = studying()
        ticket = issue("hebei", SECRET, here.id_number, clock())
        assert arrive(ticket=ticket).status_code == 200
        clock.advance(329)
        told(arrive(ticket=ticket), 401, "bad_ticket")
        assert session.scalar(sa.select(sa.func.count()).select_from(UsedTicket)) == 1
        clock.advance(61)
        assert arrive(here.id_number).status_code == 200
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(UsedTicket)) == 1  # the old one went

    def test_a_server_whose_clock_is_behind_refuses_what_another_has_seen(self, studying, arrive, clock):
        here = studying()
        ticket = issue("hebei", SECRET, here.id_number, clock())
        assert arrive(ticket=ticket).status_code == 200
        clock.advance(331)
        assert arrive(here.id_number).status_code == 200  # forgets what is over
        clock.advance(-2)
        told(arrive(ticket=ticket), 401, "bad_ticket")

    def test_an_unknown_portal_is_said_to_be_unknown(self, studying, arrive):
        told(arrive(studying().id_number, name="henan"), 403, "portal_unknown")

    def test_a_forged_ticket_is_refused(self, studying, arrive, clock):
        forged = issue("hebei", b"not what was shared with anybody", studying().id_number, clock())
        told(arrive(ticket=forged), 401, "bad_ticket")

    @pytest.mark.parametrize("life", [0, 301])
    def test_so_is_one_that_lives_too_long_or_not(self, studying, arrive, clock, life):
        ticket = issue("hebei", SECRET, studying().id_number, clock(), life_s=life)
        told(arrive(ticket=ticket), 401, "bad_ticket")

    def test_who_is_not_enrolled_is_told_whom_to_ask(self, studying, arrive, app, session):
        studying()
        assert "学校管理员" in told(arrive(factories.person().id_number), 403, "not_enrolled")["detail"]
        told(arrive(enlist(app, session).id_number), 403, "not_enrolled")

    def test_so_is_who_withdrew_and_the_ticket_is_used_all_the_same(self, studying, arrive, session, clock):
        here = studying()
        session.get_one(Enrolment, here.enrolment.id).status = "withdrawn"
        ticket = issue("hebei", SECRET, here.id_number, clock())
        told(arrive(ticket=ticket), 403, "not_enrolled")
        told(arrive(ticket=ticket), 401, "bad_ticket")

    def test_staff_do_not_come_this_way(self, studying, arrive, session):
        here = studying()
        session.get_one(Account, here.account_id).role = "county_admin"
        told(arrive(here.id_number), 403, "portal_for_teachers")

    @pytest.mark.parametrize("body", [{}, {"portal": "hebei"}, {"portal": "hebei", "ticket": ""}, {"ticket": 1}])
    def test_a_body_that_is_none_is_refused(self, client, body):
        assert client.post("/v1/auth/portal", json=body).status_code == 422

    def test_the_first_password_need_not_be_known(self, studying, arrive, client, session):
        here = studying()
        session.get_one(Account, here.account_id).must_change_password = True
        reply = arrive(here.id_number).get_json()
        assert reply["must_change_password"] is False
        me = client.get("/v1/me", headers=bearer(reply)).get_json()
        assert me["must_change_password"] is False
        assert client.get("/v1/enrolments", headers=bearer(reply)).status_code == 200
        by_password = client.get("/v1/enrolments", headers=here.headers)
        told(by_password, 403, "password_change_required")

    def test_no_ticket_and_no_number_reaches_the_log(self, studying, arrive, caplog, clock):
        here = studying()
        ticket = issue("hebei", SECRET, here.id_number, clock())
        arrive(ticket=ticket)
        arrive(ticket=ticket)
        assert ticket not in caplog.text
        assert here.id_number not in caplog.text


class TestDoors:
    def open_with(self, here, reply):
        here.headers = bearer(reply.get_json())
        return here.ask()

    def test_where_the_notice_says_so_only_the_portal_leads_to_lessons(self, studying, arrive):
        here = studying(PORTAL, BY_PORTAL)
        refused = told(here.ask(), 403, "wrong_door")
        assert refused["detail"] == "请从河北教师教育网进入本项目学习，其他途径不计学时。"
        assert self.open_with(here, arrive(here.id_number)).status_code == 201

    def test_everything_else_is_open_to_every_door(self, studying, client):
        here = studying(PORTAL, BY_PORTAL)
        for path in ("/v1/me", "/v1/enrolments", f"/v1/enrolments/{here.enrolment.id}"):
            assert client.get(path, headers=here.headers).status_code == 200

    def test_a_refresh_keeps_the_door(self, studying, arrive, client, session):
        here = studying(PORTAL, BY_PORTAL)
        first = arrive(here.id_number).get_json()
        reply = client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert self.open_with(here, reply).status_code == 201
        assert sorted(session.scalars(sa.select(RefreshToken.route))) == ["portal", "portal", "web"]

    def test_where_web_and_wechat_lead_to_lessons_the_portal_does_not(self, studying, arrive):
        here = studying()
        refused = told(self.open_with(here, arrive(here.id_number)), 403, "wrong_door")
        assert refused["detail"].startswith("请从电脑网页（身份证号和密码登录）或微信小程序进入本项目学习")

    def test_wechat_is_a_door_of_its_own(self, studying, app, client, session):
        with_known_codes(app)
        here = studying(('teacher = ["web", "wechat"]', 'teacher = ["wechat"]'))
        told(here.ask(), 403, "wrong_door")
        ticket = client.post("/v1/auth/wechat", json={"code": "code-mine"}).get_json()["binding_ticket"]
        who = {"id_number": here.id_number, "password": _teacher(here).password}
        bound = client.post("/v1/auth/wechat/bind", json={"binding_ticket": ticket} | who)
        assert self.open_with(here, bound).status_code == 201
        again = client.post("/v1/auth/wechat", json={"code": "code-mine"})
        assert self.open_with(here, again).status_code == 201

    def test_a_leader_studies_as_a_learner(self, studying, session):
        here = studying()
        session.get_one(Account, here.account_id).role = "workshop_leader"
        assert here.ask().status_code == 201


def _teacher(here):
    from tests.teachers import NEW_PASSWORD, Teacher

    return Teacher(here.account_id, "", here.id_number, NEW_PASSWORD)


def test_of_many_that_show_one_ticket_one_gets_in(engine, app, clock):
    """On every database."""
    using: Collaborators = app.extensions["xueshi"]
    number = id_numbers.parse(factories.person().id_number)
    with Session(engine) as session:
        account = factories.account(session, id_index=using.vault.index(number))
        factories.enrolment(session, account, factories.programme(session), status="active")
        session.commit()
    shown = Portals({"hebei": SECRET}).read("hebei", issue("hebei", SECRET, number.number, clock()), clock())

    def show(_):
        with Session(engine) as session:
            try:
                once.use(session, shown.name, shown.expires_at, clock())
            except once.UsedAlready:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(show, range(4))) == [False, False, False, True]
    engine.dispose()
