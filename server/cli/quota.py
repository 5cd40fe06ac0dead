"""`flask enrol quota …`: how many teachers each unit may enrol (名额)."""

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors, table
from services import programmes, schools
from services.enrolling import quotas
from web.context import unit_of_work

quota_group = AppGroup("quota", help="How many teachers each unit may enrol.")


@quota_group.command("set")
@click.argument("slug", metavar="PROGRAMME")
@click.argument("unit", metavar="UNIT")
@click.argument("places", type=click.IntRange(0, quotas.MOST))
@click.option("--track", default=quotas.ALL_TRACKS, help="Only in this track of the programme (its key).")
def put(slug: str, unit: str, places: int, track: str) -> None:
    """Give the unit of this code its places, more or fewer than before; never fewer than are used."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        programme = programmes.get(session, programmes.latest(session, slug).id)
        organisation = schools.by_code(session, unit)
        used = quotas.put(session, programme, organisation, track, places)
        click.echo(f"{organisation.name}：名额 {places}，已用 {used}，还剩 {places - used}")


@quota_group.command("list")
@click.argument("slug", metavar="PROGRAMME")
def list_all(slug: str) -> None:
    """What every unit has, has used and has left."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        programme = programmes.get(session, programmes.latest(session, slug).id)
        rows = [
            (line.code, line.name, line.track or "全部", str(line.places), str(line.used), str(line.places - line.used))
            for line in quotas.lines(session, programme)
        ]
    click.echo(table([("代码", "单位", "报名项目", "名额", "已用", "还剩"), *rows]))
