"""The unsafe fast path of Tianji Xuetang (天机学堂), re-created: one request every 15 seconds, three Redis commands, no SQL.

What it does for a ping, from a copy of this teaching project that many keep (zhuxiaoyi412826/tianjixuetang, in tjxt/tj-learning/):

- utils/LearningRecordDelayTaskHandler.java: reads the learner's record from a hash in Redis (1), writes the position that the client
  says there (2), sets it to expire in a minute (3), and puts a task of 20 seconds into a queue in the server's own memory. A task
  that falls due reads the hash again, and brings the position to SQL where it has not moved since;
- the first ping of a lesson is inserted into SQL; the first whose position is beyond half of the video marks the lesson as
  finished there.

That its client pings every 15 seconds is what its course says; the fast path is what many such projects copied from it.
"""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from flask import Flask, request
from redis import Redis

from benchmarks.peers import client
from benchmarks.peers.peer_app import clock, learner, redis, sql
from benchmarks.peers.recreated import Recreated
from benchmarks.peers.systems import LESSON, Player
from tests.waiting import wait_until

SCHEMA = """
CREATE TABLE learning_record (
    user_id int NOT NULL, section_id int NOT NULL, moment int NOT NULL, finished boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, section_id));
CREATE TABLE learning_lesson (user_id int PRIMARY KEY, latest_section_id int, latest_learn_time timestamptz);
"""
#: Seconds. There the hash expires in 60; here the rounds of a load lie further apart than the pings of a learner.
DELAY_S, KEEP_S = 20, 3600


class Task(NamedTuple):
    due: float
    user: int
    section: int
    moment: int


class DelayQueue:
    """Tasks in the order they fall due, and the thread that takes them."""

    def __init__(self) -> None:
        self.tasks: deque[Task] = deque()
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, user: int, section: int, moment: int) -> None:
        self.tasks.append(Task(clock().seconds() + DELAY_S, user, section, moment))

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(0.05):
            while self.tasks and self.tasks[0].due <= clock().seconds():
                self._do(self.tasks[0])
                self.tasks.popleft()

    def _do(self, task: Task) -> None:
        known = read(task.user, task.section)
        if known is None or known["moment"] != task.moment:
            return  # the learner plays on: a later task will do it
        sql(
            "UPDATE learning_record SET moment = %s WHERE user_id = %s AND section_id = %s",
            task.moment, task.user, task.section,
        )  # fmt: skip
        sql(
            "UPDATE learning_lesson SET latest_section_id = %s, latest_learn_time = %s WHERE user_id = %s",
            task.section, clock()(), task.user,
        )  # fmt: skip


def key(user: int) -> str:
    return f"learning:record:{user}"


def read(user: int, section: int) -> dict[str, Any] | None:
    raw = redis().hget(key(user), str(section))
    return msgspec.json.decode(raw) if raw else None


def make() -> Flask:
    app = Flask("tianji")
    queue = DelayQueue()

    @app.post("/learning-records")
    def record() -> dict[str, Any]:
        user, said = learner(), request.get_json()
        section, moment = said["sectionId"], said["moment"]
        known = read(user, section) or _from_sql(user, section)
        if known is None:
            sql("INSERT INTO learning_record VALUES (%s, %s, %s)", user, section, moment)
        elif not known["finished"] and 2 * moment >= said["duration"]:
            sql(
                "UPDATE learning_record SET moment = %s, finished = true WHERE user_id = %s AND section_id = %s",
                moment, user, section,
            )  # fmt: skip
            redis().hdel(key(user), str(section))
        else:
            kept = {"moment": moment, "finished": known["finished"]}
            redis().hset(key(user), str(section), msgspec.json.encode(kept))
            redis().expire(key(user), KEEP_S)
            queue.put(user, section, moment)
        return {"code": 200, "msg": "OK"}

    @app.get("/queue")
    def waiting() -> dict[str, int]:
        return {"waiting": len(queue.tasks)}

    return app


def _from_sql(user: int, section: int) -> dict[str, Any] | None:
    row = sql("SELECT moment, finished FROM learning_record WHERE user_id = %s AND section_id = %s", user, section)
    return {"moment": row[0], "finished": row[1]} if row else None


class TianjiPlayer(Player):
    def ping(self, start: int, end: int) -> client.Ping:
        said = {"sectionId": self.lesson, "moment": end, "duration": LESSON}
        return (client.request("POST", "/learning-records", self.headers, said),)


class Tianji(Recreated):
    name = "Tianji"
    interval = 15
    books = ("finished", "moment")
    module, schema, written, player = "benchmarks.peers.tianji", SCHEMA, "", TianjiPlayer

    def start(self) -> None:
        super().start()
        assert self.redis is not None
        self.client = Redis.from_url(self.redis.url)

    def enrol(self, learners: Sequence[int]) -> None:
        with self.sql.cursor() as cursor:
            cursor.executemany("INSERT INTO learning_lesson VALUES (%s)", [(learner,) for learner in learners])

    def rest(self) -> None:
        """What waits in the queue falls due."""
        self.clock.step(DELAY_S + 1)
        wire = client.Wire(self.port)
        ask = client.request("GET", "/queue", {})
        wait_until(lambda: wire.exchange(ask)[1]["waiting"] == 0, timeout=60, what="the delay queue")
        wire.close()

    def sums(self) -> str:
        """A finished section counts as a whole one; one that is not, as far as it stands."""
        return f"""SELECT sum(CASE WHEN finished THEN {LESSON} ELSE moment END), sum(moment) FROM learning_record
            WHERE user_id BETWEEN %(first)s AND %(last)s"""
