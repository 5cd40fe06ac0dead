"""One JSON line for each thing that happens, on standard error; never an ID number, a mobile, a token or a secret.

Redaction is the last step before a line is written, over every key and value, whoever wrote it. `install` adds one line a request:
method, path template (never the path itself), status, milliseconds, request id, account id.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TextIO

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, has_app_context, request
from structlog.typing import EventDict, Processor

from server.metrics import REQUESTS

REMOVED = "[removed]"
SECRET_NAMES = re.compile(
    r"passw|passwd|pwd|secret|token|ticket|authori[sz]ation|cookie|session_key|id_number|mobile|phone", re.IGNORECASE
)
START = r"(?:(?<!\d)|(?<=\\x[\da-f]{2})|(?<=\\u[\da-f]{4})|(?<=\\U[\da-f]{8}))"
#: What must not be written, and what stands in its place.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), REMOVED),  # a JWT
    (re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]+"), rf"\1 {REMOVED}"),
    (
        re.compile(r"(?i)((?:pass(?:word|wd)|secret|token|ticket|js_code)[\"']? *[=:] *)(?!\[)[\"']?[^\s\"',&}]+"),
        rf"\1{REMOVED}",
    ),
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{REMOVED}@"),  # the user and password of a URL
    (re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]+"), rf"\1?{REMOVED}"),  # a query string
    (re.compile(r"\[parameters: .*\]"), f"[parameters: {REMOVED}]"),  # of an SQL statement that failed
    # 15 or 18 digits, the last one perhaps an X, perhaps in groups; a longer run may hold one.
    (re.compile(r"\d(?:[ -]?\d){14,}(?:[ -]?[XxＸｘ])?"), REMOVED),
    (re.compile(r"(?<![A-Za-z\d])[A-Za-z]{1,3}\d{7,12}(?!\d)"), REMOVED),  # passports, foreign permanent residents
    # A mobile; the digits before it may be those of an escaped character, in the repr of something.
    (re.compile(rf"{START}(?:86[ -]?)?1\d{{2}}[ -]?\d{{4}}[ -]?\d{{4}}(?!\d)"), REMOVED),
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: Asked every few seconds by machines; not worth a line each.
QUIET = {"/healthz", "/readyz", "/metrics", "/v1/study/beats"}
log = structlog.get_logger()


def redacted(value: Any) -> Any:
    """The same shape without what must not be written. What is not plain data becomes its repr."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {
            redacted(str(key)): REMOVED if SECRET_NAMES.search(str(key)) else redacted(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redacted(inner) for inner in value]
    text = _text(value)
    clean = text
    for pattern, instead in PATTERNS:
        clean = pattern.sub(instead, clean)
    return value if clean == text and isinstance(value, (int, float)) else clean


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else repr(value)


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    clean = dict(redacted(event))
    if isinstance(event.get("account_id"), int):
        clean["account_id"] = event["account_id"]  # our own number, though it may have as many digits as theirs
    return clean


def _name_request(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Which request a line belongs to."""
    if has_app_context() and "request_id" in g:
        event.setdefault("request_id", g.request_id)
    return event


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment, which tests and servers change."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str) -> None:
    """Send structlog and the standard library's logging through one formatter. May be called again."""
    shared: list[Processor] = [
        _name_request,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _StandardError)]:
        root.removeHandler(handler)
    ours = _StandardError()
    ours.setFormatter(formatter)
    root.addHandler(ours)
    root.setLevel(level)
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # They log statements and addresses of calls; at INFO nobody needs them.
    for name in ("sqlalchemy", "alembic", "urllib3", "werkzeug"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def install(app: Flask, monotonic: Callable[[], float] = time.perf_counter) -> None:
    @app.before_request
    def _begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        usable = REQUEST_ID.fullmatch(given) and redacted(given) == given
        g.request_id = given if usable else _new_request_id()
        g.request_began = monotonic()

    @app.after_request
    def _end(response: Response) -> Response:
        seconds = monotonic() - g.get("request_began", monotonic())
        path = str(request.url_rule) if request.url_rule else "(none)"
        method = (
            request.method
            if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
            else "(other)"
        )
        _seconds_of(method, path, response.status_code).observe(seconds)
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if path in QUIET and response.status_code < 400:
            return response
        write = log.warning if response.status_code >= 500 else log.info
        write(
            "request",
            method=method,
            path=path,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            account_id=_account_id(),
        )
        return response


#: Looking up a labelled series costs more than counting in it.
_seconds_of = lru_cache(maxsize=1024)(REQUESTS.labels)


def _new_request_id() -> str:
    """128 random bits in letters alone: digits in a row would look like an ID number and be removed."""
    return os.urandom(16).hex().translate(str.maketrans("0123456789", "ghijklmnop"))


def _account_id() -> int | None:
    """From `g.account_id`, or of the principal; without touching SQL, though its row may be expired."""
    if "account_id" in g:
        return int(g.account_id)
    principal = g.get("principal")
    state = sa.inspect(principal, raiseerr=False)
    return int(state.identity[0]) if state is not None and state.identity else None
