import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, RefreshToken, WechatBinding
from services.passwords import Passwords
from tests.factories import resident_id
from tests.teachers import bearer, collaborators, enlist, settled, sign_in, tokens, with_known_codes


def code_of(reply) -> str:
    assert reply.mimetype == "application/problem+json", reply.text
    return reply.get_json()["code"]


def failed_logins(session, teacher) -> int:
    return session.scalar(sa.select(Account.failed_logins).where(Account.id == teacher.account_id))


class TestPassword:
    def test_the_first_password_signs_in_and_must_be_changed(self, app, client, session, clock):
        teacher = enlist(app, session)
        reply = sign_in(client, teacher)
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "no-store"
        body = reply.get_json()
        assert set(body) == {
            "access_token", "refresh_token", "token_type", "expires_in", "must_change_password", "must_confirm_profile",
        }  # fmt: skip
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == 900
        assert body["must_change_password"] is True
        assert body["must_confirm_profile"] is True
        assert session.get(Account, teacher.account_id).last_login_at == clock()

    @pytest.mark.parametrize(("rule", "shared"), [("shared", "Haolaoshi123"), ("random", None)])
    def test_every_rule_of_first_passwords_signs_in(self, app, client, session, rule, shared):
        assert sign_in(client, enlist(app, session, rule=rule, shared=shared)).status_code == 200

    def test_the_number_may_be_typed_in_full_width_with_spaces_and_small_x(self, app, client, session):
        teacher = enlist(app, session)
        typed = " ".join(chr(ord(c) + 0xFEE0) for c in teacher.id_number.lower())
        assert sign_in(client, replace(teacher, id_number=typed)).status_code == 200

    def test_wrong_number_wrong_password_and_nonsense_are_one_error(self, app, client, session):
        teacher = enlist(app, session)
        replies = [
            sign_in(client, teacher, "wrong password"),
            sign_in(client, replace(teacher, id_number=resident_id(999))),
            sign_in(client, replace(teacher, id_number="not a number")),
        ]
        assert {reply.status_code for reply in replies} == {401}
        assert {code_of(reply) for reply in replies} == {"bad_credentials"}
        assert len({reply.data for reply in replies}) == 1

    def test_an_old_hash_is_made_again_at_todays_cost(self, true_cost, app, client, session):
        teacher = settled(app, session)
        cheap = Passwords(1)
        cheap._hasher = type(cheap._hasher)(time_cost=1, memory_cost=8192, parallelism=1)
        session.get(Account, teacher.account_id).password_hash = cheap.hash(teacher.password)
        session.commit()
        assert sign_in(client, teacher).status_code == 200
        session.expire_all()
        assert "m=19456,t=2" in session.get(Account, teacher.account_id).password_hash
        assert sign_in(client, teacher).status_code == 200


class TestLockout:
    def test_the_sixth_try_after_five_failures_is_locked_even_when_right(self, app, client, session, clock):
        teacher = enlist(app, session)
        assert [sign_in(client, teacher, "wrong").status_code for _ in range(5)] == [401] * 5
        locked = sign_in(client, teacher)
        assert (locked.status_code, code_of(locked)) == (423, "account_locked")
        assert locked.headers["Retry-After"] == "60"
        clock.advance(seconds=59.5)
        assert sign_in(client, teacher).headers["Retry-After"] == "1"
        clock.advance(seconds=0.5)
        assert sign_in(client, teacher).status_code == 200

    def test_each_further_failure_locks_twice_as_long_up_to_an_hour(self, app, client, session, clock):
        teacher = enlist(app, session, failed_logins=4)
        waits = []
        for _ in range(8):
            assert sign_in(client, teacher, "wrong").status_code == 401
            waits.append(int(sign_in(client, teacher, "wrong").headers["Retry-After"]))
            clock.advance(seconds=waits[-1])
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]

    def test_a_locked_account_counts_no_further_failures(self, app, client, session):
        teacher = enlist(app, session)
        for _ in range(9):
            sign_in(client, teacher, "wrong")
        assert failed_logins(session, teacher) == 5

    def test_success_starts_the_count_anew(self, app, client, session):
        teacher = enlist(app, session)
        for _ in range(3):
            for _ in range(4):
                sign_in(client, teacher, "wrong")
            assert sign_in(client, teacher).status_code == 200
        assert failed_logins(session, teacher) == 0

    def test_one_account_is_locked_and_not_its_colleagues_at_the_same_address(self, app, client, session):
        teacher, colleague = enlist(app, session), enlist(app, session)
        for _ in range(6):
            sign_in(client, teacher, "wrong")
        assert sign_in(client, colleague).status_code == 200

    def test_of_many_guesses_at_once_only_five_are_answered(self, true_cost, make_app, engine, database_url):
        app = make_app(database_url=database_url, password_concurrency=8)
        with Session(engine) as session:
            teacher = enlist(app, session)
        start = threading.Barrier(20)

        def guess(n: int) -> int:
            start.wait(30)
            return sign_in(app.test_client(), teacher, f"wrong {n}").status_code

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(guess, range(20)))
        assert answers.count(401) == 5
        assert set(answers) <= {401, 423, 503}
        with Session(engine) as session:
            assert failed_logins(session, teacher) == 5


