"""`flask tallies count|snapshot`: the rollups that the console's dashboards are made of, by hand; the clock does it by itself."""

from datetime import datetime, timedelta

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors
from server.jobs import tallies
from services.watching import snapshots
from web.context import now

tallies_group = AppGroup("tallies", help="Counts by school, and their daily snapshots.")


@tallies_group.command("count")
@click.argument("slug")
def count(slug: str) -> None:
    """Count programme SLUG anew. Results stay as they were computed last (flask results recompute)."""
    with plain_errors():
        done = tallies.run(_quietly, programme=slug)
    click.echo(f"已统计 {done['schools']} 所学校。")


@tallies_group.command("snapshot")
@click.argument("slug")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day; yesterday unless named.")
def snapshot(slug: str, day: datetime | None) -> None:
    """Compute results, count, and freeze the figures of a day; a frozen day stays as it is."""
    yesterday = now().astimezone(snapshots.ZONE).date() - timedelta(days=1)
    wanted = day.date() if day else yesterday
    with plain_errors():
        done = tallies.snapshot(_quietly, programme=slug, day=wanted.isoformat())
    if done["schools"]:
        click.echo(f"已保存 {wanted} 的快照，共 {done['schools']} 所学校。")
    else:
        click.echo(f"{wanted} 的快照已经有了（或没有人报名），没有改动。")


def _quietly(_done: int, _total: int) -> None:
    """How far it is, told to nobody."""
