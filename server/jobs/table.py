"""Every background job by its name: one line each. A name stays once it was released, for jobs may be waiting under it."""

from collections.abc import Callable
from typing import Any, Concatenate

from server.jobs import recompute, register_export, roster_import

Progress = Callable[[int, int], None]
JobFunction = Callable[Concatenate[Progress, ...], dict[str, Any]]

JOBS: dict[str, JobFunction] = {
    "recompute": recompute.run,
    "register_export": register_export.run,
    "roster_import": roster_import.run,
}