class TestBusy:
    def test_beyond_the_bound_of_hashes_the_answer_is_503(self, app, client, session):
        teacher = enlist(app, session)
        busy = Passwords(1, patience=0)
        app.extensions["xueshi"] = replace(collaborators(app), passwords=busy)
        with busy._turn():
            reply = sign_in(client, teacher)
        assert (reply.status_code, code_of(reply)) == (503, "try_again")
        assert reply.headers["Retry-After"]
        assert sign_in(client, teacher).status_code == 200


class TestRefresh:
    @pytest.fixture
    def signed_in(self, app, client, session):
        return tokens(client, settled(app, session))

    def refresh(self, client, pair):
        return client.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})

    def test_it_gives_another_pair(self, client, signed_in, clock):
        clock.advance(seconds=1000)
        assert code_of(client.get("/v1/me", headers=bearer(signed_in))) == "bad_token"
        reply = self.refresh(client, signed_in)
        assert reply.status_code == 200
        assert set(reply.get_json()) == set(signed_in)
        assert reply.get_json()["refresh_token"] != signed_in["refresh_token"]
        assert client.get("/v1/me", headers=bearer(reply.get_json())).status_code == 200

    def test_reuse_ends_the_family_and_its_access_tokens(self, client, signed_in, clock):
        successor = self.refresh(client, signed_in).get_json()
        clock.advance(seconds=11)
        assert client.get("/v1/me", headers=bearer(successor)).status_code == 200
        assert code_of(self.refresh(client, signed_in)) == "bad_token"
        assert code_of(self.refresh(client, successor)) == "bad_token"
        assert code_of(client.get("/v1/me", headers=bearer(successor))) == "bad_token"

    def test_a_lost_reply_may_be_asked_for_again(self, client, signed_in, clock):
        self.refresh(client, signed_in)
        clock.advance(seconds=9)
        again = self.refresh(client, signed_in)
        assert again.status_code == 200
        clock.advance(seconds=60)
        assert self.refresh(client, again.get_json()).status_code == 200

    def test_after_thirty_days_one_signs_in_again(self, client, signed_in, clock):
        clock.advance(seconds=30 * 86400)
        reply = self.refresh(client, signed_in)
        assert (reply.status_code, code_of(reply)) == (401, "bad_token")

    def test_an_access_token_is_no_refresh_token(self, client, signed_in):
        reply = client.post("/v1/auth/refresh", json={"refresh_token": signed_in["access_token"]})
        assert reply.status_code == 401

    def test_twenty_tabs_at_once_all_go_on(self, make_app, engine, database_url):
        app = make_app(database_url=database_url)
        with Session(engine) as session:
            pair = tokens(app.test_client(), settled(app, session))
        start = threading.Barrier(20)

        def tab(_: int):
            start.wait(30)
            return self.refresh(app.test_client(), pair)

        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(tab, range(20)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.get_json()["refresh_token"] for reply in replies}) == 20
        for reply in replies:
            assert app.test_client().get("/v1/me", headers=bearer(reply.get_json())).status_code == 200

    def test_no_tab_outlives_a_logout_that_races_with_it(self, make_app, engine, database_url):
        app = make_app(database_url=database_url)
        with Session(engine) as session:
            teacher = settled(app, session)
        for _ in range(5):
            pair = tokens(app.test_client(), teacher)
            start = threading.Barrier(6)

            def race(n: int, pair=pair, start=start):
                start.wait(30)
                path = "/v1/auth/logout" if n == 0 else "/v1/auth/refresh"
                return app.test_client().post(path, json={"refresh_token": pair["refresh_token"]})

            with ThreadPoolExecutor(6) as pool:
                replies = list(pool.map(race, range(6)))
            assert replies[0].status_code == 204
            for reply in replies[1:]:
                if reply.status_code == 200:
                    assert app.test_client().get("/v1/me", headers=bearer(reply.get_json())).status_code == 401
                else:
                    assert reply.status_code == 401


