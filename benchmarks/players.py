"""The players of a province, in a process of their own: each beats when the server said it should.

All start to play at one moment, so the media position is the same for all: what they report differs by when they report it. A beat
that is refused or lost is sent again with the same seq. Presence checks are answered some seconds later, as a teacher would.
Per beat a player costs two integers to parse and one place in a timing wheel; the generator shares the machine with the province.
"""

import asyncio
import gc
import itertools
import random
import time
from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from redis import Redis

from benchmarks import machine, openloop
from benchmarks.crowd import LESSON, Mint, beat, open_sessions, place
from benchmarks.openloop import Pool, Quantiles
from heartbeat.state import Rules
from heartbeat.store import Store

#: Of the timing wheel; it goes round in 131 s, and no interval is longer than 89 s.
SLOT_S, SLOTS = 0.002, 65_536
#: A beat that failed is sent again after so long, s.
AGAIN_S = (3.0, 8.0)
#: A teacher sees a check and taps, s.
TAPS_S = (2.0, 20.0)
#: Figures of the course of time are of so many seconds each.
STEP_S = 10.0


class Plan(NamedTuple):
    port: int
    redis_socket: str
    sessions: int
    #: First beats are spread over the first so many seconds; then all is held for so many.
    ramp_s: float
    hold_s: float
    rules: Rules
    niceness: int


