"""How often one address may fail at the doors."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from server.door_limits import WINDOW_S, DoorLimits
from tests.conftest import FakeClock
from tests.teachers import collaborators, settled

SCHOOL, HOME = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}
LIMIT = 5
#: No hash is computed for what is no number at all.
WRONG = {"id_number": "", "password": "x"}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(door_limit=LIMIT)


def fail(client: FlaskClient, path: str = "/v1/auth/password", times: int = LIMIT, at: dict[str, str] = SCHOOL) -> Any:
    for _ in range(times):
        reply = client.post(path, json=WRONG, environ_overrides=at)
    return reply


def test_after_too_many_failures_an_address_waits(
    client: FlaskClient, clock: FakeClock, no_immortal_keys: None
) -> None:
    assert fail(client).status_code == 422
    refused = fail(client, times=1)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.get_json()["code"] == "too_many_tries"
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S
    assert fail(client, times=1, at=HOME).status_code == 422
    clock.advance(int(refused.headers["Retry-After"]))
    assert fail(client, times=1).status_code == 422


def test_all_doors_count_together_and_the_console_answers_with_a_page(client: FlaskClient) -> None:
    fail(client, "/v1/auth/wechat", 2)
    fail(client, "/v1/auth/portal", 3)
    refused = client.post("/console/sign-in", data={}, environ_overrides=SCHOOL)
    assert (refused.status_code, refused.mimetype) == (429, "text/html")
    assert "登录失败次数太多" in refused.text
    assert int(refused.headers["Retry-After"]) > 0


def test_what_is_no_door_stays_open(client: FlaskClient) -> None:
    fail(client)
    assert fail(client, "/v1/auth/refresh", 1).status_code != 429
    assert client.get("/console/sign-in", environ_overrides=SCHOOL).status_code == 200
    assert client.post("/v1/study/beats", environ_overrides=SCHOOL).status_code == 401


def test_who_comes_in_is_never_in_the_way(client: FlaskClient, app: Flask, session: Session) -> None:
    teacher = settled(app, session)
    body = {"id_number": teacher.id_number, "password": teacher.password}
    for _ in range(LIMIT + 2):
        assert client.post("/v1/auth/password", json=body, environ_overrides=SCHOOL).status_code == 200


def test_this_machine_itself_is_not_limited(client: FlaskClient) -> None:
    for _ in range(LIMIT + 2):
        assert fail(client, times=1, at={"REMOTE_ADDR": "127.0.0.1"}).status_code == 422


def test_with_redis_away_each_process_counts_by_itself(app: Flask, clock: FakeClock) -> None:
    from server.clients import make_redis
    from server.door_limits import TooManyTries

    limits = DoorLimits(make_redis("unix:///nowhere/redis.sock"), collaborators(app).vault, 2)
    with capture_logs() as lines:
        limits.failed("198.51.100.7", clock())
        limits.check("198.51.100.7", clock())
        limits.failed("198.51.100.7", clock())
    with pytest.raises(TooManyTries):
        limits.check("198.51.100.7", clock())
    assert {line["event"] for line in lines} == {"door_limits_alone"}


def test_none_where_it_is_switched_off(make_app: Callable[..., Flask]) -> None:
    client = make_app(door_limit=0).test_client()
    assert fail(client, times=LIMIT * 3).status_code == 422
