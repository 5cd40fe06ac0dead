"""`flask account …`: what staff do for one account. A teacher is named as in server.cli.teachers, never by an argument with a number."""

from typing import Any

import click
from flask.cli import AppGroup

from server.cli import teachers
from server.cli.words import plain_errors
from services import password_reset
from web.context import collaborators, now, unit_of_work

account_group = AppGroup("account", help="One account.")


@account_group.command("reset-password")
@teachers.named
def reset_password(account_id: int | None, id_file: Any) -> None:
    """Give a teacher who forgot the password a random first one, shown once. Every log-in of the account ends."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            account = teachers.find(session, who)
            name = account.name
            password = password_reset.reset(session, collaborators(), account.id, moment)
    click.echo(f"{name}的初始密码已重置为 {password}（只显示这一次），首次登录须修改。")
