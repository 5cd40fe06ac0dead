"""One process (with all its children) each: to start, to freeze, to kill with -9. Blocking; call it in a thread."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[2]


class Part(Protocol):
    name: str

    def start(self) -> None: ...

    def alive(self) -> bool: ...

    def pid(self) -> int: ...

    def reap(self) -> None:
        """After its processes were killed: collect the one that we started."""


class Program:
    """A Python program of ours, in a session of its own. `parts.Part`."""

    def __init__(self, name: str, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name, self._command, self._env, self._log = name, [sys.executable, *arguments], env, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=dict(self._env), stdout=log, stderr=log, start_new_session=True
            )

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def reap(self) -> None:
        if self._process is not None:
            self._process.wait(timeout=30)
            self._process = None


def kill(part: Part) -> None:
    """kill -9 of the process and all below it at once; returns when none of them is left."""
    if part.alive():
        family = freeze(part)
        for member in family:
            _send(member, signal.SIGKILL)
        part.reap()
        deadline = time.monotonic() + 30
        while any(_runs(member) for member in family[1:]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{part.name} does not die")
            time.sleep(0.01)


def freeze(part: Part) -> list[int]:
    """SIGSTOP, parents first, so that none can have another child. Returns the processes."""
    family, found = [], [part.pid()]
    while found:
        member = found.pop()
        _send(member, signal.SIGSTOP)
        family.append(member)
        with suppress(OSError):
            found += map(int, Path(f"/proc/{member}/task/{member}/children").read_text().split())
    return family


def thaw(family: Sequence[int]) -> None:
    for member in family:
        _send(member, signal.SIGCONT)


def _send(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
