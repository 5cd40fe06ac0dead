"""`flask school …`: schools and the authorities above them."""

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors, table
from services import schools
from web.context import unit_of_work

school_group = AppGroup("school", help="Schools and the authorities above them.")


@school_group.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--kind", type=click.Choice(schools.KINDS), default="school", help="What it is.")
@click.option("--parent", "parent_code", default="", help="The code of the authority above it.")
def add(code: str, name: str, kind: str, parent_code: str) -> None:
    """Add a school or an authority."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        made = schools.add(session, code, name, kind, parent_code)
        click.echo(f"已添加：{made.code} {made.name}")


@school_group.command("place")
@click.argument("code")
@click.option("--parent", "parent_code", required=True, help="The code of the authority above it.")
def place(code: str, parent_code: str) -> None:
    """Put a school below its county or city: fees and places of a district reach it only then."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        made = schools.place(session, code, parent_code)
        click.echo(f"{made.name} 已归到 {schools.by_code(session, parent_code).name}")


@school_group.command("list")
def list_all() -> None:
    """Every school and authority, by code."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        found = schools.every(session)
        codes = {one.id: one.code for one in found}
        rows = [(one.code, one.kind, one.name, codes.get(one.parent_id or 0, "")) for one in found]
    click.echo(table([("代码", "类别", "名称", "上级"), *rows]))
