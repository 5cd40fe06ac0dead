"""PlayEdu, re-created: two requests every ten seconds, eight SQL statements, three of which write.

What it does for a ping, from its sources (PlayEdu/PlayEdu, in playedu-api/):

- api/interceptor/FrontInterceptor.java: both requests read the user. (1, 5)
- api/controller/frontend/HourController.java, `record`: reads the lesson (2); then
  course/service/impl/UserCourseHourRecordServiceImpl.java, `storeOrUpdate`: reads the learner's record (3) and, where the position
  that the client says is further, writes it (4). A lesson is finished when that position reaches its duration.
- the same controller, `ping`: time since the last ping as this server's memory knows it, ten seconds where it was over 10.5 s ago;
  api/listener/UserLearnCourseUpdateListener.java then reads (6) and writes (7) the day's sum, not in one statement, and writes a
  record of the span (8).

The permission to see the course is cached for an hour, and locks are in the server's memory, as there. Not re-created: the rate
limiter, Spring, MyBatis. The client is playedu-pc/src/pages/course/video.tsx: both requests every ten media seconds.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request

from benchmarks.peers import client
from benchmarks.peers.peer_app import clock, found, learner, sql
from benchmarks.peers.recreated import Recreated
from benchmarks.peers.systems import LESSON, Player

SCHEMA = f"""
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, is_lock int NOT NULL DEFAULT 0);
CREATE TABLE course_hours (id int PRIMARY KEY, course_id int NOT NULL, title text NOT NULL, duration int NOT NULL);
CREATE TABLE user_course_hour_records (
    id serial PRIMARY KEY, user_id int NOT NULL, course_id int NOT NULL, hour_id int NOT NULL, total_duration int NOT NULL,
    finished_duration int NOT NULL, is_finished int NOT NULL, finished_at timestamptz, updated_at timestamptz,
    UNIQUE (user_id, hour_id, course_id));
CREATE TABLE user_learn_duration_stats (
    id serial PRIMARY KEY, user_id int NOT NULL, duration bigint NOT NULL, created_date date NOT NULL);
CREATE INDEX ON user_learn_duration_stats (user_id, created_date);
CREATE TABLE user_learn_duration_records (
    id serial PRIMARY KEY, user_id int NOT NULL, created_date date NOT NULL, duration int NOT NULL, start_at timestamptz,
    end_at timestamptz, from_id text NOT NULL, from_scene text NOT NULL);
CREATE INDEX ON user_learn_duration_records (user_id, created_date);
INSERT INTO course_hours VALUES (1, 1, '虚构课时', {LESSON}), (2, 1, '虚构课时', {LESSON});
"""
#: Milliseconds: a ping counts for the time since the one before, or for USUAL where that was longer ago than LONGEST.
USUAL, LONGEST = 10_000, 10_500


def make() -> Flask:
    app = Flask("playedu")
    locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
    may_see: dict[tuple[int, int], bool] = {}
    last_ms: dict[int, int] = {}
    done = {"code": 0, "msg": "", "data": {}}

    def user() -> int:
        number, locked = found("SELECT id, is_lock FROM users WHERE id = %s", learner())
        assert not locked
        return int(number)

    @app.post("/api/v1/course/<int:course>/hour/<int:hour>/record")
    def record(course: int, hour: int) -> dict[str, Any]:
        who, position = user(), int(request.get_json()["duration"])
        whole = found("SELECT duration FROM course_hours WHERE id = %s AND course_id = %s", hour, course)[0]
        assert may_see.setdefault((who, course), True)
        with locks[who]:
            known = sql(
                "SELECT id, finished_duration, is_finished FROM user_course_hour_records"
                " WHERE user_id = %s AND course_id = %s AND hour_id = %s",
                who, course, hour,
            )  # fmt: skip
            finished, now = position >= whole, clock()()
            if known is None:
                sql(
                    "INSERT INTO user_course_hour_records (user_id, course_id, hour_id, total_duration, finished_duration,"
                    " is_finished, finished_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                    who, course, hour, whole, position, int(finished), now if finished else None, now,
                )  # fmt: skip
            elif not known[2] and known[1] < position:
                sql(
                    "UPDATE user_course_hour_records SET total_duration = %s, finished_duration = %s, is_finished = %s,"
                    " finished_at = %s, updated_at = %s WHERE id = %s",
                    whole, position, int(finished), now if finished else None, now, known[0],
                )  # fmt: skip
        return done

    @app.post("/api/v1/course/<int:course>/hour/<int:hour>/ping")
    def ping(course: int, hour: int) -> dict[str, Any]:
        who = user()
        assert may_see.setdefault((who, course), True)
        with locks[who]:
            now_ms = round(clock().seconds() * 1000)
            began_ms = last_ms.get(who)
            if began_ms is None or now_ms - began_ms > LONGEST:
                began_ms = now_ms - USUAL
            last_ms[who] = now_ms
            _learned(who, f"{course}_{hour}", began_ms, now_ms)
        return done

    return app


def _learned(who: int, what: str, began_ms: int, now_ms: int) -> None:
    began, ended = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (began_ms, now_ms))
    day, duration = ended.date(), now_ms - began_ms
    known = sql("SELECT id, duration FROM user_learn_duration_stats WHERE user_id = %s AND created_date = %s", who, day)
    if known is None:
        sql(
            "INSERT INTO user_learn_duration_stats (user_id, duration, created_date) VALUES (%s, %s, %s)",
            who, duration, day,
        )  # fmt: skip
    else:
        sql("UPDATE user_learn_duration_stats SET duration = %s WHERE id = %s", known[1] + duration, known[0])
    sql(
        "INSERT INTO user_learn_duration_records (user_id, created_date, duration, start_at, end_at, from_id, from_scene)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'hour')",
        who, day, duration, began, ended, what,
    )  # fmt: skip


class PlayEduPlayer(Player):
    def ping(self, start: int, end: int) -> client.Ping:
        path = f"/api/v1/course/1/hour/{self.lesson}"
        return (
            client.request("POST", f"{path}/record", self.headers, {"duration": end}),
            client.request("POST", f"{path}/ping", self.headers, {}),
        )


class PlayEdu(Recreated):
    name = "PlayEdu"
    interval = 10
    books = ("finished_duration", "learn_duration")
    module, schema, written, player = "benchmarks.peers.playedu", SCHEMA, "user_learn_duration_records", PlayEduPlayer

    def enrol(self, learners: Sequence[int]) -> None:
        with self.sql.cursor() as cursor:
            cursor.executemany("INSERT INTO users VALUES (%s, '虚构学员')", [(learner,) for learner in learners])

    def sums(self) -> str:
        return """SELECT
            (SELECT sum(finished_duration) FROM user_course_hour_records WHERE user_id BETWEEN %(first)s AND %(last)s),
            (SELECT sum(duration) / 1000.0 FROM user_learn_duration_stats WHERE user_id BETWEEN %(first)s AND %(last)s)"""
