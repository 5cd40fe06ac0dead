"""Every background job by its name: one line each. A name stays once it was released, for jobs may be waiting under it."""

from collections.abc import Callable
from typing import Any, Concatenate

from server.jobs import (
    honours,
    marks_import,
    papers,
    programme_versions,
    recompute,
    register_export,
    register_file,
    roster_import,
    roster_upload,
    tallies,
)

Progress = Callable[[int, int], None]
JobFunction = Callable[Concatenate[Progress, ...], dict[str, Any]]

JOBS: dict[str, JobFunction] = {
    "honours_freeze": honours.freeze,
    "marks_import": marks_import.run,
    "marks_upload": marks_import.run_upload,
    "papers_file": papers.into_upload,
    "papers_issue": papers.issue,
    "papers_print": papers.print_all,
    "programme_apply": programme_versions.apply,
    "programme_difference": programme_versions.difference,
    "recompute": recompute.run,
    "register_export": register_export.run,
    "register_file": register_file.run,
    "roster_import": roster_import.run,
    "roster_look": roster_upload.look,
    "roster_take_back": roster_upload.take_back,
    "roster_take_in": roster_upload.take_in,
    "snapshot": tallies.snapshot,
    "tallies": tallies.run,
}