class Players:
    def __init__(self, plan: Plan, heads: list[bytes], taps: list[bytes]) -> None:
        self.plan, self.heads, self.taps = plan, heads, taps
        count = plan.sessions
        self.seq = array("l", bytes(8 * count))
        #: Media seconds reported and answered; reported in the beat under way; told to be credited.
        self.done, self.flight, self.told = (array("l", bytes(8 * count)) for _ in range(3))
        self.wheel: list[list[int]] = [[] for _ in range(SLOTS)]
        self.slot = 0
        self.checks: dict[int, bytes] = {}
        self.again: set[int] = set()
        #: Replies other than 200, by status; the first of them.
        self.refused: Counter[str] = Counter()
        self.first_refusal = ""
        self.lost_beats = self.answers = 0
        #: Beats by the interval that came with the reply, whole seconds.
        self.intervals: Counter[int] = Counter()
        self.chance = random.Random(count)
        self.pool = Pool[int](plan.port, self.answered, self.lost)
        for player in range(count):
            first = (player + self.chance.random()) / count * plan.ramp_s
            self.wheel[int(first / SLOT_S)].append(player)

    def start(self) -> None:
        self.began = time.perf_counter()
        self.began_at = datetime.now(UTC)

    def tick(self) -> None:
        """Send what is due. An entry of the wheel is a player, or −1 − player whose presence check is to be answered."""
        until = int((time.perf_counter() - self.began) / SLOT_S)
        while self.slot <= until:
            due = self.wheel[self.slot % SLOTS]
            if due:
                self.wheel[self.slot % SLOTS] = []
                self.send(due, self.slot * SLOT_S)
            self.slot += 1

    def send(self, due: list[int], elapsed: float) -> None:
        intended = self.began + elapsed
        at = (self.began_at + timedelta(seconds=elapsed)).isoformat(timespec="milliseconds").encode()
        position = min(int(elapsed), LESSON)
        ask, heads, seqs, done, flight = self.pool.ask, self.heads, self.seq, self.done, self.flight
        for player in due:
            if player < 0:
                self.tap(-1 - player, intended)
                continue
            if player in self.again:
                self.again.discard(player)
            else:
                seqs[player] += 1
                flight[player] = position
            ask(beat(heads[player], seqs[player], at, done[player], flight[player]), intended, player)

    def tap(self, player: int, intended: float) -> None:
        check = self.checks.get(player)
        if check is not None:
            body = b'{"challenge_id":"%b"}' % check
            self.pool.ask(b"%b%d\r\n\r\n%b" % (self.taps[player], len(body), body), intended, -1 - player)

    def answered(self, tag: int, reply: bytes) -> None:
        player = tag if tag >= 0 else -1 - tag
        if not reply.startswith(b"HTTP/1.1 200"):
            self.refused[reply[9:12].decode()] += 1
            self.first_refusal = self.first_refusal or reply.decode(errors="replace")
            self.try_again(tag)
            return
        found = reply.find(b'"credited":') + 11  # the lesson's; the session's comes after it
        credited = int(reply[found : reply.find(b",", found)])
        self.told[player] = max(credited, self.told[player])
        found = reply.find(b'"next_ms":', found) + 10
        next_ms = int(reply[found : reply.find(b",", found)])
        if tag < 0:
            self.answers += 1
            self.checks.pop(player, None)
            return
        self.done[player] = self.flight[player]
        self.intervals[next_ms // 1000] += 1
        self.after(next_ms / 1000, player)
        found = reply.find(b'"challenge":{"id":"', found)
        if found > 0 and player not in self.checks:
            self.checks[player] = reply[found + 19 : reply.find(b'"', found + 19)]
            self.after(self.chance.uniform(*TAPS_S), -1 - player)

    def lost(self, tag: int) -> None:
        self.lost_beats += 1
        self.try_again(tag)

    def try_again(self, tag: int) -> None:
        if tag >= 0:
            self.again.add(tag)
        self.after(self.chance.uniform(*AGAIN_S), tag)

    def after(self, seconds: float, entry: int) -> None:
        slot = int((time.perf_counter() - self.began + seconds) / SLOT_S) + 1
        self.wheel[max(slot, self.slot + 1) % SLOTS].append(entry)

    def under_way(self) -> int:
        return self.pool.asked - len(self.pool.waits) - self.lost_beats


async def play(plan: Plan) -> dict[str, Any]:
    """Open all sessions, wait until SQL has them, and hold them. Returns what was sent, told and how long it took."""
    machine.renice_self(plan.niceness)
    machine.allow_files(openloop.MOST_LINES + 100)
    mint = Mint(datetime.now(UTC))
    places = [place(account) for account in range(1, plan.sessions + 1)]
    heads = [mint.head(where) for where in places]
    taps = [mint.head(where, "/v1/study/presence") for where in places]
    players = Players(plan, heads, taps)
    await players.pool.open(plan.sessions)
    began = time.perf_counter()
    open_sessions(plan.redis_socket, places, lambda: datetime.now(UTC), plan.rules)
    opened_s = time.perf_counter() - began
    del places
    not_in_sql = await _flushed(plan.redis_socket)
    gc.collect()
    gc.freeze()
    gc.disable()
    players.start()
    used = time.process_time()
    end = openloop.each_tick(players.tick)
    marks, left = [0], plan.ramp_s + plan.hold_s
    while left > 0:
        await asyncio.sleep(min(STEP_S, left))
        left -= STEP_S
        marks.append(len(players.pool.waits))
    end()
    lasted = time.perf_counter() - players.began
    used = time.process_time() - used
    await players.pool.drained(players.under_way)
    await players.pool.close()
    waits = players.pool.waits
    steps: list[Quantiles] = [openloop.quantiles(waits[a:b]) for a, b in itertools.pairwise(marks) if b > a]
    return {
        "began": players.began_at.timestamp(), "lasted_s": lasted, "opened_per_s": plan.sessions / opened_s,
        "beats": players.pool.asked, "answered": len(waits) - players.refused.total(), "lost": players.lost_beats,
        "refused": dict(players.refused), "first_refusal": players.first_refusal, "checks_answered": players.answers,
        "connections": players.pool.opened,
        "generator_cpu_s": used, "intervals": dict(sorted(players.intervals.items())), "steps": steps,
        "not_in_sql_at_first": not_in_sql, "reported": sum(players.done), "told": players.told.tobytes(),
        **openloop.quantiles(waits[marks[min(len(marks) - 1, int(plan.ramp_s / STEP_S))] :]),
    }  # fmt: skip


async def _flushed(redis_socket: str, patience_s: float = 120) -> int:
    """Until SQL lacks nearly nothing of what was opened. Returns how many sessions it still lacks."""
    with Redis(unix_socket_path=redis_socket) as redis:
        until = time.perf_counter() + patience_s
        while Store(redis).backlog() > 1_000 and time.perf_counter() < until:  # noqa: ASYNC110 — Redis tells nobody
            await asyncio.sleep(0.5)
        return Store(redis).backlog()
