"""Processes that a benchmark starts: what they cost, and how they are killed."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User and system time that a process and all its descendants have used, ended ones included. Steps of 10 ms.

    From /proc/<pid>/stat, proc(5): utime, stime, cutime, cstime are the fields 14 to 17, the parent is field 4.
    """
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name, in parentheses, may hold anything.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(int(field) for field in fields[11:15])
    return _TICK_S * sum(ticks for pid, ticks in used.items() if _descends(pid, root, parents))


def _descends(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid in parents and pid != root:
        pid = parents[pid]
    return pid == root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One program in a session of its own. `log` holds what it writes."""

    def __init__(self, command: Sequence[str | Path], env: MutableMapping[str, str], log: Path) -> None:
        self.command, self.env, self.log = command, env, log
        self.process: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    def start(self, port: int | None = None) -> None:
        """Returns once it listens on `port`."""
        self.port = port
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        if port:
            wait_until(lambda: self._alive() and listens(port), timeout=60, what=f"{self.command[0]} to listen")

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    def _alive(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} ended: {self.log.read_text(errors='replace')[-2000:]}")
        return True

    def kill(self) -> None:
        """kill -9 of the process and all that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process = None
            if self.port:  # its children end a moment later
                port = self.port
                wait_until(lambda: not listens(port), what="the port to be free")

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
