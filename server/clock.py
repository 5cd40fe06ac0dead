"""The time of day for a process that counts seconds: it follows the system's clock, but never jumps with it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

#: How fast a gap to the system's clock is closed: 1 ms a second, less than what a beat may carry over.
SLEW = 0.001
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _seconds() -> float:
    """Of the machine's life, asleep or awake; no clock setting moves them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """Starts with the system's clock and goes on by the machine's own seconds.

    When somebody sets the system's clock, one beat through this node would put an account's time in the future, and honest seconds would
    be too fast until the real time had caught up. So a gap is closed at SLEW; who needs it at once restarts the process.
    """

    def __init__(self, wall: Callable[[], float] = time.time, seconds: Callable[[], float] = _seconds) -> None:
        self._wall, self._seconds = wall, seconds
        self._now, self._at = wall(), seconds()
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            at = self._seconds()
            passed, self._at = at - self._at, at
            gap = self._wall() - (self._now + passed)
            self._now += passed + max(-SLEW * passed, min(SLEW * passed, gap))
            return _EPOCH + timedelta(seconds=self._now)

    @property
    def gap_s(self) -> float:
        """How far the system's clock is ahead of this one, s."""
        return self._wall() - self._now - (self._seconds() - self._at)
