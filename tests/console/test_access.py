"""Who gets to a page of the console at all."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console import access, static_files
from models import Appointment, AuditEntry, StaffSession
from services.authority.roles import PERMISSIONS
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree

URL = "https://xueshi.example"


def console_rules(app: Flask) -> list[str]:
    return [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and rule.endpoint not in static_files.ENDPOINTS
    ]


def test_every_view_says_who_may_see_it(app: Flask) -> None:
    with app.app_context():
        for endpoint in console_rules(app):
            mark = access.mark_of(endpoint)
            known = set(mark) <= {*PERMISSIONS, access.PUBLIC, access.ANY_STAFF} or mark[0].startswith("during:")
            assert mark, f"{endpoint} has no mark"
            assert known, f"{endpoint} has an unknown mark {mark}"


def test_without_a_session_one_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    reply = client.get("/console/me?x=1")
    assert reply.status_code == 302
    assert reply.location == "/console/sign-in?next=/console/me?x%3D1"


def test_htmx_is_sent_there_with_the_whole_page(client: FlaskClient) -> None:
    reply = client.get("/console/me", headers={"HX-Request": "true"})
    assert reply.status_code == 204
    assert reply.headers["HX-Redirect"].startswith("/console/sign-in")


def test_pages_are_kept_nowhere_and_run_only_our_own_scripts(staff: Callable[..., Staff], tree: Tree) -> None:
    reply = staff("county_admin", tree.east).get("/me")
    assert reply.status_code == 200
    assert "虚构东县 县级管理员" in reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert " style=" not in reply.text


@pytest.mark.parametrize(("idle", "asked_every", "works"), [(29, 29, True), (31, 31, False), (721, 20, False)])
def test_a_session_ends_half_an_hour_after_the_last_request_and_half_a_day_after_the_first(
    staff: Callable[..., Staff], tree: Tree, clock: FakeClock, idle: int, asked_every: int, works: bool
) -> None:
    admin = staff("city_admin", tree.city)
    for _ in range(idle // asked_every):
        clock.advance(asked_every * 60)
        reply = admin.get("/me")
    clock.advance(idle % asked_every * 60)
    reply = admin.get("/me") if idle % asked_every else reply
    assert (reply.status_code == 200) is works


def test_a_role_that_was_taken_away_ends_its_sessions(
    staff: Callable[..., Staff], tree: Tree, session: Session, clock: FakeClock
) -> None:
    admin = staff("county_admin", tree.east)
    session.execute(sa.update(Appointment).values(ended_at=clock() - timedelta(seconds=1)))
    session.commit()
    assert admin.get("/me").status_code == 302


def test_a_form_without_its_token_changes_nothing(
    app: Flask, staff: Callable[..., Staff], tree: Tree, session: Session
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    admin = staff("county_admin", tree.east)
    reply = admin.post("/sign-out")
    assert reply.status_code == 400
    assert "已经过期" in reply.text
    assert session.scalar(sa.select(StaffSession.ended_at)) is None


def test_signing_out_ends_the_session_on_the_server(staff: Callable[..., Staff], tree: Tree, session: Session) -> None:
    admin = staff("county_admin", tree.east)
    assert admin.post("/sign-out").status_code == 302
    assert session.scalar(sa.select(StaffSession.ended_at)) is not None
    assert admin.get("/me").status_code == 302


def test_an_unknown_page_is_a_page_in_chinese(staff: Callable[..., Staff], tree: Tree, session: Session) -> None:
    reply = staff("county_admin", tree.east).get("/no-such-page")
    assert reply.status_code == 404
    assert "没有这个页面" in reply.text
    assert session.scalar(sa.select(sa.func.count(AuditEntry.serial))) == 0


def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    staff: Callable[..., Staff], tree: Tree, clock: FakeClock
) -> None:
    admin = staff("city_admin", tree.city)
    unasked = {"HX-Request": "true", access.UNASKED: "1"}
    for _ in range(2):
        clock.advance(15 * 60)
        assert admin.get("/live", headers=unasked).status_code == 200
    clock.advance(60)
    assert admin.get("/live", headers=unasked).headers["HX-Redirect"].startswith("/console/sign-in")


class TestWithTls:
    @pytest.fixture
    def app(self, make_app: Callable[..., Flask]) -> Flask:
        return make_app(public_url="https://xueshi.example", trusted_proxies=1)

    def post(self, client: FlaskClient, token: str, **headers: str) -> Any:
        by_proxy = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
        given = {"csrf_token": token, "number": "x", "password": "x"}
        return client.post("/console/sign-in", base_url=URL, data=given, headers=by_proxy | headers)

    def test_the_cookie_is_this_hosts_alone_and_never_sent_without_it(self, client: FlaskClient) -> None:
        cookie = client.get("/console/sign-in", base_url=URL).headers["Set-Cookie"]
        assert cookie.startswith("__Host-xueshi=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_a_form_works_from_our_own_pages_alone(self, client: FlaskClient) -> None:
        page = client.get("/console/sign-in", base_url=URL)
        assert page.headers["Referrer-Policy"] == "same-origin", "or browsers would not say where a form was"
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        assert self.post(client, token, Referer=f"{URL}/console/sign-in").status_code == 401
        assert self.post(client, token, Referer="https://evil.example/").status_code == 400
        assert self.post(client, token).status_code == 400
