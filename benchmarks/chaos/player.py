"""A teacher who watches one lesson after the other with a player that keeps the contract (docs/counting.md, "What a client must do").

It runs a video by the real clock, beats when the last reply says so, keeps every beat until SQL has it (`durable`), sends again
what was not answered, goes back to `resend_from`, opens a new session when the old one is gone and reports there what it holds,
and taps when asked. With `resends` off it forgets a beat as soon as that is acknowledged.
"""

import asyncio
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from benchmarks.chaos.ledger import Book, Ledger, Place, seconds
from benchmarks.chaos.wire import Away, Gone, Line

Intervals = list[list[int]]
#: seq, the last word of its path, body.
Beat = tuple[int, str, dict[str, Any]]
#: What of a reply is worth writing down.
TOLD = ("session_id", "seq", "state", "credited", "session", "durable", "coverage", "resend_from", "challenge")


def now() -> float:
    return asyncio.get_running_loop().time()


class Video:
    """Positions are media seconds; only whole seconds that were really run over are told."""

    def __init__(self, position: int, duration: int, rate: float) -> None:
        self.duration, self.rate = duration, rate
        self._from, self._since, self._told = float(position), now(), position
        self.playing = True

    @property
    def position(self) -> float:
        run = (now() - self._since) * self.rate if self.playing else 0.0
        return min(float(self.duration), self._from + run)

    @property
    def ended(self) -> bool:
        return self.position >= self.duration

    def set(self, *, playing: bool) -> None:
        self._from, self._since, self.playing = self.position, now(), playing

    def cut(self) -> Intervals:
        """What was run over since the last cut."""
        start, self._told = self._told, int(self.position)
        return [[start, self._told]] if self._told > start else []


