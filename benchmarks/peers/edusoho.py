"""EduSoho, re-created: one request a minute, eight SQL statements that write and a dozen that read.

What it does for a ping, from its sources (edusoho/edusoho):

- src/ApiBundle/Api/Resource/Course/CourseTaskEventV2.php, `doing` and `watching`: the order of all that follows;
- src/Biz/Visualization/Service/Impl/DataCollectServiceImpl.php: the flow of a player, a record of each span learned and watched;
- src/Biz/Task/Service/Impl/TaskServiceImpl.php: `doTask` and `watchTask` add to the task's result in one statement each.

A span is the time since the flow's last ping on the server's clock, or what the client says where that is over 20 s less. The
flow's last watching begins at nought (its column's default), so the first span watched is what the client says. Playing on several
devices at once is allowed unless the school forbids it (LearnControlServiceImpl.php, `getMultipleLearnSetting`), and what is
forbidden there is told to the client and counted nevertheless.

Not re-created: Symfony, Doctrine, its settings and permission checks, the read that follows each of its inserts, the listeners of its
events. Its client pings every minute (`LEARN_TIME_STEP` in src/Biz/Task/Service/TaskService.php).
"""

from collections.abc import Sequence
from typing import Any

from flask import Flask, request

from benchmarks.peers import client
from benchmarks.peers.peer_app import clock, found, learner, sql
from benchmarks.peers.recreated import Recreated
from benchmarks.peers.systems import Player

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, nickname text NOT NULL, locked int NOT NULL DEFAULT 0);
CREATE TABLE course (id int PRIMARY KEY, title text NOT NULL, can_learn int NOT NULL);
CREATE TABLE course_member (
    id serial PRIMARY KEY, course_id int NOT NULL, user_id int NOT NULL, last_learn_task_id int, updated_time int,
    UNIQUE (course_id, user_id));
