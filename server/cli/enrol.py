"""`flask enrol …`: exemption, withdrawal, moving school, make-up; places and workshops are groups of their own below it.

A teacher is named by account id or by an ID number that is asked for or read from a file (server.cli.teachers).
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from server.cli import teachers
from server.cli.quota import quota_group
from server.cli.words import plain_errors, table
from server.cli.workshops import workshops_group
from services import programmes, schools
from services.enrolling import enrolments, exemptions, make_up, moves
from web.context import now, unit_of_work

SHANGHAI = ZoneInfo("Asia/Shanghai")

enrol_group = AppGroup("enrol", help="Who takes part in which programme, and where.")
enrol_group.add_command(quota_group)
enrol_group.add_command(workshops_group)


@enrol_group.command("exempt")
@click.argument("slug", metavar="PROGRAMME")
@click.option("--kind", required=True, help="What exempts: a key of the programme's enrolment.exemptions.")
@click.option("--number", required=True, help="The certificate's number.")
@click.option("--date", "issued", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The certificate's date.")
@teachers.named
def exempt(slug: str, kind: str, number: str, issued: datetime, account_id: int | None, id_file: Any) -> None:
    """Exempt a teacher (免修) by a certificate. Nothing earned is deleted."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            said = exemptions.exempt(session, enrolment, kind=kind, number=number, issued=issued.date(), now=moment)
            click.echo(f"{account.name}已免修：{said}")


@enrol_group.command("unexempt")
@click.argument("slug", metavar="PROGRAMME")
@teachers.named
def unexempt(slug: str, account_id: int | None, id_file: Any) -> None:
    """Undo an exemption: the teacher takes part again, with all that was earned."""
    with plain_errors():
        who = teachers.ask(account_id, id_file, now().date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            undone = exemptions.undo(session, enrolment)
            click.echo(f"{account.name}{'不再免修' if undone else '没有免修，未作改动'}。")


@enrol_group.command("withdraw")
@click.argument("slug", metavar="PROGRAMME")
@teachers.named
def withdraw(slug: str, account_id: int | None, id_file: Any) -> None:
    """Take a teacher out of a programme (退出). Nothing earned is deleted; `reinstate` undoes it."""
    with plain_errors():
        who = teachers.ask(account_id, id_file, now().date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            enrolments.withdraw(enrolment)
            click.echo(f"{account.name}已退出，已得的学时和成绩保留。")


@enrol_group.command("reinstate")
@click.argument("slug", metavar="PROGRAMME")
@teachers.named
def reinstate(slug: str, account_id: int | None, id_file: Any) -> None:
    """Take a teacher who withdrew in again."""
    with plain_errors():
        who = teachers.ask(account_id, id_file, now().date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            enrolments.reinstate(session, enrolment)
            click.echo(f"{account.name}已恢复报名。")


@enrol_group.command("move")
@click.argument("slug", metavar="PROGRAMME")
@click.option("--to", "code", required=True, help="The code of the school where the teacher works now.")
@click.option("--reason", default="", help="Why; kept with the move.")
@teachers.named
def move(slug: str, code: str, reason: str, account_id: int | None, id_file: Any) -> None:
    """Move a teacher to another school, and show all moves so far. What was earned goes along."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            _, account, enrolment = teachers.enrolment(session, slug, who)
            school = schools.by_code(session, code)
            moved = moves.move(session, enrolment, school.id, moment, reason=reason)
            click.echo(f"{account.name}{'已调到' if moved else '已经在'}{school.name}。")
            history = [
                (f"{one.at.astimezone(SHANGHAI):%Y-%m-%d}", one.from_school, one.to_school, one.reason)
                for one in moves.history(session, enrolment.id)
            ]
    click.echo(table([("日期", "原单位", "新单位", "原因"), *history]))


@enrol_group.command("make-up")
@click.argument("slug", metavar="PROGRAMME")
def make_up_(slug: str) -> None:
    """Enrol whoever takes part in PROGRAMME and failed the one before it in what makes up for that. Again is harmless."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        done = make_up.run(session, programmes.latest(session, slug), now())
    for note in done.notes:
        click.echo(note)
    if not done.enrolled:
        click.echo("没有新的补学报名。")
