"""Does the faults of a schedule, each at its time; several may be under way at once, but never two on the same part."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.chaos import parts
from benchmarks.chaos.faults import TAKES_DATA, Fault
from benchmarks.chaos.proxy import FAIR
from benchmarks.chaos.servers import POWER_CUT_S, hold_sqlite
from benchmarks.chaos.system import Kept, System


class Director:
    """`say` gets a line for each fault as it happens."""

    def __init__(self, system: System, say: Callable[[str], None]) -> None:
        self.system, self.say = system, say
        self.done: Counter[str] = Counter()
        #: When Redis came to hold less than it had said, monotonic.
        self.data_taken: list[float] = []
        #: How far clocks were put forward and Redis was put back, at most, all together, s.
        self.slack = 0.0
        self._busy: dict[int, asyncio.Lock] = {}

    async def run(self, faults: Sequence[Fault]) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
                group.create_task(self._do(fault))

    async def _do(self, fault: Fault) -> None:
        self.say(str(fault))
        verb, _, what = fault.kind.partition("_")
        if verb in ("kill", "freeze"):
            await self._hit(verb, what, fault)
        elif fault.kind == "step_clock":
            await self._step(fault)
        elif fault.kind in TAKES_DATA:
            await self._take(fault)
        else:
            await self._weather(fault)
        self.done[fault.kind] += 1

    async def _hit(self, verb: str, what: str, fault: Fault) -> None:
        if what == "database" and self.system.database is None:
            await asyncio.to_thread(hold_sqlite, self.system.env["DATABASE_URL"], fault.seconds)
            return
        kept = self._kept(what, fault.target)
        async with kept.lock:
            if not kept.part.alive():
                return
            if verb == "kill":
                await asyncio.to_thread(parts.kill, kept.part)
                await asyncio.sleep(fault.seconds)  # then the supervisor finds it dead
            else:
                family = parts.freeze(kept.part)
                await asyncio.sleep(fault.seconds)
                parts.thaw(family)

    def _alone(self, thing: object) -> asyncio.Lock:
        return self._busy.setdefault(id(thing), asyncio.Lock())

    def _kept(self, what: str, target: int) -> Kept:
        several = {"api": self.system.api, "flusher": self.system.flushers}
        if what in several:
            return several[what][target]
        part = self.system.redis if what == "redis" else self.system.database
        assert part is not None
        return self.system.kept_as(part)

    async def _step(self, fault: Fault) -> None:
        clock = self.system.clocks[fault.target]
        async with self._alone(clock):
            self.slack += max(0.0, fault.size)
            clock.write_text(str(fault.size))
            await asyncio.sleep(fault.seconds)
            clock.write_text("0")

    async def _weather(self, fault: Fault) -> None:
        side = self.system.back if fault.kind.endswith("redis") else self.system.front
        proxy = side[fault.target]
        async with self._alone(proxy):
            proxy.weather = fault.weather
            await asyncio.sleep(fault.seconds)
            proxy.weather = FAIR

    async def _take(self, fault: Fault) -> None:
        """Redis comes to hold less than it has said."""
        redis = self.system.redis
        kept = self.system.kept_as(redis)
        async with kept.lock:
            if not redis.alive():
                return
            if fault.kind == "redis_emptied":
                await asyncio.to_thread(redis.empty)
                self.data_taken.append(time.monotonic())
                return
            cut = POWER_CUT_S[redis.redis.fsync]
            if fault.kind == "redis_older":
                copy = await asyncio.to_thread(redis.copy)
                await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(parts.kill, redis)
            if cut or fault.kind == "redis_older":
                self.data_taken.append(time.monotonic())
            if fault.kind == "redis_older":
                self.slack += fault.seconds
                await asyncio.to_thread(redis.put_back, copy)
            else:
                self.slack += cut
                await asyncio.to_thread(redis.cut_back, cut)
                await asyncio.sleep(fault.seconds)
