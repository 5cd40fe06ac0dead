"""flask honours …: who receives an honour, looked at beforehand and frozen once."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from server.cli import teachers
from server.cli.words import plain_errors, table
from services.papers import honours
from services.papers.honours import Listed
from web.context import now, unit_of_work

SHANGHAI = ZoneInfo("Asia/Shanghai")

honours_group = AppGroup("honours", help="Honours (评优): by rank, frozen once.")


@honours_group.command("recommend")
@click.argument("slug")
@click.argument("kind")
@click.option("--leader", type=click.IntRange(1, 2**53), required=True, help="Account id of the workshop's leader.")
@click.option("--reason", default="", help="Why, in words.")
@teachers.named
def recommend(slug: str, kind: str, leader: int, reason: str, account_id: int | None, id_file: Any) -> None:
    """Enter that the leader of a teacher's workshop recommends the teacher for the honour KIND of programme SLUG."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            honours.recommend(session, leader, enrolment, kind, reason, moment)
            click.echo(f"已登记对{account.name}的推荐。")


@honours_group.command("preview")
@click.argument("slug")
@click.argument("kind")
@click.option("--all", "everybody", is_flag=True, help="Those who receive nothing too.")
def preview(slug: str, kind: str, everybody: bool) -> None:
    """Who would receive the honour KIND of programme SLUG as things stand; changes nothing."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        _show(honours.named(session, honours.preview(session, slug, kind, now())), everybody)


@honours_group.command("freeze")
@click.argument("slug")
@click.argument("kind")
@click.option("--by", required=True, help="Who publishes the list.")
def freeze(slug: str, kind: str, by: str) -> None:
    """Write the list of the honour KIND down for good; what changes later changes nothing in it."""
    with plain_errors():
        with unit_of_work(read_only=True) as session:  # scoring everybody takes long, and on SQLite there is one writer
            moment = now()
            placed = honours.preview(session, slug, kind, moment)
        with unit_of_work(read_only=False) as session:
            honours.freeze(session, slug, kind, by, moment, lambda *_: [one.candidate for one in placed])
        awarded = sum(one.awarded for one in placed)
        click.echo(f"已公布：候选 {len(placed)} 人，授予 {awarded} 人")


@honours_group.command("list")
@click.argument("slug")
@click.argument("kind")
@click.option("--all", "everybody", is_flag=True, help="Those who receive nothing too.")
def list_frozen(slug: str, kind: str, everybody: bool) -> None:
    """The frozen list of the honour KIND."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        frozen, rows = honours.listed(session, slug, kind)
        click.echo(f"{frozen.frozen_by} 公布于 {frozen.frozen_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
        _show(rows, everybody)


def _show(rows: Iterable[Listed], everybody: bool) -> None:
    known = list(rows)
    shown = [row for row in known if everybody or row.awarded]
    click.echo(f"候选 {len(known)} 人，授予 {sum(row.awarded for row in known)} 人")
    if shown:
        cells = [("名次", "姓名", "分数", "结果", "说明")]
        cells += [
            (str(row.rank), row.name, f"{row.score:g}", "授予" if row.awarded else "不授予", row.because)
            for row in shown
        ]
        click.echo(table(cells))
