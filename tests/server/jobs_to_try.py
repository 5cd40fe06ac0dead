"""Jobs to try workers with, and the application that has them: `flask --app tests.server.jobs_to_try jobs work`."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from server import create_app
from server.jobs import JOBS
from services.errors import Conflict

Progress = Callable[[int, int], None]


def count(progress: Progress, *, to: int) -> dict[str, Any]:
    for number in range(1, to + 1):
        progress(number, to)
    return {"counted": to}


def echo(progress: Progress, *, name: Any) -> dict[str, Any]:
    return {"name": name}


def refuse(progress: Progress) -> dict[str, Any]:
    progress(3, 9)
    raise Conflict("名单已经导入过。")


def crash(progress: Progress, *, text: str) -> dict[str, Any]:
    raise ValueError(text)


def kill(progress: Progress) -> dict[str, Any]:
    progress(1, 2)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def hold(progress: Progress, *, directory: str) -> dict[str, Any]:
    """Says its process id in the file `pid` and waits until somebody writes to the pipe `go`."""
    progress(1, 2)
    draft = Path(directory, "draft")
    draft.write_text(str(os.getpid()))
    draft.replace(Path(directory, "pid"))
    return {"told": Path(directory, "go").read_text()}


TO_TRY = {"count": count, "echo": echo, "refuse": refuse, "crash": crash, "kill": kill, "hold": hold}


def make() -> Flask:
    JOBS.update(TO_TRY)
    return create_app()
