"""How long each measurement takes: FULL for docs/performance.md, QUICK for a look, TINY for the suite, where no figure counts."""

from typing import NamedTuple


class Effort(NamedTuple):
    #: Measured rounds of each thing compared, and seconds of each.
    rounds: int
    seconds: float
    #: Of the open loop, at each rate: latencies need many replies.
    latency_seconds: float
    #: Accounts with an open session, one server for each number.
    accounts: tuple[int, ...]
    #: Teachers of whom each opens a player.
    openers: int
    #: Sessions open at once in the province, and minutes held.
    sessions: int
    minutes: float
    #: Requests that one second of load may take: so many are made beforehand.
    ready: int = 70_000


FULL = Effort(7, 2.5, 10.0, (1_000, 10_000, 100_000, 1_000_000), 20_000, 700_000, 10.0)
QUICK = Effort(3, 1.0, 4.0, (1_000, 10_000, 100_000), 6_000, 20_000, 1.0)
TINY = Effort(1, 0.1, 0.2, (640,), 200, 300, 0.05)
