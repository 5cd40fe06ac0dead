"""flask demonstration load: the invented people, courses and lessons that `make run` shows. flask demonstration codes: their six digits."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors, table
from services import demonstration, second_factor
from services.authority.roles import ROLES
from web.context import collaborators, now, unit_of_work

demonstration_group = AppGroup("demonstration", help="Invented people and courses to try the system with.")
_ACCOUNTS = click.option(
    "--accounts",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with who may sign in; else $XUESHI_VAR/demo/accounts.json.",
)


@demonstration_group.command("load")
@_ACCOUNTS
def load(accounts: Path | None) -> None:
    """Load what is missing; what is there, passwords above all, stays as it is.

    The accounts with their first passwords, and the keys of the staff's second factor, go to $XUESHI_VAR/demo/accounts.json, readable by
    the owner alone.
    """
    with plain_errors(), unit_of_work(read_only=False) as session:
        people = demonstration.load(session, collaborators(), now())
    path = accounts or _path()
    lines = [{key: value for key, value in asdict(person).items() if value} for person in people]
    _write_privately(path, json.dumps(lines, ensure_ascii=False, indent=1) + "\n")
    staff = sum("second_factor" in line for line in lines)
    click.echo(f"示范项目已就绪：{len(lines) - staff} 位虚构教师，{staff} 位虚构管理人员，账号见 {path}")


@demonstration_group.command("codes")
@_ACCOUNTS
def codes(accounts: Path | None) -> None:
    """The six digits that the invented staff's phones would show now. Reads the file of accounts alone."""
    path, moment = accounts or _path(), datetime.now(UTC)
    try:
        people = json.loads(path.read_text(encoding="utf-8"))
        rows = [
            (
                ROLES[one["role"]].title,
                one["name"],
                one["id_number"],
                second_factor.code_at(one["second_factor"], moment),
            )
            for one in people
            if "second_factor" in one
        ]
    except FileNotFoundError:
        raise click.ClickException(f"没有 {path}：先运行 make run，或用 --accounts 指定文件。") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{path} 不能读取：{type(error).__name__}") from None
    click.echo(table([("角色", "姓名", "证件号码", "动态验证码"), *rows]))
    left = second_factor.STEP_S - int(moment.timestamp()) % second_factor.STEP_S
    click.echo(f"{left} 秒后换新；每个验证码只能用一次。")


def _path() -> Path:
    return Path(os.environ.get("XUESHI_VAR") or "var") / "demo" / "accounts.json"


def _write_privately(path: Path, text: str) -> None:
    """Written aside and renamed: the file is whole and was never readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
