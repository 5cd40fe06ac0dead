"""SQL stops: beats still count, what needs SQL says so at once, and the flusher brings everything in when SQL is back."""

import logging
import threading
import time

import pytest
from sqlalchemy.orm import Session

from heartbeat.flusher import Flusher
from models import Coverage, StudySession
from server.database import make_engine
from tests.conftest import _with_schema
from tests.miniprogram_api.study_room import room
from tests.servers import PostgresServer
from tests.teachers import NEW_PASSWORD
from tests.waiting import wait_until


@pytest.fixture
def own_postgres(postgres_server):
    """Beside the shared one, which tells whether PostgreSQL is installed."""
    server = PostgresServer().start()
    yield server
    server.close()


@pytest.fixture
def url(own_postgres):
    return _with_schema(own_postgres.create_database("away"))


@pytest.fixture
def engine(url):
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def here(make_app, url, engine, clock):
    app = make_app(database_url=url)
    with Session(engine, expire_on_commit=False) as session:
        return room(app, app.test_client(), session, clock)


@pytest.fixture
def flusher(here, engine):
    """One that runs all the while."""
    using, stop = here.app.extensions["xueshi"], threading.Event()
    thread = threading.Thread(target=Flusher(engine, using.store, using.clock).run, args=(0.05, stop))
    thread.start()
    yield using.store
    stop.set()
    thread.join()


def assert_sql_is_missed(here):
    sign_in = {"id_number": here.id_number, "password": NEW_PASSWORD}
    for ask in (
        lambda: here.client.get("/v1/me", headers=here.headers),
        lambda: here.client.get("/v1/enrolments", headers=here.headers),
        lambda: here.client.post("/v1/auth/password", json=sign_in),
        lambda: here.client.post("/v1/auth/refresh", json={"refresh_token": "x"}),
        here.ask,
    ):
        began = time.monotonic()
        reply = ask()
        assert time.monotonic() - began < 1, reply.request.path
        assert (reply.status_code, reply.mimetype) == (503, "application/problem+json"), reply.text
        assert reply.get_json()["code"] == "try_again"
        assert int(reply.headers["Retry-After"]) >= 1
    assert here.client.get("/healthz").status_code == 200
    ready = here.client.get("/readyz")
    assert (ready.status_code, ready.get_json()["parts"]) == (503, {"redis": "ok", "sql": "away"})


def test_beats_count_and_nothing_is_lost(here, own_postgres, engine, flusher, caplog):
    caplog.set_level(logging.WARNING, "heartbeat.flusher")
    player = here.open()
    player.watch(0, 60)
    wait_until(lambda: flusher.backlog() == 0, what="the first flush")

    own_postgres.stop()
    assert player.watch(60, 200)["credited"] == 200
    assert_sql_is_missed(here)
    wait_until(lambda: "'retry_in_s': 2.0" in caplog.text, what="a second try of the flusher")
    assert flusher.backlog() == 1

    own_postgres.start()
    assert player.watch(200, 260)["credited"] == 260
    wait_until(lambda: flusher.backlog() == 0, timeout=30, what="the flusher to catch up")
    assert here.client.get("/v1/me", headers=here.headers).status_code == 200
    assert here.client.get("/readyz").status_code == 200
    assert player.beat([260, 280], where="end")["state"] == "ended"
    assert here.evidence()[0]["credited"] == 280
    with Session(engine) as session:
        assert session.get(StudySession, player.opened["session_id"]).credited == 280
        assert session.get(Coverage, (here.enrolment.id, here.lesson.id)).credited == 280
