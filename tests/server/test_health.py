import signal
import socket
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from server import metrics
from server.database import db
from tests.servers import RedisServer
from tests.waiting import wait_until


@pytest.fixture
def own_redis():
    server = RedisServer().start()
    yield server
    server.close()


@pytest.fixture
def deaf_port():
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestHealthz:
    def test_it_needs_nothing(self, make_app):
        app = make_app(redis_url="redis://127.0.0.1:1/0", database_url="postgresql+psycopg://u@127.0.0.1:1/none")
        assert app.test_client().get("/healthz").json == {"status": "ok"}


class TestReadyz:
    def test_ready_when_every_part_answers(self, client):
        reply = client.get("/readyz")
        assert (reply.status_code, reply.json["parts"]) == (200, {"redis": "ok", "sql": "ok"})

    def test_redis_away_is_told_within_a_second_and_back_by_itself(self, make_app, own_redis):
        client = make_app(redis_url=own_redis.url).test_client()
        assert client.get("/readyz").status_code == 200
        own_redis.stop(signal.SIGKILL)
        began = time.monotonic()
        reply = client.get("/readyz")
        assert time.monotonic() - began < 1
        assert (reply.status_code, reply.json["code"], reply.mimetype) == (503, "not_ready", "application/problem+json")
        assert reply.json["parts"] == {"redis": "away", "sql": "ok"}
        assert int(reply.headers["Retry-After"]) > 0
        own_redis.start()
        wait_until(lambda: client.get("/readyz").status_code == 200)

    def test_a_redis_that_hangs_is_no_answer_in_time(self, make_app, own_redis):
        client = make_app(redis_url=own_redis.url).test_client()
        assert client.get("/readyz").status_code == 200
        own_redis.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            reply = client.get("/readyz")
            assert time.monotonic() - began < 2
            assert reply.json["parts"]["redis"] in ("away", "no_answer")
        finally:
            own_redis.process.send_signal(signal.SIGCONT)

    def test_a_database_that_hangs_is_no_answer_in_time(self, make_app, deaf_port):
        app = make_app(database_url=f"postgresql+psycopg://u@127.0.0.1:{deaf_port}/none")
        client = app.test_client()
        for _ in range(2):
            began = time.monotonic()
            reply = client.get("/readyz")
            assert time.monotonic() - began < 2
            assert reply.json["parts"]["redis"] == "ok"
            assert reply.json["parts"]["sql"] in ("no_answer", "away")

    def test_sql_away_is_told(self, make_app):
        app = make_app(database_url="postgresql+psycopg://u@127.0.0.1:1/none")
        assert app.test_client().get("/readyz").json["parts"] == {"redis": "ok", "sql": "away"}

    def test_a_schema_that_is_not_migrated_is_not_ready(self, make_app, tmp_path):
        app = make_app(database_url=f"sqlite:///{tmp_path / 'empty.db'}")
        reply = app.test_client().get("/readyz")
        assert (reply.status_code, reply.json["parts"]["sql"]) == (503, "migrations_missing")

    def test_a_writer_that_holds_sqlite_does_not_make_it_unready(self, app, client):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM study_day"))
            began = time.monotonic()
            assert app.test_client().get("/readyz").status_code == 200
            assert time.monotonic() - began < 1


class TestMetrics:
    def test_requests_are_counted_by_template_not_by_path(self, app, client):
        client.get("/media/somebody.mp4")
        said = client.get("/metrics").text
        assert 'xueshi_request_seconds_count{method="GET",path="/media/<path:name>",status="404"}' in said
        assert "somebody" not in said

    def test_unknown_paths_and_methods_share_one_name(self, client):
        client.open("/a/path/of/somebody", method="BREW")
        said = client.get("/metrics").text
        assert 'method="(other)",path="(none)",status="404"' in said

    def test_others_do_not_see_them(self, client):
        assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
        assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": ""}).status_code == 404
        assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404

    def test_with_a_token_only_its_bearer_sees_them(self, make_app):
        client = make_app(metrics_token="a-token-for-prometheus").test_client()
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer a-tökén"}).status_code == 404
        said = client.get(
            "/metrics",
            headers={"Authorization": "Bearer a-token-for-prometheus"},
            environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
        )
        assert said.status_code == 200

    def test_processes_are_added_up(self, tmp_path):
        count = "from server.metrics import *; BEATS.labels('playing').inc(20); FLUSHED.inc()"
        env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        for _ in range(2):
            subprocess.run([sys.executable, "-c", count], env=env, check=True)
        show = "from server.metrics import *; print(exposition().decode())"
        said = subprocess.run([sys.executable, "-c", show], env=env, check=True, capture_output=True, text=True).stdout
        assert 'xueshi_beats_total{state="playing"} 40.0' in said
        assert "xueshi_flushed_total 2.0" in said


def test_operations_are_not_in_the_teachers_document(client):
    paths = client.get("/openapi.json").json["paths"]
    assert not [path for path in paths if not path.startswith("/v1/")]


def test_the_counters_have_their_names():
    assert metrics.exposition().count(b"# TYPE xueshi_") >= 4
