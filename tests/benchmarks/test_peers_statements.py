"""The re-creations do what their docstrings say, no less and no more: statements of one ping in the middle of a lesson."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from benchmarks.peers import edusoho, gunicorn, peer_app, playedu, roncoo, tianji
from benchmarks.peers.clock import Clock
from benchmarks.peers.systems import LESSON, Player
from heartbeat.keys import Place
from tests.servers import PostgresServer

WRITES = ("INSERT", "UPDATE", "DELETE")


class Counted:
    """A connection that remembers what it is asked."""

    def __init__(self, connection: "psycopg.Connection[Any]", asked: list[str]) -> None:
        self.connection, self.asked = connection, asked

    def execute(self, statement: str, values: Any) -> Any:
        self.asked.append(statement)
        return self.connection.execute(statement, values)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock.made(tmp_path / "clock", datetime(2022, 8, 1, tzinfo=UTC))


@pytest.fixture
def database(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator["psycopg.Connection[Any]"]:
    name = request.node.name[:60]
    postgres_server.create_database(name)
    with psycopg.connect(f"host={postgres_server.directory} user=xueshi dbname={name}", autocommit=True) as opened:
        yield opened


@pytest.fixture
def asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock, redis_url: str, database: "psycopg.Connection[Any]"
) -> list[str]:
    """The SQL that the peer's server was asked to run."""
    found: list[str] = []
    monkeypatch.setenv("CLOCK", str(tmp_path / "clock"))
    monkeypatch.setenv("PEER_REDIS", redis_url)
    monkeypatch.setattr(peer_app, "_threads", SimpleNamespace(connection=Counted(database, found)))
    peer_app.clock.cache_clear()
    peer_app.redis.cache_clear()
    return found


Ping = Callable[[ModuleType, type[Player]], None]


@pytest.fixture
def ping(clock: Clock, asked: list[str]) -> Ping:
    """Three pings of learner 7, ten seconds apart; `asked` then has the last one's alone."""

    def send(module: ModuleType, kind: type[Player]) -> None:
        app: Flask = module.make()
        player = kind(7)
        token = gunicorn.study_token(Place(7, 1, 1, "here"), LESSON, clock())
        player.headers, player.sign = {"Authorization": f"Bearer {token}"}, "here"
        client = app.test_client()
        for position in (10, 20, 30):
            asked.clear()
            clock.step(10)
            for request in player.ping(position - 10, position):
                head, _, body = request.partition(b"\r\n\r\n")
                method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
                answer = client.open(
                    path, method=method, data=body, headers=player.headers, content_type="application/json"
                )
                assert answer.status_code == 200, answer.text

    return send


def writes(asked: list[str]) -> int:
    return sum(statement.startswith(WRITES) for statement in asked)


def test_playedu_asks_eight_and_writes_three(ping: Ping, asked: list[str], database: "psycopg.Connection[Any]") -> None:
    database.execute(playedu.SCHEMA)
    database.execute("INSERT INTO users VALUES (7, '虚构学员')")
    ping(playedu, playedu.PlayEduPlayer)
    assert (len(asked), writes(asked)) == (8, 3)


def test_edusoho_reads_a_dozen_and_writes_eight(
    ping: Ping, asked: list[str], database: "psycopg.Connection[Any]"
) -> None:
    database.execute(edusoho.SCHEMA)
    database.execute("INSERT INTO users VALUES (7, '虚构学员')")
    database.execute("INSERT INTO course_member (course_id, user_id) VALUES (1, 7)")
    database.execute("INSERT INTO course_task_result (user_id, course_id, task_id, activity_id) VALUES (7, 1, 1, 1)")
    database.execute(
        "INSERT INTO user_activity_learn_flow (user_id, activity_id, sign, start_time, last_learn_time)"
        " VALUES (7, 1, 'here', 0, 1)"
    )
    ping(edusoho, edusoho.EduSohoPlayer)
    assert (len(asked) - writes(asked), writes(asked)) == (12, 8)


class TestFastPaths:
    @pytest.fixture
    def commands(self, redis: "Redis") -> Callable[[], dict[str, int]]:
        """How often each Redis command was called since the fixture was made."""
        redis.config_resetstat()

        def calls() -> dict[str, int]:
            found = redis.info("commandstats")
            return {name.removeprefix("cmdstat_"): one["calls"] for name, one in found.items()}

        return calls

    def test_roncoo_asks_redis_twice_and_sql_not_at_all(
        self, ping: Ping, asked: list[str], redis: "Redis", commands: Callable[[], dict[str, int]]
    ) -> None:
        redis.set("resource:1", f'{{"videoLength":{LESSON}}}')
        ping(roncoo, roncoo.RoncooPlayer)
        calls = commands()
        assert asked == []
        assert (calls["get"], calls["set"]) == (3, 3 + 1), "three pings, and the lesson above"

    def test_tianji_asks_redis_three_times_and_sql_not_at_all(
        self, ping: Ping, asked: list[str], database: "psycopg.Connection[Any]", commands: Callable[[], dict[str, int]]
    ) -> None:
        database.execute(tianji.SCHEMA)
        ping(tianji, tianji.TianjiPlayer)
        calls = commands()
        assert asked == []
        assert (calls["hget"], calls["hset"], calls["expire"]) == (3, 2, 2), "the first ping goes to SQL"
