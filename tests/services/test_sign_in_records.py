"""Each try of a known account leaves one record; many failures from one address are told to whoever runs the system."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from models import SignInRecord
from server.clients import make_redis
from services import sign_in_records
from services.failed_sign_ins import MANY, WINDOW_S, FailedSignIns
from tests.conftest import FakeClock
from tests.factories import person
from tests.teachers import Teacher, bearer, collaborators, enlist, settled, sign_in, tokens, with_known_codes

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0.16"}
SCHOOL = {"REMOTE_ADDR": "198.51.100.77"}
Records = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def records(session: Session) -> Records:
    def records() -> list[tuple[str, str]]:
        session.expire_all()
        found = session.scalars(sa.select(SignInRecord).order_by(SignInRecord.id))
        return [(one.route, one.result) for one in found]

    return records


def post(client: FlaskClient, path: str, **body: Any) -> Any:
    return client.post(f"/v1/auth/{path}", json=body, headers=PHONE, environ_overrides=SCHOOL)


def credentials(teacher: Teacher, password: str = "") -> dict[str, str]:
    return {"id_number": teacher.id_number, "password": password or teacher.password}


def test_in_and_wrong_and_locked(app: Flask, client: FlaskClient, session: Session, records: Records) -> None:
    teacher = settled(app, session)
    assert post(client, "password", **credentials(teacher)).status_code == 200
    for _ in range(5):
        post(client, "password", **credentials(teacher, "wrong"))
    assert post(client, "password", **credentials(teacher)).status_code == 423
    assert records() == [("web", "in"), *[("web", "wrong_password")] * 5, ("web", "locked")]
    one = session.scalars(sa.select(SignInRecord)).first()
    assert one is not None
    assert (one.account_id, one.device, one.address_masked) == (teacher.account_id, "微信 Android", "198.51.100.0")


def test_an_unknown_number_leaves_none(client: FlaskClient, records: Records) -> None:
    assert post(client, "password", id_number=person().id_number, password="x").status_code == 401
    assert records() == []


def test_wechat_is_bound_comes_back_and_is_unbound(
    app: Flask, client: FlaskClient, session: Session, records: Records
) -> None:
    with_known_codes(app)
    teacher, other = settled(app, session), settled(app, session)
    ticket = post(client, "wechat", code="code-a").get_json()["binding_ticket"]
    post(client, "wechat/bind", binding_ticket=ticket, **credentials(teacher, "wrong"))
    post(client, "wechat/bind", binding_ticket=ticket, **credentials(teacher))
    came = post(client, "wechat", code="code-a").get_json()
    another = post(client, "wechat", code="code-b").get_json()["binding_ticket"]
    assert post(client, "wechat/bind", binding_ticket=another, **credentials(teacher)).status_code == 409
    for _ in range(2):
        assert client.delete("/v1/auth/wechat", headers=bearer(came)).status_code == 204
    results = ["wrong_password", "bound", "in", "refused", "unbound"]
    assert records() == [("wechat", result) for result in results]
    assert session.scalars(sa.select(SignInRecord.account_id).distinct()).all() == [teacher.account_id]
    assert other.account_id not in session.scalars(sa.select(SignInRecord.account_id)).all()


def test_a_refreshed_token_is_no_sign_in(app: Flask, client: FlaskClient, session: Session, records: Records) -> None:
    held = tokens(client, settled(app, session))
    assert client.post("/v1/auth/refresh", json={"refresh_token": held["refresh_token"]}).status_code == 200
    assert records() == [("web", "in")]


@pytest.mark.parametrize(("route", "result"), [("web", "hacked"), ("window", "in")])
def test_what_is_not_ours_is_a_mistake(session: Session, clock: FakeClock, route: str, result: str) -> None:
    with pytest.raises(ValueError, match="no such route or result"):
        sign_in_records.note(session, 1, route, result, clock())


class TestFailuresByAddress:
    @pytest.fixture
    def counted(self, app: Flask, redis: "Redis", clock: FakeClock) -> Callable[..., int]:
        failures = FailedSignIns(redis, collaborators(app).vault)
        return lambda address, number: failures.add(address, number, clock())

    def test_different_accounts_are_counted_and_told_once_a_minute(
        self, counted: Callable[..., int], clock: FakeClock, no_immortal_keys: None
    ) -> None:
        with capture_logs() as lines:
            for number in range(MANY + 1):
                counted("198.51.100.7", str(number))
                counted("198.51.100.7", str(number))
                counted("203.0.113.9", "the same")
            many = counted("198.51.100.7", "one more")
        assert many == pytest.approx(MANY + 2, abs=2)
        (line,) = lines
        assert (line["event"], line["log_level"], line["address"]) == ("many_failures", "warning", "198.51.100.0")
        clock.advance(2 * WINDOW_S)
        assert counted("198.51.100.7", "later") == 1

    def test_a_school_whose_teachers_mistype_is_not_told_of(self, counted: Callable[..., int]) -> None:
        with capture_logs() as lines:
            for number in range(MANY - 2):
                counted("198.51.100.7", str(number))
        assert lines == []

    def test_with_redis_away_nobody_is_kept_out(
        self, app: Flask, client: FlaskClient, session: Session, clock: FakeClock
    ) -> None:
        failures = FailedSignIns(make_redis("unix:///nowhere/redis.sock"), collaborators(app).vault)
        assert failures.add("198.51.100.7", "number", clock()) == 0
        teacher = enlist(app, session)
        assert sign_in(client, teacher, "wrong").status_code == 401
