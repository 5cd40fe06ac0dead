from dataclasses import replace

import pytest
import sqlalchemy as sa
from redis.exceptions import ConnectionError as RedisConnectionError

from models import Account, ProfileCorrection
from services.profiles import MOST_OPEN_CORRECTIONS
from tests import factories
from tests.teachers import NEW_PASSWORD, bearer, collaborators, enlist, settled, sign_in, tokens


def code_of(reply) -> str:
    assert reply.mimetype == "application/problem+json", reply.text
    return reply.get_json()["code"]


def change_password(client, pair, old, new=NEW_PASSWORD):
    return client.put("/v1/me/password", json={"old_password": old, "new_password": new}, headers=bearer(pair))


class Lease:
    """Notes whose study lease was released; or Redis is away."""

    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.released: list[int] = []

    def release(self, account: int) -> None:
        if self.away:
            raise RedisConnectionError
        self.released.append(account)


@pytest.fixture
def lease(app):
    lease = Lease()
    app.extensions["xueshi"] = replace(collaborators(app), store=lease)
    return lease


class TestMe:
    def test_everything_is_shown_and_numbers_are_masked(self, app, client, session, clock):
        school = factories.school(session)
        teacher = enlist(app, session, school_id=school.id)
        reply = client.get("/v1/me", headers=bearer(tokens(client, teacher)))
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "no-store"
        body = reply.get_json()
        mobile = body.pop("mobile_masked")
        assert mobile[3:7] == "****"
        assert body == {
            "account_id": teacher.account_id,
            "role": "teacher",
            "name": teacher.name,
            "id_kind": "foreign_permanent_resident",
            "id_number_masked": "999999" + "*" * 12,
            "school": school.name,
            "stage": "小学",
            "subject": "语文",
            "wechat_bound": False,
            "must_change_password": True,
            "must_confirm_profile": True,
            "last_login_at": "2022-08-01T01:00:00Z",
            "privacy_version": None,
            "unread_notices": 0,
        }
        assert teacher.id_number[-6:] not in reply.text

    def test_an_account_without_school_or_mobile_has_neither(self, app, client, session):
        teacher = settled(app, session, mobile_envelope=None)
        body = client.get("/v1/me", headers=bearer(tokens(client, teacher))).get_json()
        assert (body["school"], body["mobile_masked"]) == (None, None)


class TestPrivacy:
    def agree(self, client, pair, version):
        return client.put("/v1/me/privacy", json={"version": version}, headers=bearer(pair))

    def test_the_version_agreed_to_last_is_kept_with_its_moment(self, app, client, session, clock):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        for version in ("2022-07-01", "2022-08-01"):
            clock.advance(60)
            reply = self.agree(client, pair, version)
            assert (reply.status_code, reply.data) == (204, b"")
            assert client.get("/v1/me", headers=bearer(pair)).get_json()["privacy_version"] == version
        assert session.get_one(Account, teacher.account_id).privacy_agreed_at == clock()

    def test_the_same_again_keeps_the_first_moment(self, app, client, session, clock):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        agreed_at = clock()
        for _ in range(2):
            assert self.agree(client, pair, "2022-07-01").status_code == 204
            clock.advance(60)
        assert session.get_one(Account, teacher.account_id).privacy_agreed_at == agreed_at

    def test_one_may_agree_before_the_first_password_is_changed(self, app, client, session):
        pair = tokens(client, enlist(app, session))
        assert self.agree(client, pair, "v3.1").status_code == 204
        assert client.get("/v1/me", headers=bearer(pair)).get_json()["privacy_version"] == "v3.1"

    @pytest.mark.parametrize("odd", ["", " ", "2022 07", "-1", ".", "x" * 33, "v1\n", "版本", "v1\0", "<b>", "1/2"])
    def test_what_is_no_version_is_422_and_changes_nothing(self, app, client, session, odd):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        reply = self.agree(client, pair, odd)
        assert (reply.status_code, code_of(reply)) == (422, "invalid")
        assert [error["field"] for error in reply.get_json()["errors"]] == ["version"]
        assert session.get_one(Account, teacher.account_id).privacy_version is None


