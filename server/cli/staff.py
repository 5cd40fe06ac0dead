"""`flask staff …`: those who watch over, from the server itself. The first operator comes from here.

A person is named as in server.cli.teachers, never by an argument with a number.
"""

from typing import Any

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Appointment, Organisation
from server.cli import teachers
from server.cli.words import plain_errors, table
from services import accounts, audit, id_numbers, schools
from services.authority import appointments
from services.authority.roles import ROLES, WORKSHOP_LEADER
from services.errors import Conflict
from services.passwords import RANDOM
from services.rosters.rows import read_name
from web.context import collaborators, now, unit_of_work

staff_group = AppGroup("staff", help="Those who watch over: administrators, agents, operators.")
_ROLES = [key for key in ROLES if key != WORKSHOP_LEADER]
SERVER = audit.By(None)


@staff_group.command("add")
@click.option("--name", prompt="姓名", help="What the person is called.")
@click.option(
    "--id-file",
    type=click.File("r", encoding="utf-8-sig"),
    help="A file whose first line is the ID number; - for standard input. Without it the number is asked for.",
)
def add(name: str, id_file: Any) -> None:
    """An account for somebody who is no teacher, with a random first password that is shown once. It has no role yet."""
    moment, using = now(), collaborators()
    with plain_errors():
        number = teachers.ask(None, id_file, moment.date())
        if not isinstance(number, id_numbers.IdNumber):
            raise click.UsageError("请填写证件号码。")
        with unit_of_work(read_only=False) as session:
            account, password = accounts.create(
                session,
                using.vault,
                using.passwords,
                name=read_name(name),
                id_number=number,
                mobile=None,
                school_id=None,
                stage=None,
                subject=None,
                role=appointments.STAFF,
                first_password=using.passwords.first_password(RANDOM),
                now=moment,
            )
            account.must_confirm_profile = False
            try:
                session.flush()
            except IntegrityError:
                raise Conflict("这个证件号码已经有账号，请直接任命：flask staff appoint。") from None
            account_id = account.id
    click.echo(f"已添加 {name}，账号 {account_id}，初始密码 {password}（只显示这一次），首次登录须修改。")
    click.echo(f"下一步任命：flask staff appoint --account {account_id} --role …")


@staff_group.command("appoint")
@teachers.named
@click.option("--role", type=click.Choice(_ROLES), required=True, help="Which role.")
@click.option("--at", "code", default="", help="The code of the organisation; none for an operator.")
def appoint(account_id: int | None, id_file: Any, role: str, code: str) -> None:
    """Give somebody with an account a role."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            account = teachers.find(session, who)
            unit = schools.by_code(session, code) if code else None
            held = appointments.appoint(session, None, account.id, role, unit.id if unit else None, moment)
            _record(session, "appoint", account.id, held.organisation_id, role=role)
            line = (
                f"已任命 {account.name} 为{unit.name if unit else '全平台'}{ROLES[role].title}（任职编号 {held.id}）。"
            )
    click.echo(line)


@staff_group.command("end")
@click.argument("appointment_id", type=click.IntRange(1, 2**53))
def end(appointment_id: int) -> None:
    """Take a role away, by the number that `flask staff list` shows."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        held = appointments.end(session, None, appointment_id, now())
        _record(session, "end_appointment", held.account_id, held.organisation_id, role=held.role)
        line = f"已免去 {session.get_one(Account, held.account_id).name} 的{ROLES[held.role].title}。"
    click.echo(line)


@staff_group.command("list")
@click.option("--role", type=click.Choice(_ROLES), help="Of this role alone.")
def list_all(role: str | None) -> None:
    """Who holds which role where."""
    query = (
        sa.select(Appointment.id, Organisation.code, Organisation.name, Appointment.role, Account.name, Account.id)
        .join(Account, Account.id == Appointment.account_id)
        .outerjoin(Organisation, Organisation.id == Appointment.organisation_id)
        .where(Appointment.ended_at.is_(None), Appointment.role == role if role else sa.true())
        .order_by(Organisation.code, Appointment.role, Account.name)
    )
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [
            (str(held), code or "", unit or "全平台", ROLES[key].title if key in ROLES else key, name, str(account_id))
            for held, code, unit, key, name, account_id in session.execute(query)
        ]
    click.echo(table([("任职编号", "单位代码", "单位", "角色", "姓名", "账号"), *rows]))


@staff_group.command("reset-second-factor")
@teachers.named
def reset_second_factor(account_id: int | None, id_file: Any) -> None:
    """For a lost phone: every session ends, and the person sets the second factor up anew at the next sign-in."""
    moment = now()
    with plain_errors():
        who = teachers.ask(account_id, id_file, moment.date())
        with unit_of_work(read_only=False) as session:
            account = teachers.find(session, who)
            there = appointments.reset_second_factor(session, None, account.id, moment)
            _record(session, "second_factor", account.id, account.school_id, what="reset")
            name = account.name
    click.echo(f"{name}的动态验证码已重置，下次登录时重新设置。" if there else f"{name}还没有设置动态验证码。")


def _record(session: Session, action: str, account_id: int, organisation_id: int | None, **detail: Any) -> None:
    audit.record(
        session,
        collaborators().vault,
        SERVER,
        action,
        now(),
        target=("account", account_id),
        organisation_id=organisation_id,
        **detail,
    )
