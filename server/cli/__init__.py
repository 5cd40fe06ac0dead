"""Commands for those who run the system: `flask <group> <command>`. Each group is a file; this is the list of them."""

from flask import Flask

from server.cli import organisations, roster

GROUPS = (organisations.group, roster.group)


def install(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)
