"""The machine that measures, and how much of its processors a process and all below it have used."""

import os
import platform
import resource
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
#: Packages whose version moves the figures.
_PACKAGES = ("gunicorn", "gunicorn_h1c", "uvloop", "redis", "hiredis", "Flask", "SQLAlchemy", "psycopg")


def description() -> dict[str, Any]:
    """What a reader needs to know of this machine to compare figures with another's."""
    from tests.servers import Missing, redis_binary

    found: dict[str, Any] = {
        "processors": os.cpu_count(),
        "model": _line("/proc/cpuinfo", "model name"),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
    with suppress(Missing):
        said = subprocess.run([redis_binary(), "--version"], capture_output=True, text=True, check=True).stdout
        found["redis"] = said.split("v=")[1].split()[0]
    return found


def cpu_s(pid: int) -> float:
    """User and system seconds of this process, of all that now run below it, and of those below it that have ended."""
    return sum(_used_s(member) for member in family(pid))


def cpu_of(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """The same by name, for groups of processes."""
    return {name: sum(cpu_s(pid) for pid in pids) for name, pids in groups.items()}


def family(pid: int) -> list[int]:
    """The process and all below it."""
    found, members = [pid], []
    while found:
        members.append(member := found.pop())
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return members


def renice(pid: int, niceness: int) -> None:
    """For this process and all that now run below it; 0 leaves them as they are."""
    if niceness:
        for member in family(pid):
            os.setpriority(os.PRIO_PROCESS, member, niceness)


def renice_self(niceness: int) -> None:
    if niceness:
        os.setpriority(os.PRIO_PROCESS, 0, niceness)


def allow_files(count: int) -> None:
    """Let this process, and those it starts, hold so many files open, or as many as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _used_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS  # utime, stime, cutime, cstime


def _line(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"
