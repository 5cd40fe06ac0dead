"""What a person is told of an error: a page, or with htmx a message in the page."""

from typing import Any

import structlog
from flask import Blueprint, Response, render_template, request
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from console import access
from services.errors import TryAgain, Unauthenticated, XueshiError
from web.statuses import TITLES, status_of

log = structlog.get_logger()

HTTP_DETAILS = {
    404: "没有这个页面，或者您看不到它。",
    405: "请从页面上的按钮进行这个操作。",
    413: "文件太大。",
}
EXPIRED = "页面打开太久，已经过期，没有做任何改动。请返回上一页，刷新后重新提交。"


def install(console: Blueprint) -> None:
    @console.errorhandler(XueshiError)
    def _refused(error: XueshiError) -> Any:
        if isinstance(error, Unauthenticated):
            return access.to_sign_in()
        access.note_refusal(error)
        reasons = [str(one.get("reason", "")) for one in error.extra.get("errors", [])]
        return _page(status_of(error), error.detail, reasons, error.retry_after)

    @console.errorhandler(CSRFError)
    def _expired(_error: CSRFError) -> Any:
        return _page(400, EXPIRED)

    @console.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        if error.response is not None:
            return error.response
        status = error.code or 500
        return _page(status, HTTP_DETAILS.get(status, "请求没有成功，请返回重试。"))

    @console.errorhandler(RedisError)
    @console.errorhandler(OperationalError)
    @console.errorhandler(InterfaceError)
    def _away(error: Exception) -> Any:
        log.error("console_failed", error=type(error).__name__, endpoint=request.endpoint)
        return _page(503, TryAgain().detail, retry_after=2)

    @console.errorhandler(Exception)
    def _broken(error: Exception) -> Any:
        log.error("console_failed", endpoint=request.endpoint, exc_info=error)
        return _page(500, "系统出错，我们已记录。请稍后重试；仍不行请联系平台运维。")


def _page(status: int, detail: str, reasons: list[str] | None = None, retry_after: int | None = None) -> Response:
    template = "console/failure_part.html" if request.headers.get("HX-Request") else "console/failure.html"
    more = [reason for reason in reasons or [] if reason and reason != detail]
    title = TITLES.get(status, "出错了")
    response = Response(render_template(template, title=title, detail=detail, reasons=more, status=status), status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
