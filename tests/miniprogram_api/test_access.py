"""Doors: what opens with which token, for every route that there is."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from miniprogram_api import access
from models import Account, RefreshToken, SignInRecord
from services.tokens import AccessClaims, StudyClaims
from tests.teachers import bearer, collaborators, enlist, settled, tokens

PUBLIC = {
    "POST /v1/auth/password",
    "POST /v1/auth/wechat",
    "POST /v1/auth/wechat/bind",
    "POST /v1/auth/portal",
    "POST /v1/auth/refresh",
    "POST /v1/auth/logout",
    "GET /v1/mini-program/code",
}
WITH_FIRST_PASSWORD = {"GET /v1/me", "PUT /v1/me/password", "PUT /v1/me/privacy"}
BAD_TOKENS = ["", "x", "x.y.z", "Basic x", "é" * 40, "eyJhbGciOiJub25lIn0.e30.", "a" * 5000]


def code_of(reply) -> str:
    assert reply.mimetype == "application/problem+json", reply.text
    return reply.get_json()["code"]


def doors(app, kind):
    """(method, path) of every /v1 route with this access."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith("/v1/") and getattr(view, "access", access.WITH_ACCESS_TOKEN) == kind:
            path = re.sub(r"<(int:)?[^>]+>", "1", rule.rule)
            yield from ((method, path) for method in sorted(rule.methods - {"OPTIONS", "HEAD"}))


class TestEveryDoor:
    def test_only_signing_in_and_the_mini_programs_code_are_open_to_anybody(self, app):
        assert {" ".join(door) for door in doors(app, access.PUBLIC)} == PUBLIC

    def test_only_these_are_open_before_the_first_password_is_changed(self, app):
        assert {" ".join(door) for door in doors(app, access.WITH_FIRST_PASSWORD)} == WITH_FIRST_PASSWORD

    def test_all_others_ask_for_a_token_before_they_read_the_body(self, app, client):
        asked = [*doors(app, access.WITH_ACCESS_TOKEN), *doors(app, access.WITH_FIRST_PASSWORD)]
        assert ("DELETE", "/v1/auth/wechat") in asked
        for method, path in asked:
            reply = client.open(path, method=method, data=b"\xff not json")
            assert (reply.status_code, code_of(reply)) == (401, "unauthenticated"), (method, path)
            assert reply.headers["WWW-Authenticate"] == "Bearer"

    def test_all_others_are_closed_until_the_first_password_is_changed(self, app, client, session):
        pair = tokens(client, enlist(app, session))
        for method, path in doors(app, access.WITH_ACCESS_TOKEN):
            reply = client.open(path, method=method, headers=bearer(pair))
            assert (reply.status_code, code_of(reply)) == (403, "password_change_required"), (method, path)

    def test_an_unknown_address_is_404_and_a_wrong_method_405_without_a_token(self, client):
        assert client.get("/v1/nowhere").status_code == 404
        assert client.patch("/v1/me").status_code == 405


class TestToken:
    @pytest.mark.parametrize("token", BAD_TOKENS)
    def test_nonsense_is_401(self, client, token):
        reply = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert reply.status_code == 401

    @pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Token x", ""])
    def test_another_scheme_is_401(self, client, header):
        assert code_of(client.get("/v1/me", headers={"Authorization": header})) == "unauthenticated"

    def test_the_scheme_may_be_written_small(self, app, client, session):
        pair = tokens(client, settled(app, session))
        assert client.get("/v1/me", headers={"Authorization": f"bearer {pair['access_token']}"}).status_code == 200

    def test_it_ends_after_its_time(self, app, client, session, clock):
        pair = tokens(client, settled(app, session))
        clock.advance(seconds=899)
        assert client.get("/v1/me", headers=bearer(pair)).status_code == 200
        clock.advance(seconds=1)
        assert code_of(client.get("/v1/me", headers=bearer(pair))) == "bad_token"

    def test_study_tokens_and_refresh_tokens_do_not_open_it(self, app, client, session, clock):
        pair = tokens(client, settled(app, session))
        claims = StudyClaims(session="s", account=1, enrolment=1, lesson=1, duration=1)
        study = collaborators(app).tokens.issue_study(claims, clock() + timedelta(hours=1), clock())
        for token in (study, pair["refresh_token"]):
            assert code_of(client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})) == "bad_token"

    def test_raising_the_version_of_the_account_ends_every_token(self, app, client, session):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        session.get(Account, teacher.account_id).token_version += 1
        assert code_of(client.get("/v1/me", headers=bearer(pair))) == "bad_token"

    def test_the_token_of_an_account_that_is_gone_is_401(self, app, client, session):
        teacher = settled(app, session)
        pair = tokens(client, teacher)
        for table in (RefreshToken, SignInRecord, Account):
            session.execute(sa.delete(table))
        assert code_of(client.get("/v1/me", headers=bearer(pair))) == "bad_token"

    def test_a_family_of_another_account_does_not_help(self, app, client, session, clock):
        mine, theirs = settled(app, session), settled(app, session)
        tokens(client, mine)
        family = session.scalar(sa.select(RefreshToken.family_id))
        claims = AccessClaims(account=theirs.account_id, version=1, family=family)
        token = collaborators(app).tokens.issue_access(claims, clock())
        assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


class TestReading:
    def test_a_get_does_not_wait_for_a_writer_on_sqlite(self, app, client, session):
        pair = tokens(client, settled(app, session))
        session.commit()
        session.execute(sa.update(Account).values(stage="初中"))  # takes the write lock and keeps it
        without_commit = FlaskClient(app, app.response_class)
        assert without_commit.get("/v1/me", headers=bearer(pair)).status_code == 200
        session.rollback()
