"""What is seen while they study: one line that is refreshed on a terminal, a line now and then elsewhere."""

import shutil
import sys
import time

from demo.desk import Desk
from demo.table import width

#: Between lines where output is kept, s.
EVERY_S = 10


class Progress:
    def __init__(self) -> None:
        self.live = sys.stdout.isatty()
        self._next = time.monotonic() + EVERY_S

    def show(self, text: str) -> None:
        if self.live:
            print(f"\r\x1b[K{_fitted(text, shutil.get_terminal_size().columns - 1)}", end="", flush=True)
        elif time.monotonic() >= self._next:
            print(text, flush=True)
            self._next = time.monotonic() + EVERY_S

    def done(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self.live else text, flush=True)
        self._next = time.monotonic() + EVERY_S


def of_class(desks: list[Desk], started: float, seconds: float) -> str:
    players = [player for desk in desks for player in desk.players]
    tallies = [player.tally for player in players]
    reported, credited, pending = (sum(t[name] for t in tallies) for name in ("reported", "credited", "pending"))
    asked = sum("challenge" in player.last for player in players)
    gone = min(time.monotonic() - started, seconds)
    return (
        f"{gone:3.0f}/{seconds:.0f} 秒  上报 {reported:6,}  计入 {credited:6,}  待确认 {pending:3,}  "
        f"未计入 {reported - credited - pending:6,}  确认中 {asked:2} 人  请求 {sum(p.calls for p in players):5,}"
    )


def _fitted(text: str, columns: int) -> str:
    """Cut to one line of the terminal: a wrapped one could not be refreshed."""
    while width(text) > columns:
        text = text[:-1]
    return text
