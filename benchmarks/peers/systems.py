"""What all systems have in common: learners, players that ping, books that say what was credited, and processes that cost and die."""

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers.client import Ping, Wire
from benchmarks.peers.clock import Clock
from benchmarks.peers.processes import cpu_seconds

#: Media seconds of every lesson.
LESSON = 1200
#: Learners that the attacks may use; the load uses those that `open_many` makes.
LEARNERS = 40


class Player:
    """One open player of one learner. Subclasses know how their system's client says what was played.

    `position` is where an honest player stands (media seconds), `seq` how many pings were answered.
    """

    #: Of its requests; which lesson it plays, and the name of its session, where its client says them.
    headers: dict[str, str]
    lesson = 1
    sign = ""

    def __init__(self, learner: int) -> None:
        self.learner, self.position, self.seq = learner, 0, 0

    def ping(self, start: int, end: int) -> Ping:
        """The next ping, as the client sends it that played the media seconds [start, end)."""
        raise NotImplementedError

    def forged(self, position: int, interval: int) -> Ping:
        """The next ping of a client that says it stands at `position` and did not play."""
        return self.ping(position - interval, position)

    def onward(self, seconds: int) -> Ping:
        """The next ping of honest play."""
        return self.ping(self.position, self.position + seconds)

    def answered(self, end: int) -> None:
        self.position = end
        self.seq += 1


class System(ABC):
    """One running system with a clock, a directory and a client's wire of its own. `name` is what the tables say."""

    name: str
    #: What its client does by itself: media seconds between two pings.
    interval: int
    #: What its server counts, in seconds: the names of its books. The first is the one its completion rests on.
    books: tuple[str, ...]
    #: Which release runs.
    version: str = "re-created"
    #: Whether what `rest` waits for is part of the cost of a ping.
    rest_is_work = False
    port: int

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="xs-peer-"))
        self.clock = Clock.made(self.directory / "clock", datetime.now(UTC).replace(microsecond=0))
        self._wire: Wire | None = None

    @abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    def close(self) -> None:
        self.hang_up()
        shutil.rmtree(self.directory, ignore_errors=True)

    @abstractmethod
    def roles(self) -> dict[str, int]:
        """The process at the root of each part, by what the part does."""

    def cpu(self) -> dict[str, float]:
        """Processor seconds used so far by each part."""
        return {role: cpu_seconds(pid) for role, pid in self.roles().items()}

    # Players ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def open(self, learner: int, device: str = "phone", lesson: int = 1) -> Player:
        """A player of one of LEARNERS learners (from 1) for lesson 1 or 2, opened as the system's client opens it."""

    @abstractmethod
    def open_many(self, count: int) -> Sequence[Player]:
        """Players for a load: one each of `count` learners, or of as many as the system can be given in reasonable time."""

    def send(self, ping: Ping) -> None:
        if self._wire is None:
            self._wire = Wire(self.port)
        for sent in ping:
            self._wire.exchange(sent)

    def hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    # What is credited ---------------------------------------------------------------------------------------------

    @abstractmethod
    def rest(self) -> None:
        """Wait until what was answered stands where it stays; steps the clock if that takes time."""

    @abstractmethod
    def credited(self, learner: int) -> dict[str, float]:
        """Seconds in each book, over all lessons of one of LEARNERS learners."""

    @abstractmethod
    def total(self) -> dict[str, float]:
        """Seconds in each book, over all learners."""

    # What kills it ------------------------------------------------------------------------------------------------

    @abstractmethod
    def kill_web(self) -> None:
        """kill -9 of what answers requests."""

    @abstractmethod
    def revive(self) -> None:
        """Start again what was killed."""

    @abstractmethod
    @contextmanager
    def stalled(self) -> Iterator[None]:
        """While it lasts, a request that was sent with `begin` hangs in the middle of its work."""

    @abstractmethod
    def hangs(self) -> object:
        """Whether a request hangs."""

    @abstractmethod
    def kill_flush(self) -> None:
        """kill -9 of what brings seconds to SQL, where that is a process of its own."""

    def kill_all(self) -> None:
        """kill -9 of everything but SQL."""
        self.kill_web()
