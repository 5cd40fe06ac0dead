"""Beats that breathe: when a client should beat next, and how busy this server is.

The count rests on the clock and the intervals played, not on the number of beats, so a longer interval takes nothing from
anybody: it only makes the figures on the screen a little older, and what an abruptly dead phone had not yet reported longer.
"""

import zlib

from heartbeat.state import Session

#: A busy server stretches the programme's interval up to so many times …
STRETCH = 3.0
#: … and a steady player by itself up to so many times,
STEADY_STRETCH = 2.0
#: reached after so many seconds credited in this session without a word of reproach; from the first of these on it grows.
STEADY_FROM_S, STEADY_AT_S = 180, 900
#: Clients that began together drift apart: an interval is this much shorter or longer, half of it each way.
JITTER = 0.4


def next_ms(s: Session, pressure: float) -> int:
    """When to beat next, ms. `pressure`: 0 = the server is at ease, 1 = spread the load as far as can be.

    Never so long that two lost beats would make a silence; not beyond a presence check that falls due, by more than the usual
    interval; sooner when an open check runs out before that, so that the teacher sees at once what became of it.
    """
    rules, told = s.rules, s.told
    usual = rules.beat_every_ms
    if told == "challenged" and s.check_deadline_ms:
        return max(1_000, min(usual, s.check_deadline_ms - s.told_ms + 500))
    if told != "playing":
        return usual
    longest = max(usual, (rules.max_silence_ms - 2_000) // 2)
    stretch = 1 + (STRETCH - 1) * pressure
    if s.credited > STEADY_FROM_S and s.told_reason == "":
        steady = (s.credited - STEADY_FROM_S) / (STEADY_AT_S - STEADY_FROM_S)
        stretch = max(stretch, 1 + (STEADY_STRETCH - 1) * min(1.0, steady))
    interval: float = usual
    if stretch > 1:
        interval = max(usual, min(usual * stretch, longest, s.next_check_ms - s.told_ms + usual / 2))
    # The same for the same beat, sent again; different for the next one and for every other player.
    drawn = zlib.crc32(s.id.encode(), s.seq) / 2**32
    return min(int(interval * (1 + JITTER * (drawn - 0.5))), longest)


class Meter:
    """How busy a server is, from what it observes of itself once a second.

    Who watches reports a second of media each second. So the seconds reported in a second are the players (Little's law), however
    often each of them beats, and the stretch that brings their beats to TARGET_LOAD follows without hunting for it.
    """

    #: Of one processor: what a server with time in hand uses at most.
    TARGET_LOAD = 0.6
    #: Replies that take longer than this say that somebody else is busy: Redis, or another process.
    TARGET_WAIT_S = 0.025
    #: What is observed is averaged over so many seconds; at first over those there were, so that a server that starts again in the
    #: middle of an evening knows after a few seconds.
    MEMORY_S = 40

    def __init__(self) -> None:
        self.stretch = 1.0
        self._players = self._effort = 0.0
        self._seconds = self._busy_seconds = 0

    def observe(self, load: float, wait_s: float, beats: int, reported_s: float, usual_s: float) -> None:
        """One second: the share of one processor that was used, how long a reply took, beats judged, media seconds they reported,
        and the interval their programmes ask for."""
        self._seconds = min(self._seconds + 1, self.MEMORY_S)
        self._players += (reported_s - self._players) / self._seconds
        if beats:
            self._busy_seconds = min(self._busy_seconds + 1, self.MEMORY_S)
            effort = max(load, self.TARGET_LOAD * wait_s / self.TARGET_WAIT_S) / beats
            self._effort += (effort - self._effort) / self._busy_seconds
        demand = self._players * self._effort / usual_s
        self.stretch = min(STRETCH, max(1.0, demand / self.TARGET_LOAD))

    @property
    def pressure(self) -> float:
        return (self.stretch - 1) / (STRETCH - 1)
