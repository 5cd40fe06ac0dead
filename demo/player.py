"""One player: a video that runs by the real clock, and the beats that say what was played of it."""

import time
from datetime import datetime
from typing import Any, NamedTuple

from demo.server import PATIENCE_S, Server, Unreachable


class Video:
    """Where the video stands. Positions are media seconds; only whole seconds that were really played are told."""

    def __init__(self, position: int, duration: int) -> None:
        self.duration = duration
        self.playing = True
        self.rate = 1.0
        self._from, self._since, self._told = float(position), time.monotonic(), position

    def position(self) -> float:
        run = (time.monotonic() - self._since) * self.rate if self.playing else 0.0
        return min(float(self.duration), self._from + run)

    def set(self, *, playing: bool = True, rate: float = 1.0) -> None:
        """Pause, go on, change the speed."""
        self._from, self._since = self.position(), time.monotonic()
        self.playing, self.rate = playing, rate

    def seek(self, position: int) -> None:
        self._from, self._since = float(position), time.monotonic()
        self._told = position

    def cut(self) -> list[list[int]]:
        """What was played since the last cut, as half-open intervals."""
        start, self._told = self._told, int(self.position())
        return [[start, self._told]] if self._told > start else []


class Beat(NamedTuple):
    where: str
    body: dict[str, Any]

    @property
    def seq(self) -> int:
        return int(self.body["seq"])


class Player:
    """A study session as the HTTP contract has it. Beats that SQL does not have yet are held, to be sent again if asked for."""

    def __init__(self, server: Server, opened: dict[str, Any], lesson_id: int) -> None:
        self.server, self.opened, self.lesson_id = server, opened, lesson_id
        self.video = Video(opened["resume_at"], opened["duration"])
        self.seq = self.acked = 0
        self.held: list[Beat] = []
        #: The last reply; before the first, what it would say.
        self.last: dict[str, Any] = {
            "state": "playing",
            "credited": opened["credited"],
            "session": {"reported": 0, "credited": 0, "pending": 0, "withheld": {}},
            "next_ms": opened["beat_every_ms"],
        }
        self.opened_at = self.heard_at = time.monotonic()
        #: Requests made, and what replays changed that must not change anything.
        self.calls = self.changed_by_replay = 0
        #: Media seconds in all beats made.
        self.played = 0

    @property
    def tally(self) -> dict[str, Any]:
        found: dict[str, Any] = self.last["session"]
        return found

    def cut(self, played: list[list[int]] | None = None, *, hidden: bool = False, where: str = "beats") -> Beat:
        """Write down a beat; it waits until `deliver`. `played` overrides what the video says (a forger's beat)."""
        self.seq += 1
        if played is None:
            played = self.video.cut()
        self.played += sum(stop - start for start, stop in played)
        at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        body = {"seq": self.seq, "acked": self.acked, "at": at, "played": played, "rate": self.video.rate}
        self.held.append(Beat(where, body | ({"hidden": played} if hidden else {})))
        return self.held[-1]

    def deliver(self, patience: float = 0) -> None:
        """Send in order what has no answer yet. With the server away the rest stays for the next time."""
        try:
            while waiting := [beat for beat in self.held if beat.seq > self.acked]:
                self._hear(self.send(waiting[0], patience))
        except Unreachable:
            if patience:
                raise

    def send(self, beat: Beat, patience: float = 0) -> dict[str, Any]:
        """The bare exchange; the caller may lose the reply. `acked` is the last reply seen when a beat is sent, not when it was made."""
        return self._post(beat.where, beat.body | {"acked": self.acked}, patience)

    def beat(self, *, hidden: bool = False) -> None:
        self.cut(hidden=hidden)
        self.deliver()

    def replay(self, beat: Beat) -> None:
        """Send an old beat once more, to the letter. It must change nothing."""
        if self.send(beat, PATIENCE_S)["session"] != self.tally:
            self.changed_by_replay += 1

    def answer(self) -> None:
        """Tap the open check, if there is one."""
        if "challenge" in self.last:
            self._hear(self._post("presence", {"challenge_id": self.last["challenge"]["id"]}, PATIENCE_S))

    def end(self, settle_s: float = 20) -> None:
        """Close the player. Seconds that wait for a check nobody answers are judged some seconds later; then ask again."""
        last = self.cut(where="end")
        self.deliver(PATIENCE_S)
        until = time.monotonic() + settle_s
        while self.tally["pending"] and time.monotonic() < until:
            time.sleep(0.5)
            self._hear(self.send(last, PATIENCE_S))

    def _post(self, where: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        self.calls += 1
        token = self.opened["study_token"]
        reply: dict[str, Any] = self.server.call("POST", f"/v1/study/{where}", body, token, patience)
        return reply

    def _hear(self, reply: dict[str, Any]) -> None:
        self.last, self.acked, self.heard_at = reply, reply["seq"], time.monotonic()
        self.held = [beat for beat in self.held if beat.seq > reply["durable"]]
