"""One run from an empty database to the verdict."""

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from benchmarks.chaos import faults, oracle, school
from benchmarks.chaos.director import Director
from benchmarks.chaos.ledger import Book
from benchmarks.chaos.player import Teacher
from benchmarks.chaos.report import Report
from benchmarks.chaos.system import System
from benchmarks.chaos.wire import Line, Tally

#: Every so many-th teacher plays at twice the speed.
GREEDY = 10
#: After the faults all must be in SQL within this time, s.
SETTLE_S = 120.0


@dataclass(frozen=True)
class Options:
    minutes: float
    seed: int
    database: str
    fsync: str
    resend: bool
    server: str
    teachers: int = 60
    workers: int = 1
    #: Seconds between faults, on average.
    every: float = 3.0
    #: Only these kinds of faults; none: all that the mode allows.
    kinds: tuple[str, ...] = ()


async def run(options: Options, say: Callable[[str], None]) -> Report:
    chance = random.Random(options.seed)
    system = System(
        database=options.database, fsync=options.fsync, server=options.server, workers=options.workers, chance=chance
    )
    try:
        await system.start()
        seconds = options.minutes * 60
        duration = int(min(90, max(12, seconds / 3)))
        lessons = math.ceil(2 * seconds / duration) + 2
        pupils = await asyncio.to_thread(school.found, system.env, options.teachers, lessons, duration, chance)
        await system.open()
        say(
            f"{options.teachers} teachers, {options.database}, {options.server}, fsync {options.fsync}, seed {options.seed}"
        )
        wire = Tally()
        teachers = [
            Teacher(
                Book(pupil.account, pupil.enrolment, honest=index % GREEDY != GREEDY - 1),
                pupil.token,
                pupil.lessons,
                Line(system.ports, chance, wire),
                chance,
                resends=options.resend,
            )
            for index, pupil in enumerate(pupils)
        ]
        director = Director(system, say)
        kinds = options.kinds or faults.kinds_for(database=options.database, resends=options.resend)
        schedule = faults.draw(options.seed, seconds, options.every, kinds)
        unsettled = await _class(system, director, teachers, schedule, seconds)
        sql, evidence = await asyncio.to_thread(school.read, system.env["DATABASE_URL"])
        books = [teacher.book for teacher in teachers]
        verdict = oracle.judge(books, sql, slack=director.slack, data_faults=director.data_taken)
        return Report(
            settings=asdict(options), verdict=verdict, wire=wire, faults=director.done, slack=director.slack,
            evidence_beyond=evidence - verdict.credited, bugs=system.bugs(), unsettled=unsettled,
        )  # fmt: skip
    finally:
        await system.close()


async def _class(
    system: System, director: Director, teachers: list[Teacher], schedule: list[faults.Fault], seconds: float
) -> list[str]:
    """The faults while all study, then quiet, until all that was said is in SQL. Returns what those heard who never got there."""
    stop = asyncio.Event()
    studying = {asyncio.create_task(teacher.study(stop)): teacher for teacher in teachers}
    try:
        await asyncio.gather(director.run(schedule), asyncio.sleep(seconds))
        system.calm()
        await system.ready()
        stop.set()
        deadline, left = time.monotonic() + SETTLE_S, -1
        while left or not all(task.done() for task in studying):
            if time.monotonic() > deadline:
                break
            left = await system.flush()
        late = [teacher for task, teacher in studying.items() if not task.done()]
        return [f"{teacher.book.enrolment}: {teacher.heard_last()}" for teacher in late] + [
            f"{left} not flushed"
        ] * bool(left)
    finally:
        for task in studying:
            task.cancel()
        for ended in await asyncio.gather(*studying, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
