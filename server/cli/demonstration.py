"""flask demonstration load: the invented teachers, courses and lessons that `make run` shows."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors
from services import demonstration
from web.context import collaborators, now, unit_of_work

demonstration_group = AppGroup("demonstration", help="Invented people and courses to try the system with.")


@demonstration_group.command("load")
@click.option("--accounts", type=click.Path(dir_okay=False, path_type=Path), help="Where to write who may sign in.")
def load(accounts: Path | None) -> None:
    """Load what is missing; what is there, passwords above all, stays as it is.

    The accounts with their first passwords go to $XUESHI_VAR/demo/accounts.json, readable by the owner alone.
    """
    with plain_errors(), unit_of_work(read_only=False) as session:
        people = demonstration.load(session, collaborators(), now())
    path = accounts or Path(os.environ.get("XUESHI_VAR") or "var") / "demo" / "accounts.json"
    _write_privately(path, json.dumps([asdict(person) for person in people], ensure_ascii=False, indent=1) + "\n")
    click.echo(f"示范项目已就绪：{len(people)} 位虚构教师，账号见 {path}")


def _write_privately(path: Path, text: str) -> None:
    """Written aside and renamed: the file is whole and was never readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
