"""The unsafe fast path of roncoo-education, re-created: one request every three seconds, two Redis commands, no SQL.

What it does for a ping, from its sources (roncoo/roncoo-education, in roncoo-education-service-course/):

- service/api/biz/ApiUserStudyBiz.java, `study`: reads the lesson's length from Redis (1); where the position that the client says
  is less than a second before the end, SQL gets 100 %; otherwise the position is kept in Redis for a day (2);
- job/UserStudyJob.java: every ten seconds looks for positions older than ten minutes, and brings them to SQL.

Its client is roncoo-education-web/pages/course/study.vue: the position every three seconds. What the job costs is not counted here,
and its rounding (a whole number of seconds becomes 100 %) is left out: SQL gets the position.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Flask, request
from redis import Redis

from benchmarks.peers import client
from benchmarks.peers.peer_app import clock, found, learner, redis, sql
from benchmarks.peers.recreated import Recreated
from benchmarks.peers.systems import LEARNERS, LESSON, Player

SCHEMA = """
CREATE TABLE resource (id int PRIMARY KEY, video_length int NOT NULL);
CREATE TABLE user_study (
    id int PRIMARY KEY, user_id int NOT NULL, resource_id int NOT NULL, current_duration int NOT NULL DEFAULT 0,
    progress int NOT NULL DEFAULT 0);
"""
#: Seconds: how long a position must have stood before the job takes it, and how long Redis keeps it.
IDLE_S, KEEP_S = 600, 86_400
LESSONS = 2


def study_id(learner: int, lesson: int) -> int:
    return LESSONS * learner + lesson


def make() -> Flask:
    app = Flask("roncoo")

    @app.post("/course/api/user/study/progress")
    def progress() -> dict[str, Any]:
        learner()
        said = request.get_json()
        resource = msgspec.json.decode(redis().get(f"resource:{said['resourceId']}"))  # type: ignore[arg-type]
        if resource["videoLength"] - said["currentDuration"] < 1:
            study = found("SELECT id FROM user_study WHERE id = %s", said["studyId"])[0]
            sql(
                "UPDATE user_study SET progress = 100, current_duration = %s WHERE id = %s",
                resource["videoLength"],
                study,
            )
            redis().delete(f"progress:{said['studyId']}")
            return {"code": 200, "data": "OK"}
        kept = said | {"totalDuration": resource["videoLength"], "at": clock().seconds()}
        redis().set(f"progress:{said['studyId']}", msgspec.json.encode(kept), ex=KEEP_S)
        return {"code": 200, "data": "STUDY"}

    return app


class RoncooPlayer(Player):
    def ping(self, start: int, end: int) -> client.Ping:
        said = {"studyId": study_id(self.learner, self.lesson), "resourceId": self.lesson, "currentDuration": end}
        return (client.request("POST", "/course/api/user/study/progress", self.headers, said),)


class Roncoo(Recreated):
    name = "roncoo"
    interval = 3
    books = ("current_duration",)
    module, schema, written, player = "benchmarks.peers.roncoo", SCHEMA, "", RoncooPlayer

    def start(self) -> None:
        super().start()
        assert self.redis is not None
        self.client = Redis.from_url(self.redis.url)
        for lesson in range(1, LESSONS + 1):
            self.client.set(f"resource:{lesson}", msgspec.json.encode({"videoLength": LESSON}))

    def enrol(self, learners: Sequence[int]) -> None:
        # The load's learners have one lesson, the attacks' learners two.
        rows = [
            (study_id(learner, lesson), learner, lesson)
            for learner in learners
            for lesson in range(1, 1 + (LESSONS if learner <= LEARNERS else 1))
        ]
        with self.sql.cursor() as cursor:
            cursor.executemany("INSERT INTO user_study VALUES (%s, %s, %s)", rows)

    def rest(self) -> None:
        """Ten minutes pass, and the job runs."""
        self.clock.step(IDLE_S + 10)
        keys = list(self.client.scan_iter("progress:*", count=1000))
        found = [msgspec.json.decode(raw) for raw in self.client.mget(keys) if raw] if keys else []
        idle = [kept for kept in found if self.clock.seconds() - kept["at"] > IDLE_S]
        rows = [
            (kept["currentDuration"], 100 * kept["currentDuration"] // kept["totalDuration"], kept["studyId"])
            for kept in idle
        ]
        with self.sql.cursor() as cursor:
            cursor.executemany("UPDATE user_study SET current_duration = %s, progress = %s WHERE id = %s", rows)
        if idle:
            self.client.delete(*(f"progress:{kept['studyId']}" for kept in idle))

    def sums(self) -> str:
        return "SELECT sum(current_duration) FROM user_study WHERE user_id BETWEEN %(first)s AND %(last)s"