CREATE TABLE course_task (id int PRIMARY KEY, course_id int NOT NULL, activity_id int NOT NULL, type text NOT NULL);
CREATE TABLE activity (id int PRIMARY KEY, media_type text NOT NULL, finish_type text NOT NULL, finish_data int NOT NULL);
CREATE TABLE user_activity_learn_flow (
    id serial PRIMARY KEY, user_id int NOT NULL, activity_id int NOT NULL, sign text NOT NULL, active int NOT NULL DEFAULT 1,
    start_time int NOT NULL, last_learn_time int NOT NULL, last_watch_time int NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX ON user_activity_learn_flow (sign);
CREATE INDEX ON user_activity_learn_flow (user_id, activity_id);
CREATE TABLE activity_learn_record (
    id serial PRIMARY KEY, user_id int NOT NULL, activity_id int NOT NULL, task_id int NOT NULL, course_id int NOT NULL,
    event int NOT NULL, client int NOT NULL, start_time int NOT NULL, end_time int NOT NULL, duration int NOT NULL,
    flow_sign text NOT NULL, data text);
CREATE INDEX ON activity_learn_record (user_id, activity_id);
CREATE TABLE activity_video_watch_record (
    id serial PRIMARY KEY, user_id int NOT NULL, activity_id int NOT NULL, task_id int NOT NULL, course_id int NOT NULL,
    client int NOT NULL, start_time int NOT NULL, end_time int NOT NULL, duration int NOT NULL, flow_sign text NOT NULL, data text);
CREATE INDEX ON activity_video_watch_record (user_id, activity_id);
CREATE TABLE course_task_result (
    id serial PRIMARY KEY, user_id int NOT NULL, course_id int NOT NULL, task_id int NOT NULL, activity_id int NOT NULL,
    status text NOT NULL DEFAULT 'start', time int NOT NULL DEFAULT 0, watch_time int NOT NULL DEFAULT 0, last_learn_time int,
    updated_time int, UNIQUE (user_id, task_id));
CREATE INDEX ON course_task_result (activity_id);
INSERT INTO course VALUES (1, '虚构课程', 1);
INSERT INTO course_task VALUES (1, 1, 1, 'video'), (2, 1, 2, 'video');
INSERT INTO activity VALUES (1, 'video', 'watchTime', 20), (2, 'video', 'watchTime', 20);
"""
#: What the client says counts where the server's span is over this many seconds longer.
TOLERANCE_S = 20
RESULT = "SELECT id, status, time, watch_time FROM course_task_result WHERE user_id = %s AND task_id = %s"
FLOW = "SELECT id, last_learn_time, last_watch_time FROM user_activity_learn_flow WHERE user_id = %s AND sign = %s"


def span(now: int, last: int, said: int) -> int:
    return said if now - last - TOLERANCE_S > said else now - last


def make() -> Flask:
    app = Flask("edusoho")

    @app.put("/api/courses/<int:course>/task_event_v2/<int:task>/doing")
    def doing(course: int, task: int) -> dict[str, Any]:
        user, said, now = learner(), request.get_json(), int(clock().seconds())
        sign, seconds = said["sign"], max(said["duration"], said["watchData"]["duration"])
        found("SELECT id, locked FROM users WHERE id = %s", user)
        assert found("SELECT can_learn FROM course WHERE id = %s", course)[0]
        member = found("SELECT id FROM course_member WHERE course_id = %s AND user_id = %s", course, user)[0]
        sql("UPDATE course_member SET last_learn_task_id = %s, updated_time = %s WHERE id = %s", task, now, member)
        activity = found("SELECT activity_id, type FROM course_task WHERE id = %s", task)[0]
        found("SELECT media_type, finish_type, finish_data FROM activity WHERE id = %s", activity)
        flow, learned, _ = found(FLOW, user, sign)
        duration = span(now, learned, seconds)
        sql(
            "INSERT INTO activity_learn_record (user_id, activity_id, task_id, course_id, event, client, start_time, end_time,"
            " duration, flow_sign, data) VALUES (%s, %s, %s, %s, 2, 4, %s, %s, %s, %s, '{}')",
            user, activity, task, course, now - duration, now, duration, sign,
        )  # fmt: skip
        if seconds:
            sql("UPDATE user_activity_learn_flow SET last_learn_time = %s WHERE id = %s", now, flow)
            result = found(RESULT, user, task)[0]
            sql(
                "UPDATE course_task_result SET time = time + %s, updated_time = %s WHERE id = %s", duration, now, result
            )
        _watching(user, course, task, activity, sign, said["watchData"]["duration"], now)
        finish = found("SELECT finish_type, finish_data FROM activity WHERE id = %s", activity)
        result, status, _, watched = found(RESULT, user, task)
        if status != "finish" and watched >= finish[1] * 60:
            sql("UPDATE course_task_result SET status = 'finish' WHERE id = %s", result)
        sql("UPDATE course_task_result SET last_learn_time = %s WHERE id = %s", said["lastLearnTime"], result)
        total = found(
            "SELECT sum(watch_time) FROM course_task_result WHERE activity_id = %s AND user_id = %s", activity, user
        )
        return {"taskResult": {"id": result, "status": status}, "learnedTime": int(total[0])}

    return app


def _watching(user: int, course: int, task: int, activity: int, sign: str, said: int, now: int) -> None:
    flow, _, watched = found(FLOW, user, sign)
    duration = span(now, watched, said)
    sql(
        "INSERT INTO activity_video_watch_record (user_id, activity_id, task_id, course_id, client, start_time, end_time,"
        " duration, flow_sign, data) VALUES (%s, %s, %s, %s, 4, %s, %s, %s, %s, '{}')",
        user, activity, task, course, now - duration, now, duration, sign,
    )  # fmt: skip
    result = found(RESULT, user, task)[0]
    sql(
        "UPDATE course_task_result SET watch_time = watch_time + %s, updated_time = %s WHERE id = %s",
        duration, now, result,
    )  # fmt: skip
    sql("UPDATE user_activity_learn_flow SET last_watch_time = %s WHERE id = %s", now, flow)


class EduSohoPlayer(Player):
    def ping(self, start: int, end: int) -> client.Ping:
        seconds = end - start
        said = {"client": "h5", "sign": self.sign, "duration": seconds, "watchData": {"duration": seconds}}
        path = f"/api/courses/1/task_event_v2/{self.lesson}/doing"
        return (client.request("PUT", path, self.headers, said | {"lastLearnTime": end}),)


class EduSoho(Recreated):
    name = "EduSoho"
    interval = 60
    books = ("watch_time", "learn_time")
    module, schema, written, player = "benchmarks.peers.edusoho", SCHEMA, "activity_video_watch_record", EduSohoPlayer

    def enrol(self, learners: Sequence[int]) -> None:
        rows = [(learner,) for learner in learners]
        with self.sql.cursor() as cursor:
            cursor.executemany("INSERT INTO users VALUES (%s, '虚构学员')", rows)
            cursor.executemany("INSERT INTO course_member (course_id, user_id) VALUES (1, %s)", rows)

    def opened(self, player: Player) -> None:
        now = int(self.clock.seconds())
        self.sql.execute(
            "INSERT INTO user_activity_learn_flow (user_id, activity_id, sign, start_time, last_learn_time)"
            " VALUES (%s, %s, %s, %s, %s)",
            (player.learner, player.lesson, player.sign, now, now),
        )
        self.sql.execute(
            "INSERT INTO course_task_result (user_id, course_id, task_id, activity_id) VALUES (%s, 1, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (player.learner, player.lesson, player.lesson),
        )

    def sums(self) -> str:
        return """SELECT sum(watch_time), sum(time) FROM course_task_result
            WHERE user_id BETWEEN %(first)s AND %(last)s"""
