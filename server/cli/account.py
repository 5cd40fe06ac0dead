"""`flask account …`: what staff do for one account. A teacher is named as in server.cli.teachers, never by an argument with a number."""

from typing import Any

import click
from flask.cli import AppGroup

from server.cli import teachers
from server.cli.words import plain_errors
from services import accounts, password_reset
from web.context import collaborators, now, unit_of_work

#: Accounts to a transaction.
CHUNK = 1000
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
            password = password_reset.reset_on_server(session, collaborators(), account.id, moment)
    click.echo(f"{name}的初始密码已重置为 {password}（只显示这一次），首次登录须修改。")


@account_group.command("index-mobiles")
def index_mobiles() -> None:
    """Make mobiles that were taken in by an earlier release findable at the desk. Again is harmless."""
    after, filled, damaged = 0, 0, 0
    with plain_errors():
        while True:
            with unit_of_work(read_only=False) as session:
                last, more, broken = accounts.index_mobiles(session, collaborators().vault, after, CHUNK)
            filled, damaged = filled + more, damaged + broken
            if last is None:
                break
            after = last
    click.echo(
        f"已为 {filled} 个手机号建立索引。" + (f"另有 {damaged} 个账号的手机号资料损坏，没有处理。" if damaged else "")
    )
