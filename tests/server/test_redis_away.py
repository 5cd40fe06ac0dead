"""Redis stops, hangs or refuses: what needs it says so within a second, the rest goes on, and all is well when it is back."""

import signal
import socket
import socketserver
import threading
import time
from contextlib import contextmanager

import pytest
import redis as redis_py

from heartbeat.flusher import Flusher
from heartbeat.outage import is_outage
from models import StudySession
from server.database import make_engine
from tests.miniprogram_api.study_room import room
from tests.servers import RedisServer
from tests.teachers import NEW_PASSWORD
from tests.waiting import wait_until

#: redis-py waits 0.8 s for an answer; this machine may be busy.
AT_MOST_S = 1.5
#: What a Redis that cannot serve now says, with redis-py's classes or without, and what Redis 6 makes of it in a script.
UNABLE = [
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF Errors writing to the AOF file: No space left on device",
    "NOREPLICAS Not enough good replicas to write.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "CLUSTERDOWN Hash slot not served",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "ERR Error running script (call to f_2597): @user_script:7: @user_script: 7: -OOM command not allowed.",
    "ERR max number of clients reached",
    "NOAUTH Authentication required.",
]


@pytest.fixture
def own_redis():
    server = RedisServer().start()
    yield server
    server.close()


@pytest.fixture
def app(make_app, own_redis):
    return make_app(redis_url=own_redis.url)


@pytest.fixture
def here(app, client, session, clock):
    return room(app, client, session, clock)


@pytest.fixture
def player(here):
    player = here.open()
    player.watch(0, 60)
    return player


def everything_that_needs_redis(player):
    here = player.room
    yield here.ask()
    yield player.send(player.body([60, 80]))
    yield player.send(player.body([60, 80]), "end")
    yield player.send({"challenge_id": "x"}, "presence")
    yield here.client.get("/v1/study/coverage", headers=player.headers)
    yield here.client.get("/v1/mini-program/code")
    new = {"old_password": NEW_PASSWORD, "new_password": "chun-hua-qiu-shi-3"}
    yield here.client.put("/v1/me/password", json=new, headers=here.headers)


def assert_told_to_try_again(player):
    asking, count = everything_that_needs_redis(player), 0
    while True:
        began = time.monotonic()
        reply = next(asking, None)
        if reply is None:
            break
        took = time.monotonic() - began
        assert (reply.status_code, reply.mimetype) == (503, "application/problem+json"), reply.text
        assert reply.get_json()["code"] == "try_again"
        assert int(reply.headers["Retry-After"]) >= 1
        assert took < AT_MOST_S, reply.request.path
        count += 1
    assert count == 7


def assert_the_rest_goes_on(here):
    sign_in = {"id_number": here.id_number, "password": NEW_PASSWORD}
    assert here.client.post("/v1/auth/password", json=sign_in).status_code == 200
    for path in ("/v1/me", "/v1/enrolments", f"/v1/enrolments/{here.enrolment.id}/study"):
        assert here.client.get(path, headers=here.headers).status_code == 200
    assert here.client.get("/healthz").status_code == 200


def assert_nothing_was_lost(player, session):
    """The beat that was refused is sent again, and SQL gets all of it."""
    assert player.beat([60, 80], where="end")["credited"] == 80
    using = player.room.app.extensions["xueshi"]
    engine = make_engine(str(session.get_bind().engine.url))
    Flusher(engine, using.store, using.clock).drain()
    engine.dispose()
    session.expire_all()
    assert session.get(StudySession, player.opened["session_id"]).credited == 80
    assert session.query(StudySession).count() == 1  # those that could not be opened left no row


def test_stopped_and_started_again(here, player, session, own_redis):
    own_redis.stop()
    assert_told_to_try_again(player)
    assert_the_rest_goes_on(here)
    ready = here.client.get("/readyz")
    assert (ready.status_code, ready.get_json()["parts"]["redis"]) == (503, "away")
    own_redis.start()
    wait_until(lambda: here.client.get("/readyz").status_code == 200)
    assert_nothing_was_lost(player, session)


