"""Commands for those who run the system: `flask <group> <command>`. Each group is a file; this is the list of them."""

from typing import Any, NoReturn

from click import ClickException
from flask import Flask

from server.cli import (
    account,
    audit,
    demonstration,
    enrol,
    fee,
    flush,
    honours,
    jobs,
    marks,
    organisations,
    paper,
    programme,
    register,
    results,
    roster,
    staff,
    tallies,
)

GROUPS = (
    account.account_group,
    audit.audit_group,
    demonstration.demonstration_group,
    enrol.enrol_group,
    fee.fee_group,
    flush.flush_group,
    honours.honours_group,
    jobs.jobs_group,
    marks.marks_group,
    organisations.school_group,
    paper.paper_group,
    programme.catalogue_group,
    programme.programme_group,
    register.register_group,
    results.results_group,
    roster.roster_group,
    staff.staff_group,
    tallies.tallies_group,
)


def install(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)


class _Nothing(dict[str, Any]):
    """In the place of what create_app builds: asking for any of it ends the command with what is wrong with the settings."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def __missing__(self, name: str) -> NoReturn:
        raise ClickException(str(self.problem))


def bare(problem: Exception) -> Flask:
    """An application without settings, for commands that only read files."""
    app = Flask("xueshi")
    app.extensions = _Nothing(problem)
    install(app)
    return app
