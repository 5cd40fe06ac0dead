"""Errors to HTTP: every failure leaves as RFC 9457 application/problem+json."""

import json
from typing import Any, NamedTuple

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from heartbeat import intake, wire
from heartbeat.outage import is_outage
from services import errors as tree
from web.statuses import TITLES, status_of

log = structlog.get_logger()

#: Chinese reasons for pydantic's error types; others are told in general words.
REASONS = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "string_type": "应为文字",
    "string_too_short": "太短",
    "string_too_long": "太长",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "bool_type": "应为 true 或 false",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
}
HTTP_DETAILS = {
    400: "请求不能识别，请检查后重试。",
    404: "没有这个地址。",
    405: "这个地址不支持该方法。",
    413: "提交的内容太大。",
    415: "请用 application/json 提交。",
}


#: What SQLAlchemy raises when the database cannot be asked now.
SQL_AWAY = (OperationalError, InterfaceError, NoConnectionFree)


class FieldError(BaseModel):
    field: str
    reason: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` a Chinese sentence for a person."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(description="about:blank: `code` says more")
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = Field(default=None, description="With status 422: the fields that are wrong.")


class Answer(NamedTuple):
    """A reply as any front can send it."""

    status: int
    headers: dict[str, str]
    body: bytes


def _problem(status: int, code: str, detail: str, retry_after: int | None = None, **extra: Any) -> Answer:
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "出错了"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    headers = {"Content-Type": "application/problem+json"}
    if status in (429, 503) and retry_after is None:
        retry_after = 2
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Answer(status, headers, json.dumps(body | extra, ensure_ascii=False).encode())


def problem(status: int, code: str, detail: str, retry_after: int | None = None, **extra: Any) -> Response:
    return _response(_problem(status, code, detail, retry_after, **extra))


def refusal(error: Exception, path: str, method: str, *, silent: bool = False) -> Answer:
    """What the person is told of an error that left a use case. What is a fault of ours, or of a server we need, is logged unless
    `silent`."""
    if isinstance(error, tree.XueshiError):
        return _problem(status_of(error), error.code, error.detail, error.retry_after, **error.extra)
    if isinstance(error, wire.Invalid):
        return refusal(tree.Invalid(errors=error.errors), path, method)
    if isinstance(error, intake.SessionGone):
        return refusal(tree.SessionGone(), path, method)
    if isinstance(error, RedisError) and is_outage(error):
        if not silent:
            log.warning("redis_away", path=path, error=type(error).__name__)
        return refusal(tree.TryAgain(retry_after=2), path, method)
    if isinstance(error, SQL_AWAY):
        if not silent:
            log.warning("sql_away", path=path, error=type(error).__name__)
        return refusal(tree.TryAgain(retry_after=5), path, method)
    if not silent:
        log.error("unexpected_error", path=path, method=method, exc_info=error)
    return _problem(500, "internal_error", "系统出错了，我们已记录，请稍后再试。")


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


def validation_problem(error: ValidationError) -> Response:
    errors = [
        {
            "field": ".".join(str(part) for part in item["loc"]) or "body",
            "reason": REASONS.get(item["type"], "格式不正确"),
        }
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return problem(422, "invalid", "提交的内容有误，请检查后重试。", errors=errors)


def install(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if error.response is not None:  # already a problem of ours (a failed validation)
            return error.response  # type: ignore[return-value]
        status = error.code or 500
        response = problem(status, error.name.lower().replace(" ", "_"), HTTP_DETAILS.get(status, "请求没有成功。"))
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def _refuse(error: Exception) -> Response:
        return _response(refusal(error, request.path, request.method))
