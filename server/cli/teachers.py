"""How a command is told which teacher: by account id, or by ID number from a prompt or a file.

An ID number is never an argument: arguments stand in the shell's history and in the list of processes, which others on the machine
can read. At the prompt it is not shown either.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme
from services import accounts, id_numbers, programmes
from services.enrolling import enrolments
from services.errors import NotFound
from web.context import collaborators

Command = TypeVar("Command", bound=Callable[..., Any])


def named(command: Command) -> Command:
    """Options --account and --id-file; the command takes account_id and id_file."""
    for option in (
        click.option(
            "--id-file",
            type=click.File("r", encoding="utf-8-sig"),
            help="A file whose first line is the ID number; - for standard input. Without this and --account it is asked for.",
        ),
        click.option("--account", "account_id", type=click.IntRange(1, 2**53), help="The teacher's account id."),
    ):
        command = option(command)
    return command


def ask(account_id: int | None, id_file: Any, today: date) -> int | id_numbers.IdNumber:
    """What names the teacher, before any transaction is open: a person types slowly. Raises Invalid."""
    if account_id is not None:
        if id_file is not None:
            raise click.UsageError("--account 和 --id-file 只能用一个。")
        return account_id
    try:
        text = id_file.readline(256) if id_file else click.prompt("证件号码（不显示）", hide_input=True, err=True)
    except UnicodeDecodeError:
        raise click.UsageError("--id-file 不是 UTF-8 文本，请另存为 UTF-8 后再试。") from None
    return id_numbers.parse(text, today)


def find(session: Session, who: int | id_numbers.IdNumber) -> Account:
    """Raises NotFound."""
    account = session.get(Account, who) if isinstance(who, int) else accounts.find(session, collaborators().vault, who)
    if account is None:
        raise NotFound("没有这个账号。" if isinstance(who, int) else "这个证件号码没有账号。")
    return account


def enrolment(session: Session, slug: str, who: int | id_numbers.IdNumber) -> tuple[Programme, Account, Enrolment]:
    """The teacher's enrolment in this programme. Raises NotFound."""
    programme, account = programmes.latest(session, slug), find(session, who)
    found = enrolments.in_programme(session, account.id, slug)
    if found is None:
        raise NotFound(f"{account.name}没有报名“{programme.title}”。")
    return programme, account, found