def test_killed_and_started_again(here, player, session, own_redis):
    with own_redis_client(own_redis) as client:
        client.config_set("appendfsync", "always")
        player.beat([0, 1])  # written after that, so that a kill loses nothing
    own_redis.stop(signal.SIGKILL)
    assert_told_to_try_again(player)
    own_redis.start()
    assert player.beat([60, 80], where="end")["credited"] == 80


def test_hanging_and_going_on(here, player, session, own_redis):
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        assert_told_to_try_again(player)
        assert_the_rest_goes_on(here)
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    wait_until(lambda: here.client.get("/readyz").status_code == 200)
    # Redis received what was refused, and may have done it since: a player that SQL has no row of must not be in the way.
    again = here.open()
    assert again.opened["coverage"] == [[0, 60]]
    assert again.beat([60, 80], where="end")["credited"] == 80
    using = here.app.extensions["xueshi"]
    engine = make_engine(str(session.get_bind().engine.url))
    Flusher(engine, using.store, using.clock).drain()
    engine.dispose()
    session.expire_all()
    credited = {row.id: row.credited for row in session.query(StudySession) if row.credited}
    assert credited == {player.opened["session_id"]: 60, again.opened["session_id"]: 20}
    assert using.store.backlog() == 0


@contextmanager
def own_redis_client(server):
    with redis_py.Redis.from_url(server.url) as client:
        yield client


@pytest.mark.parametrize(
    ("ill", "well"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")),
    ],
    ids=["a replica", "full", "without its replicas"],
)
def test_refusing_to_write_and_well_again(here, player, session, own_redis, ill, well):
    using = here.app.extensions["xueshi"]
    with own_redis_client(own_redis) as client:
        client.execute_command(*ill)
        for reply in (here.ask(), player.send(player.body([60, 80]))):
            assert (reply.status_code, reply.get_json()["code"]) == (503, "try_again"), reply.text
        assert_the_rest_goes_on(here)
        engine, stop = make_engine(str(session.get_bind().engine.url)), threading.Event()
        flusher = threading.Thread(target=Flusher(engine, using.store, using.clock).run, args=(0.05, stop))
        flusher.start()
        try:
            client.execute_command(*well)
            assert player.beat([60, 80], where="end")["credited"] == 80
            wait_until(lambda: using.store.backlog() == 0, what="the flusher to outlive it")
        finally:
            stop.set()
            flusher.join()
            engine.dispose()
    session.expire_all()
    assert session.get(StudySession, player.opened["session_id"]).credited == 80


class TestAnswers:
    """A Redis that says the same to whatever it is asked."""

    @pytest.fixture
    def answering(self):
        class Refuse(socketserver.BaseRequestHandler):
            def handle(self):
                while self.request.recv(65536):
                    self.request.sendall(b"-%s\r\n" % self.server.answer)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield server
            server.shutdown()
            thread.join()

    @pytest.fixture
    def beat(self, make_app, answering, here, player):
        url = f"redis://127.0.0.1:{answering.server_address[1]}/0"
        other = make_app(redis_url=url).test_client()
        return lambda: other.post("/v1/study/beats", json=player.body([60, 80]), headers=player.headers)

    @pytest.mark.parametrize("answer", UNABLE, ids=lambda answer: answer.split()[0])
    def test_that_it_cannot_serve_now_is_503(self, beat, answering, answer):
        answering.answer = answer.encode()
        reply = beat()
        assert (reply.status_code, reply.get_json()["code"]) == (503, "try_again"), reply.text

    @pytest.mark.parametrize(
        "answer", ["ERR unknown command 'EVALSHA'", "ERR user_script:1: attempt to index a nil value"]
    )
    def test_that_we_are_mistaken_is_500(self, beat, answering, answer):
        answering.answer = answer.encode()
        reply = beat()
        assert (reply.status_code, reply.get_json()["code"]) == (500, "internal_error")


def test_a_mistake_of_ours_is_no_outage():
    assert not is_outage(redis_py.DataError("Invalid input of type: 'NoneType'"))
    assert not is_outage(redis_py.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"))
    assert is_outage(redis_py.ConnectionError("refused"))


def test_an_address_where_nobody_listens_is_503(make_app, player):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        other = make_app(redis_url=f"redis://127.0.0.1:{unused.getsockname()[1]}/0").test_client()
        reply = other.post("/v1/study/beats", json=player.body([60, 80]), headers=player.headers)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
