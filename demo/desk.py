"""A teacher at a desk: signed in, with the lessons of the programme, some devices, and a while to study."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from demo.player import Player
from demo.server import Problem, Server


@dataclass
class Lesson:
    """One lesson as the teacher's course list had it before."""

    id: int
    course_id: int
    title: str
    duration: int
    credited: int

    @property
    def left(self) -> int:
        return self.duration - self.credited


@dataclass
class Desk:
    server: Server
    name: str
    token: str
    enrolment_id: int
    lessons: list[Lesson]
    #: Which lesson this teacher likes to begin with, so that not all sit in the same one.
    turn: int
    #: How long the whole demo lasts; characters plan their parts by it.
    seconds: float
    stop: threading.Event
    chance: random.Random
    players: list[Player] = field(default_factory=list)
    ends_at: float = 0.0
    #: No lesson had enough left to see; what is seen again will not count again.
    seen_all: bool = False

    def begin(self) -> None:
        self.ends_at = time.monotonic() + self.seconds

    def study(self, device: str = "手机", *, room: float = 1.0, lesson: Lesson | None = None) -> Player:
        """Choose a lesson with `room` times the demo's length left to see, and open it."""
        lesson = lesson or self.lesson(room * self.seconds)
        self.server.call("PUT", f"/v1/enrolments/{self.enrolment_id}/courses/{lesson.course_id}", token=self.token)
        return self.open(lesson.id, device)

    def lesson(self, seconds: float) -> Lesson:
        """One with that much left, else the one with most left."""
        turned = self.lessons[self.turn % len(self.lessons) :] + self.lessons[: self.turn % len(self.lessons)]
        unopened = [lesson for lesson in turned if lesson.id not in {player.lesson_id for player in self.players}]
        enough = [lesson for lesson in unopened if lesson.left >= seconds + 10]
        if enough:
            return enough[0]
        self.seen_all = True
        return max(unopened or turned, key=lambda lesson: lesson.left)

    def open(self, lesson_id: int, device: str) -> Player:
        """Open a player; where another device is playing, take over as a teacher who is asked and says yes."""
        body = {"enrolment_id": self.enrolment_id, "lesson_id": lesson_id, "device": device}
        try:
            opened: dict[str, Any] = self.server.call("POST", "/v1/study/sessions", body, self.token)
        except Problem as problem:
            if problem.code != "playing_elsewhere":
                raise
            opened = self.server.call("POST", "/v1/study/sessions", body | {"take_over": True}, self.token)
        self.players.append(Player(self.server, opened, lesson_id))
        return self.players[-1]

    def part(self, share: float) -> float:
        return share * self.seconds

    def rest(self, seconds: float) -> None:
        self.stop.wait(max(0.0, min(seconds, self.left)))

    @property
    def left(self) -> float:
        return 0.0 if self.stop.is_set() else self.ends_at - time.monotonic()

    def watch(self, seconds: float, *players: Player, answers: bool = True, hidden: bool = False) -> None:
        """Let the videos run and beat when the server asks for it; answer checks like one who sits there."""
        until = time.monotonic() + seconds
        while (left := min(until - time.monotonic(), self.left)) > 0:
            self.rest(min(left, *(player.last["next_ms"] / 1000 for player in players)))
            for player in players:
                player.beat(hidden=hidden)
            if answers:
                self.answer(*players)

    def answer(self, *players: Player) -> None:
        if asked := [player for player in players if "challenge" in player.last]:
            self.rest(self.chance.uniform(1, 3))
            for player in asked:
                player.answer()

    def leave(self) -> None:
        """Close every player that is still open."""
        for player in self.players:
            if player.last["state"] != "ended":
                player.end()

    @property
    def wall(self) -> float:
        """Seconds from the first opening to the last reply."""
        if not self.players:
            return 0.0
        return max(player.heard_at for player in self.players) - min(player.opened_at for player in self.players)
