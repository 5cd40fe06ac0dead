"""What the heartbeat lane needs of the house: the clock, study tokens, refusals as Flask gives them, metrics."""

import time

from heartbeat.lane import Headers, Second
from server import metrics
from server.clock import SteadyClock
from server.errors import refusal
from server.headers import EVERYWHERE, OF_THE_API
from services.collaborators import Collaborators


class LaneFront:
    def __init__(self, using: Collaborators) -> None:
        self.clock = using.clock
        self.recognise = using.tokens.read_ticket
        self._written: dict[type[Exception], int] = {}

    def refuse(self, error: Exception, path: str) -> tuple[int, Headers, bytes]:
        # In an outage thousands are refused in a second: the first of each kind is written down, /metrics counts them all.
        second, kind = int(time.monotonic()), type(error)
        silent = self._written.get(kind) == second
        self._written[kind] = second
        answer = refusal(error, path, "POST", silent=silent)
        named = answer.headers | EVERYWHERE | OF_THE_API
        return answer.status, [(name.lower().encode(), value.encode()) for name, value in named.items()], answer.body

    def told(self, second: Second) -> None:
        metrics.count_lane(second)
        if isinstance(self.clock, SteadyClock):
            metrics.CLOCK_GAP.set(self.clock.gap_s)