class TestLogout:
    def test_it_ends_the_session_at_once_and_may_be_repeated(self, app, client, session):
        pair = tokens(client, settled(app, session))
        for _ in range(2):
            reply = client.post("/v1/auth/logout", json={"refresh_token": pair["refresh_token"]})
            assert (reply.status_code, reply.data) == (204, b"")
        assert client.get("/v1/me", headers=bearer(pair)).status_code == 401
        assert client.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}).status_code == 401

    def test_other_devices_stay(self, app, client, session):
        teacher = settled(app, session)
        phone, desk = tokens(client, teacher), tokens(client, teacher)
        client.post("/v1/auth/logout", json={"refresh_token": phone["refresh_token"]})
        assert client.get("/v1/me", headers=bearer(desk)).status_code == 200

    def test_an_unknown_token_is_as_good_as_ended(self, client):
        assert client.post("/v1/auth/logout", json={"refresh_token": "unknown"}).status_code == 204

    def test_it_is_open_before_the_first_password_is_changed(self, app, client, session):
        pair = tokens(client, enlist(app, session))
        reply = client.post("/v1/auth/logout", json={"refresh_token": pair["refresh_token"]}, headers=bearer(pair))
        assert reply.status_code == 204


class TestWechat:
    @pytest.fixture(autouse=True)
    def known_codes(self, app):
        with_known_codes(app)

    def come(self, client, openid="openid-1"):
        return client.post("/v1/auth/wechat", json={"code": f"code-{openid}"})

    def ticket(self, client, openid="openid-1") -> str:
        reply = self.come(client, openid)
        assert (reply.status_code, code_of(reply)) == (403, "wechat_not_bound")
        return reply.get_json()["binding_ticket"]

    def bind(self, client, teacher, ticket, password=None):
        body = {"binding_ticket": ticket, "id_number": teacher.id_number, "password": password or teacher.password}
        return client.post("/v1/auth/wechat/bind", json=body)

    def test_once_bound_the_teacher_comes_back_silently(self, app, client, session):
        teacher = enlist(app, session)
        bound = self.bind(client, teacher, self.ticket(client))
        assert bound.status_code == 200
        assert client.get("/v1/me", headers=bearer(bound.get_json())).get_json()["wechat_bound"] is True
        back = self.come(client)
        assert back.status_code == 200
        assert set(back.get_json()) == set(bound.get_json())
        assert client.get("/v1/me", headers=bearer(back.get_json())).get_json()["account_id"] == teacher.account_id

    def test_a_bad_code_is_401(self, client):
        reply = client.post("/v1/auth/wechat", json={"code": "nonsense"})
        assert (reply.status_code, code_of(reply)) == (401, "wechat_code_invalid")

    def test_a_ticket_serves_once(self, app, client, session):
        teacher = settled(app, session)
        ticket = self.ticket(client)
        pair = self.bind(client, teacher, ticket).get_json()
        assert client.delete("/v1/auth/wechat", headers=bearer(pair)).status_code == 204
        again = self.bind(client, teacher, ticket)
        assert (again.status_code, code_of(again)) == (401, "bad_ticket")
        assert code_of(self.come(client)) == "wechat_not_bound"

    def test_a_ticket_lasts_five_minutes_and_is_not_spent_by_a_wrong_password(self, app, client, session, clock):
        teacher = enlist(app, session)
        ticket = self.ticket(client)
        assert code_of(self.bind(client, teacher, ticket, "wrong")) == "bad_credentials"
        assert failed_logins(session, teacher) == 1
        clock.advance(seconds=299)
        assert self.bind(client, teacher, ticket).status_code == 200
        late = self.ticket(client, "openid-2")
        clock.advance(seconds=300)
        assert code_of(self.bind(client, teacher, late)) == "bad_ticket"

    def test_an_access_token_is_no_ticket(self, app, client, session):
        teacher = settled(app, session)
        assert code_of(self.bind(client, teacher, tokens(client, teacher)["access_token"])) == "bad_ticket"

    def test_binding_is_locked_like_signing_in(self, app, client, session):
        teacher = enlist(app, session)
        ticket = self.ticket(client)
        for _ in range(5):
            self.bind(client, teacher, ticket, "wrong")
        assert self.bind(client, teacher, ticket).status_code == 423

    def test_one_wechat_is_one_account(self, app, client, session):
        late = self.ticket(client)
        self.bind(client, enlist(app, session), self.ticket(client))
        reply = self.bind(client, enlist(app, session), late)
        assert (reply.status_code, code_of(reply)) == (409, "wechat_bound_elsewhere")

    def test_one_account_is_one_wechat(self, app, client, session):
        teacher = enlist(app, session)
        self.bind(client, teacher, self.ticket(client))
        reply = self.bind(client, teacher, self.ticket(client, "openid-2"))
        assert (reply.status_code, code_of(reply)) == (409, "account_bound_elsewhere")

    def test_who_does_not_know_the_password_learns_nothing_of_bindings(self, app, client, session):
        teacher = enlist(app, session)
        self.bind(client, teacher, self.ticket(client))
        assert code_of(self.bind(client, teacher, self.ticket(client, "openid-2"), "wrong")) == "bad_credentials"

    def test_the_same_pair_bound_again_with_another_ticket_signs_in(self, app, client, session):
        teacher = enlist(app, session)
        first, second = self.ticket(client), self.ticket(client)
        assert self.bind(client, teacher, first).status_code == 200
        assert self.bind(client, teacher, second).status_code == 200

    def test_unbinding_twice_is_no_harm_and_frees_both_sides(self, app, client, session):
        teacher, other = settled(app, session), settled(app, session)
        pair = self.bind(client, teacher, self.ticket(client)).get_json()
        for _ in range(2):
            reply = client.delete("/v1/auth/wechat", headers=bearer(pair))
            assert (reply.status_code, reply.data) == (204, b"")
        assert self.bind(client, other, self.ticket(client)).status_code == 200
        assert self.bind(client, teacher, self.ticket(client, "openid-2")).status_code == 200

    def test_of_ten_accounts_that_want_one_wechat_one_gets_it(self, make_app, engine, database_url):
        app = make_app(database_url=database_url, password_concurrency=8)
        with_known_codes(app)
        with Session(engine) as session:
            teachers = [enlist(app, session) for _ in range(10)]
        tickets = [self.ticket(app.test_client()) for _ in teachers]
        start = threading.Barrier(10)

        def race(pair):
            start.wait(30)
            return self.bind(app.test_client(), *pair)

        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(race, zip(teachers, tickets, strict=True)))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 9
        assert {code_of(reply) for reply in replies if reply.status_code == 409} == {"wechat_bound_elsewhere"}
        with Session(engine) as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(WechatBinding)) == 1
            assert session.scalar(sa.select(sa.func.count()).select_from(RefreshToken)) == 1

    def test_of_ten_uses_of_one_ticket_one_counts(self, make_app, engine, database_url):
        app = make_app(database_url=database_url, password_concurrency=8)
        with_known_codes(app)
        with Session(engine) as session:
            teacher = enlist(app, session)
        ticket = self.ticket(app.test_client())
        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda _: self.bind(app.test_client(), teacher, ticket), range(10)))
        assert sorted(reply.status_code for reply in replies) == [200] + [401] * 9