class TestPassword:
    def test_the_first_change_opens_every_door(self, app, client, session):
        teacher = enlist(app, session)
        pair = tokens(client, teacher)
        assert code_of(client.post("/v1/me/confirm", headers=bearer(pair))) == "password_change_required"
        reply = change_password(client, pair, teacher.password)
        assert (reply.status_code, reply.data) == (204, b"")
        assert client.post("/v1/me/confirm", headers=bearer(pair)).status_code == 204
        assert code_of(sign_in(client, teacher)) == "bad_credentials"
        after = sign_in(client, teacher, NEW_PASSWORD)
        assert after.get_json()["must_change_password"] is False

    def test_every_other_session_ends_at_once_and_the_callers_goes_on(self, app, client, session, lease):
        teacher = settled(app, session)
        mine, other, third = (tokens(client, teacher) for _ in range(3))
        assert change_password(client, mine, NEW_PASSWORD, "another-2022").status_code == 204
        for ended in (other, third):
            assert code_of(client.get("/v1/me", headers=bearer(ended))) == "bad_token"
            body = {"refresh_token": ended["refresh_token"]}
            assert code_of(client.post("/v1/auth/refresh", json=body)) == "bad_token"
        assert client.get("/v1/me", headers=bearer(mine)).status_code == 200
        on = client.post("/v1/auth/refresh", json={"refresh_token": mine["refresh_token"]})
        assert on.status_code == 200
        assert client.get("/v1/me", headers=bearer(on.get_json())).status_code == 200
        assert lease.released == [teacher.account_id]

    def test_sessions_of_other_teachers_go_on(self, app, client, session):
        teacher, colleague = settled(app, session), settled(app, session)
        theirs = tokens(client, colleague)
        change_password(client, tokens(client, teacher), NEW_PASSWORD, "another-2022")
        assert client.get("/v1/me", headers=bearer(theirs)).status_code == 200

    def test_a_wrong_old_password_counts_towards_the_same_lock(self, app, client, session, lease):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        for _ in range(5):
            reply = change_password(client, pair, "wrong", "another-2022")
            assert (reply.status_code, code_of(reply)) == (401, "bad_credentials")
        assert change_password(client, pair, NEW_PASSWORD, "another-2022").status_code == 423
        assert sign_in(client, teacher).status_code == 423
        assert lease.released == []

    @pytest.mark.parametrize("new", ["short1", "onlyletters", "Haolaoshi123", NEW_PASSWORD, "a1" * 65])
    def test_a_weak_new_password_is_422_with_reasons_and_changes_nothing(self, app, client, session, new):
        teacher = settled(app, session)
        reply = change_password(client, tokens(client, teacher), NEW_PASSWORD, new)
        assert (reply.status_code, code_of(reply)) == (422, "invalid")
        assert {error["field"] for error in reply.get_json()["errors"]} == {"new_password"}
        assert sign_in(client, teacher).status_code == 200

    def test_the_last_six_will_not_do_again(self, app, client, session):
        teacher = enlist(app, session)
        reply = change_password(client, tokens(client, teacher), teacher.password, f"zhang{teacher.password}")
        assert "证件号码" in reply.get_json()["detail"]

    def test_with_redis_away_nothing_changes_and_one_tries_again(self, app, client, session):
        teacher = settled(app, session)
        pair, other = tokens(client, teacher), tokens(client, teacher)
        using = collaborators(app)
        app.extensions["xueshi"] = replace(using, store=Lease(away=True))
        reply = change_password(client, pair, NEW_PASSWORD, "another-2022")
        assert (reply.status_code, code_of(reply)) == (503, "try_again")
        assert client.get("/v1/me", headers=bearer(other)).status_code == 200
        app.extensions["xueshi"] = using
        assert change_password(client, pair, NEW_PASSWORD, "another-2022").status_code == 204


class TestConfirm:
    def test_confirming_is_remembered_and_may_be_repeated(self, app, client, session):
        teacher = settled(app, session, must_confirm_profile=True)
        pair = tokens(client, teacher)
        for _ in range(2):
            assert client.post("/v1/me/confirm", headers=bearer(pair)).status_code == 204
        assert client.get("/v1/me", headers=bearer(pair)).get_json()["must_confirm_profile"] is False
        assert session.get(Account, teacher.account_id).must_confirm_profile is False


class TestCorrections:
    @pytest.fixture
    def pair(self, app, client, session):
        return tokens(client, settled(app, session))

    def correct(self, client, pair, **body):
        return client.post("/v1/me/corrections", json=body, headers=bearer(pair))

    def test_what_it_should_be_is_stored_sealed(self, app, client, session, pair, clock):
        reply = self.correct(client, pair, field="name", should_be=" 林致远 ", note="身份证上是“致”\n谢谢")
        assert reply.status_code == 201
        body = reply.get_json()
        row = session.get(ProfileCorrection, body["correction_id"])
        assert body == {
            "correction_id": row.id,
            "field": "name",
            "status": "open",
            "created_at": "2022-08-01T01:00:00Z",
        }
        assert collaborators(app).vault.open(row.should_be_envelope, row.account_id) == "林致远"
        assert row.note == "身份证上是“致”\n谢谢"
        assert "致远".encode() not in row.should_be_envelope

    def test_the_note_may_be_left_out(self, client, pair):
        assert self.correct(client, pair, field="other", should_be="调到了二中").status_code == 201

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"field": "password"}, "field"),
            ({"should_be": ""}, "should_be"),
            ({"should_be": "   "}, "should_be"),
            ({"should_be": "长" * 101}, "should_be"),
            ({"note": "长" * 501}, "note"),
            ({"note": None}, "note"),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_a_bad_field_is_named(self, client, session, pair, change, field):
        reply = self.correct(client, pair, **({"field": "name", "should_be": "林致远"} | change))
        assert reply.status_code == 422
        assert [error["field"] for error in reply.get_json()["errors"]] == [field]
        assert session.scalar(sa.select(sa.func.count()).select_from(ProfileCorrection)) == 0

    def test_only_so_many_may_wait(self, client, session, pair):
        for _ in range(MOST_OPEN_CORRECTIONS):
            assert self.correct(client, pair, field="name", should_be="林致远").status_code == 201
        reply = self.correct(client, pair, field="name", should_be="林致远")
        assert (reply.status_code, code_of(reply)) == (409, "too_many_corrections")
        session.execute(sa.update(ProfileCorrection).values(status="done"))
        assert self.correct(client, pair, field="name", should_be="林致远").status_code == 201
