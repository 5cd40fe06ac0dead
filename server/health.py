"""For those who run the system: /healthz, /readyz, /metrics. Not part of the teachers' API document."""

import hmac
import ipaddress
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from server import metrics, schema
from server.clients import make_redis
from server.database import POOL, engine_options, tune
from server.errors import problem
from server.settings import Settings

#: /readyz answers within about this time, whatever hangs.
PATIENCE_SECONDS = 1.5
#: With these a proxy passes somebody on; its own address then says nothing about who asks.
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Probe:
    """One part that may fail or hang. While a question to it hangs, no second one is asked."""

    def __init__(self, name: str, check: Callable[[], str]) -> None:
        self.name = name
        self.check = check
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.said = ""

    def begin(self) -> None:
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.said = "no_answer"
                self.thread = threading.Thread(target=self._run, daemon=True, name=f"readyz-{self.name}")
                self.thread.start()

    def _run(self) -> None:
        self.said = self.check()

    def answer(self, deadline: float) -> str:
        """ok, or what is wrong, by the monotonic time `deadline`."""
        if self.thread is not None:
            self.thread.join(max(0.0, deadline - time.monotonic()))
        return self.said


def probes(config: Settings) -> list[Probe]:
    redis = make_redis(config.redis_url)
    # Connections of their own: when all of the application's are busy, it is still ready.
    options = {name: value for name, value in engine_options(config.database_url).items() if name not in POOL}
    engine = tune(sa.create_engine(config.database_url, poolclass=sa.NullPool, **options))

    def redis_answers() -> str:
        try:
            redis.ping()
        except RedisError:
            return "away"
        return "ok"

    def sql_is_current() -> str:
        try:
            with engine.connect().execution_options(read_only=True) as connection:
                return "ok" if schema.is_current(connection) else "migrations_missing"
        except (SQLAlchemyError, OSError):
            return "away"

    return [Probe("redis", redis_answers), Probe("sql", sql_is_current)]


def install(app: Flask, config: Settings) -> None:
    routes = Blueprint("operations", __name__)
    parts = probes(config)

    @routes.get("/healthz")
    def healthz() -> Response:
        """This process is alive; nothing else is asked."""
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> Response:
        """Redis and SQL answer and the schema is the newest; else 503 with the parts that are not ready."""
        for part in parts:
            part.begin()
        deadline = time.monotonic() + PATIENCE_SECONDS
        said = {part.name: part.answer(deadline) for part in parts}
        if any(state != "ok" for state in said.values()):
            return problem(503, "not_ready", "服务还没有准备好。", parts=said)
        return jsonify(status="ok", parts=said)

    @routes.get("/metrics")
    def numbers() -> Response:
        if not _may_read_metrics(config.metrics_token):
            abort(404)
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(routes)


def _may_read_metrics(token: str) -> bool:
    """With a token set, whoever bears it; else this machine itself, but nobody that a proxy passes on."""
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in FORWARDING):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
