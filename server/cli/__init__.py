"""Commands for those who run the system: `flask <group> <command>`. Each group is a file; this is the list of them."""

from flask import Flask

from server.cli import demonstration, flush, organisations, programme, roster

GROUPS = (
    demonstration.demonstration_group,
    flush.flush_group,
    organisations.school_group,
    programme.catalogue_group,
    programme.programme_group,
    roster.roster_group,
)


def install(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)
