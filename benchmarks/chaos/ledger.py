"""What the servers told the teachers: claims about seconds, taken from nothing but beats that were sent and replies that came.

A reply says how many seconds are credited, not which. But a player knows which media seconds its beats reported, and in which beat,
so each reply that raises a session's `credited` by n is a *claim*: of the seconds whose fate was open until now (those of the beats
that this reply covers for the first time, and those that waited for a presence check), at least n are credited. Where n is all of
them, which is the rule for honest players, the claim names the very seconds. The coverage shown at an opening is such a claim too.

Where a reply knows less than the one before (Redis came back older), what it says is no news: its sum is one loose claim over all
the session reported so far, and the counting of differences begins anew from there. Claims made before stand: they were told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Enrolment and lesson.
Place = tuple[int, int]


@dataclass(frozen=True)
class Claim:
    """A player was told that at least `count` of the media seconds in `pool` are credited."""

    place: Place
    pool: frozenset[int]
    count: int
    #: When, by the monotonic clock, s.
    at: float


@dataclass
class Book:
    """All that one teacher was told and did, over all sessions. `played` holds the distinct media seconds of each lesson that the
    player ran over, told or not; moments are monotonic seconds."""

    account: int
    enrolment: int
    #: Plays at plain speed and answers every check.
    honest: bool
    claims: list[Claim] = field(default_factory=list)
    played: dict[Place, set[int]] = field(default_factory=dict)
    #: The greatest total that was told of a lesson.
    totals: dict[Place, int] = field(default_factory=dict)
    #: The last tally of each session, by its id.
    tallies: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Every request about a lesson and what came of it, to find out why something was lost.
    story: dict[Place, list[str]] = field(default_factory=dict)
    opened_at: float | None = None
    heard_at: float = 0.0

    @property
    def wall(self) -> float:
        """Seconds from the first request to open until the last reply."""
        return 0.0 if self.opened_at is None else max(0.0, self.heard_at - self.opened_at)

    def told_total(self, place: Place, total: int, at: float) -> None:
        self.totals[place] = max(self.totals.get(place, 0), total)
        self.heard_at = max(self.heard_at, at)


class Ledger:
    """One session's part of the book."""

    def __init__(self, book: Book, place: Place, opened: dict[str, Any], at: float) -> None:
        self.book, self.place, self.id = book, place, str(opened["session_id"])
        self.beats: dict[int, frozenset[int]] = {}
        self.seq = self.reported = self.credited = 0
        self._open: frozenset[int] = frozenset()
        self._claim(seconds(opened["coverage"]), opened["credited"], at)
        book.told_total(place, opened["credited"], at)

    def made(self, seq: int, played: Iterable[tuple[int, int]]) -> None:
        """This beat was written down; whether it ever arrives is seen from replies."""
        self.beats[seq] = seconds(played)

    def hear(self, reply: dict[str, Any], at: float) -> None:
        tally, seq = reply["session"], reply["seq"]
        self.book.tallies[self.id] = tally
        self.book.told_total(self.place, reply["credited"], at)
        fresh = self._reported(self.seq, seq)
        whole = sum(len(self.beats[n]) for n in self.beats if self.seq < n <= seq)
        older = seq < self.seq or tally["reported"] != self.reported + whole or tally["credited"] < self.credited
        if older:
            so_far = self._reported(0, seq)
            self._claim(so_far, tally["credited"], at)
            self._open = so_far
        else:
            self._open |= fresh
            self._claim(self._open, tally["credited"] - self.credited, at)
        if not tally["pending"]:
            self._open = frozenset()
        self.seq, self.reported, self.credited = seq, tally["reported"], tally["credited"]

    def _reported(self, after: int, until: int) -> frozenset[int]:
        return frozenset().union(*(self.beats[n] for n in self.beats if after < n <= until))

    def _claim(self, pool: frozenset[int], count: int, at: float) -> None:
        if count:
            self.book.claims.append(Claim(self.place, pool, count, at))


def seconds(intervals: Iterable[Iterable[int]]) -> frozenset[int]:
    """The media seconds in half-open intervals."""
    return frozenset(second for start, stop in intervals for second in range(start, stop))
