"""Every background job by its name: one line each. A name stays once it was released, for jobs may be waiting under it."""

from collections.abc import Callable
from typing import Any, Concatenate

from server.jobs import marks_import, papers, recompute, register_export, roster_import

Progress = Callable[[int, int], None]
JobFunction = Callable[Concatenate[Progress, ...], dict[str, Any]]

JOBS: dict[str, JobFunction] = {
    "marks_import": marks_import.run,
    "papers_issue": papers.issue,
    "papers_print": papers.print_all,
    "recompute": recompute.run,
    "register_export": register_export.run,
    "roster_import": roster_import.run,
}
