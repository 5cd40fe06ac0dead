"""Time that stands still until it is stepped, shared by all processes of a benchmark through a file of eight bytes.

So an hour of studying takes as long as its requests take, and every beat comes exactly when it is due.
"""

import mmap
import struct
from datetime import UTC, datetime
from pathlib import Path

#: Seconds since 1970.
_MOMENT = struct.Struct("<d")


class Clock:
    """Callable like server.utc_now. Raises FileNotFoundError where none was made."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _MOMENT.size)

    @classmethod
    def made(cls, path: Path, moment: datetime) -> "Clock":
        path.write_bytes(_MOMENT.pack(moment.timestamp()))
        return cls(path)

    def seconds(self) -> float:
        """Seconds since 1970."""
        found: float = _MOMENT.unpack_from(self._memory)[0]
        return found

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def step(self, seconds: float) -> None:
        _MOMENT.pack_into(self._memory, 0, self.seconds() + seconds)
