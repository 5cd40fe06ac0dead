"""Whatever a view raises leaves as a problem document."""

import pytest
from redis import exceptions as redis_errors
from sqlalchemy import exc as sql_errors
from werkzeug import exceptions as http_errors

from heartbeat import intake, wire
from services import errors as tree
from web.statuses import STATUS, TITLES


def every(kind: type) -> list[type]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


@pytest.fixture
def reply_to(make_app):
    """The reply where a view raises this."""

    def ask(error: Exception):
        app = make_app()

        @app.get("/v1/raises", endpoint="raises")
        def _raise():
            raise error

        app.view_functions["raises"].access = "public"
        return app.test_client().get("/v1/raises")

    return ask


@pytest.mark.parametrize("kind", [kind for kind in every(tree.XueshiError) if kind is not tree.XueshiError])
def test_each_error_of_ours_has_a_status_a_code_and_a_chinese_sentence(kind):
    error = kind()
    assert any(issubclass(kind, branch) for branch in STATUS)
    assert error.code.replace("_", "").isalpha()
    assert error.detail.endswith(("。", "？"))


@pytest.mark.parametrize("status", STATUS.values())
def test_each_status_has_a_title(status):
    assert status in TITLES


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (tree.AccountLocked(retry_after=61), 423, "account_locked"),
        (tree.TooMany(), 429, "too_many_requests"),
        (tree.WechatBusy(), 503, "try_again"),
        (wire.Invalid("seq", "必填"), 422, "invalid"),
        (intake.SessionGone(), 410, "session_gone"),
        (redis_errors.ConnectionError("Error 2 connecting to redis.sock"), 503, "try_again"),
        (redis_errors.TimeoutError("Timeout reading from socket"), 503, "try_again"),
        (redis_errors.BusyLoadingError("Redis is loading the dataset in memory"), 503, "try_again"),
        (redis_errors.ReadOnlyError("You can't write against a read only replica."), 503, "try_again"),
        (redis_errors.ClusterDownError("Hash slot not served"), 503, "try_again"),
        (redis_errors.DataError("Invalid input"), 500, "internal_error"),
        (sql_errors.OperationalError("SELECT 1", {}, Exception("server closed the connection")), 503, "try_again"),
        (sql_errors.InterfaceError("SELECT 1", {}, Exception("connection already closed")), 503, "try_again"),
        (sql_errors.TimeoutError("QueuePool limit of size 5 overflow 10 reached"), 503, "try_again"),
        (sql_errors.IntegrityError("INSERT", {}, Exception("duplicate key")), 500, "internal_error"),
        (ZeroDivisionError(), 500, "internal_error"),
        (http_errors.BadRequest(), 400, "bad_request"),
        (http_errors.NotFound(), 404, "not_found"),
        (http_errors.RequestEntityTooLarge(), 413, "request_entity_too_large"),
        (http_errors.UnsupportedMediaType(), 415, "unsupported_media_type"),
        (http_errors.TooManyRequests(), 429, "too_many_requests"),
        (http_errors.ServiceUnavailable(), 503, "service_unavailable"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_becomes_a_problem(reply_to, error, status, code):
    reply = reply_to(error)
    assert (reply.status_code, reply.mimetype) == (status, "application/problem+json")
    problem = reply.get_json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["title"] == TITLES[status]
    assert problem["detail"].endswith("。")
    assert ("Retry-After" in reply.headers) == (status in (423, 429, 503))


def test_the_seconds_to_wait_are_those_of_the_error(reply_to):
    assert reply_to(tree.AccountLocked(retry_after=61)).headers["Retry-After"] == "61"
    assert reply_to(http_errors.TooManyRequests(retry_after=7)).headers["Retry-After"] == "7"