class Visit:
    """One lesson on one screen; as many sessions as it takes."""

    def __init__(self, teacher: "Teacher", lesson: int) -> None:
        self.teacher, self.lesson = teacher, lesson
        self.place: Place = (teacher.book.enrolment, lesson)
        self.video: Video | None = None
        self.token, self.device = "", "手机"
        self.seq = self.answered = 0
        #: Beats that SQL may lack, in order.
        self.held: list[Beat] = []
        self.final: Beat = (0, "", {})
        self.over = False
        #: What sessions that are gone still owed.
        self.owed: Intervals = []
        self.last: dict[str, Any] = {}
        self.ledger: Ledger | None = None
        self._check, self._tap_at = "", 0.0

    async def watch(self, stop: asyncio.Event) -> None:
        """Until the video or the class ends, and all that was said of it is in SQL."""
        await self._insist(self._open)
        video = self.video
        assert video is not None
        due, turn, patience = self._due(), now() + self.teacher.chance.uniform(10, 60), 0.0
        while not (stop.is_set() or video.ended):
            await _rest(stop, min(due, turn, max(patience, self._tap_at or due)) - now())
            if now() >= turn:
                video.set(playing=not video.playing)
                turn = now() + self.teacher.chance.uniform(*((15, 60) if video.playing else (2, 8)))
                due = now()  # a beat at pause, and one when it goes on
            if now() >= due:
                self._cut("beats")
                due = self._due()
            if now() >= patience:
                try:
                    await self._talk()
                except Away as away:
                    patience = now() + self.teacher.pause(away)
        await self._finish()

    async def _finish(self) -> None:
        """The last beat, and then until all is answered, tapped, and durable."""
        self._cut("end")
        await self._insist(self._talk)
        while not self._settled():
            await asyncio.sleep(0.5)
            await self._insist(self._ask_again)
            await self._insist(self._talk)

    def _settled(self) -> bool:
        if self.over:
            return True
        answered = all(seq <= self.answered for seq, _, _ in self.held) and "challenge" not in self.last
        return answered and self.last["state"] == "ended" and not (self.held and self.teacher.resends)

    async def _ask_again(self) -> None:
        """The last beat once more changes nothing, and says how far SQL is now."""
        await self._send(self.final)

    async def _talk(self) -> None:
        """Send in order what has no answer yet, and tap. Raises Away."""
        while waiting := [beat for beat in self.held if beat[0] > self.answered]:
            await self._send(waiting[0])
        if self._tap_at and now() >= self._tap_at:
            await self._post("presence", {"challenge_id": self._check}, tapped=True)

    async def _send(self, beat: Beat) -> None:
        """`acked` is the last reply seen when a beat is sent, not when it was made: else a queue would hide that Redis came back older."""
        await self._post(beat[1], beat[2] | {"acked": self.answered})

    async def _post(self, path: str, body: dict[str, Any], *, tapped: bool = False) -> None:
        try:
            reply = await self._ask(path, self.token, body)
        except Gone:
            await self._reopen()
            return
        self._hear(reply, tapped=tapped)
        if (
            reply["state"] == "displaced"
        ):  # by an opening of ours that was given up and arrived late; the teacher goes on here
            await self._reopen()

    async def _ask(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """And write down how it went."""
        said = {name: value for name, value in body.items() if name in ("seq", "acked", "played")}
        story = self.teacher.book.story.setdefault(self.place, [])
        try:
            reply = await self.teacher.line.ask(f"/v1/study/{path}", token, body)
        except (Away, Gone) as error:
            story.append(f"{now():.2f} {path} {said}: {type(error).__name__} {error}")
            raise
        told = {name: reply[name] for name in TOLD if name in reply}
        story.append(f"{now():.2f} {path} {said}: {told}")
        return reply

    def _hear(self, reply: dict[str, Any], *, tapped: bool) -> None:
        assert self.ledger is not None
        self.ledger.hear(reply, now())
        self.last, self.answered = (
            reply,
            reply["seq"],
        )  # less than before, where Redis came back older: what is held goes again
        safe = reply["durable"] if self.teacher.resends else reply["seq"]
        self.held = [beat for beat in self.held if beat[0] > safe]
        check = reply.get("challenge", {}).get("id", "")
        if check and (check != self._check or tapped or not self._tap_at):
            self._tap_at = now() + self.teacher.chance.uniform(0.5, 2.5)
        self._check, self._tap_at = check, self._tap_at if check else 0.0

    async def _reopen(self) -> None:
        ending = self.final[1] == "end"
        self.owed = _merged([*self.owed, *(interval for _, _, body in self.held for interval in body["played"])])
        self.held, self.last, self._check, self._tap_at = [], {}, "", 0.0
        if ending and not self.owed:
            self.over = True  # nothing is missing any more
            return
        await self._insist(self._open)
        self._cut("end" if ending else "beats")

    async def _open(self) -> None:
        body = {"enrolment_id": self.place[0], "lesson_id": self.lesson, "device": self.device, "take_over": True}
        book = self.teacher.book
        book.opened_at = now() if book.opened_at is None else book.opened_at
        opened = await self._ask("sessions", self.teacher.token, body)
        self.ledger = Ledger(book, self.place, opened, now())
        self.owed = _without(self.owed, seconds(opened["coverage"]))  # a repeat would use wall time that the rest needs
        self.token, self.seq, self.answered = opened["study_token"], 0, 0
        self.last = {"state": "playing", "next_ms": opened["beat_every_ms"]}
        self.video = self.video or Video(opened["resume_at"], opened["duration"], 1.0 if book.honest else 2.0)

    def _cut(self, path: str) -> None:
        """Write down a beat."""
        assert self.video is not None
        assert self.ledger is not None
        played = self.video.cut()
        self.teacher.book.played.setdefault(self.place, set()).update(seconds(played))
        played, self.owed = _merged([*self.owed, *played]), []
        self.seq += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.final = (self.seq, path, {"seq": self.seq, "at": at, "played": played})
        self.held.append(self.final)
        self.ledger.made(self.seq, [(start, stop) for start, stop in played])

    def _due(self) -> float:
        return now() + float(self.last.get("next_ms", 2_000)) / 1000

    async def _insist(self, act: Any) -> None:
        """Again and again, until the class is given up."""
        while True:
            try:
                await act()
            except Away as away:
                await asyncio.sleep(self.teacher.pause(away))
            else:
                return


class Teacher:
    def __init__(
        self, book: Book, token: str, lessons: list[int], line: Line, chance: random.Random, *, resends: bool
    ) -> None:
        self.book, self.token, self.lessons, self.line, self.chance, self.resends = (
            book,
            token,
            lessons,
            line,
            chance,
            resends,
        )
        self.visit: Visit | None = None

    async def study(self, stop: asyncio.Event) -> None:
        await _rest(stop, self.chance.uniform(0, 2))
        try:
            for lesson in self.lessons:
                if stop.is_set():
                    break
                self.visit = Visit(self, lesson)
                await self.visit.watch(stop)
        finally:
            self.line.hang_up()

    def heard_last(self) -> list[str]:
        """For whom nothing comes to rest."""
        return self.book.story.get(self.visit.place, [])[-4:] if self.visit else []

    def pause(self, away: Away) -> float:
        """How long to wait before the next try, s: spread, so that nobody comes back in step with the others."""
        return away.after * self.chance.uniform(0.5, 1.5)


async def _rest(stop: asyncio.Event, seconds_: float) -> None:
    """So long, or until the class ends."""
    try:
        async with asyncio.timeout(max(0.0, seconds_)):
            await stop.wait()
    except TimeoutError:
        pass


def _merged(intervals: Iterable[Iterable[int]]) -> Intervals:
    merged: Intervals = []
    for start, stop in sorted(map(list, intervals)):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(stop, merged[-1][1])
        else:
            merged.append([start, stop])
    return merged


def _without(intervals: Intervals, known: frozenset[int]) -> Intervals:
    return _merged([second, second + 1] for second in seconds(intervals) - known)
