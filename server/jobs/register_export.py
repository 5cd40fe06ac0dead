"""Writes a form of a programme to a file. The same job again writes the same rows, and keeps them once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.errors import Conflict, Invalid
from services.registers import registers
from services.registers.lines import Problem
from services.registers.registers import RegisterHasErrors
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

HEADER = ("行号", "对象", "列", "原因")


def run(
    progress: Callable[[int, int], None],
    *,
    programme: str,
    form: str,
    out: str,
    password_file: str,
    errors_out: str,
    allow_errors: bool,
    as_computed: bool,
    by: str,
) -> dict[str, Any]:
    """Which export it is, how many rows it has and how many were left out.

    Paths are absolute, and the worker's to write; `password_file` and `errors_out` may be "". Raises what registers.export does,
    and Conflict where the password cannot be read.
    """
    try:
        done = registers.export(
            unit_of_work,
            collaborators().vault,
            programme,
            form,
            Path(out),
            now=now(),
            by=by,
            password=read_password(Path(password_file)) if password_file else "",
            allow_errors=allow_errors,
            as_computed=as_computed,
            progress=progress,
        )
    except RegisterHasErrors as wrong:
        if errors_out:
            write_problems(Path(errors_out), wrong.problems.found)
        first = wrong.problems.found[0]
        raise Conflict(f"{wrong.detail}例如第 {first.row} 行 {first.column}：{first.reason}。") from None
    if errors_out and done.left_out.rows:
        write_problems(Path(errors_out), done.left_out.found)
    return {
        "export": done.export_id,
        "serial": done.serial,
        "new": done.new,
        "rows": done.rows,
        "left_out": done.left_out.rows,
    }


def read_password(path: Path) -> str:
    """The first line of the file. Raises Invalid (field password)."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.readline(1000).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise Invalid.field("password", "密码文件不能读取") from None


def write_problems(path: Path, problems: list[Problem]) -> None:
    """A CSV of what is wrong with which row. Raises Conflict."""
    try:
        spreadsheets.write_csv(path, HEADER, ((str(one.row), one.who, one.column, one.reason) for one in problems))
    except OSError as error:
        raise Conflict(f"错误清单不能写入：{error.strerror}") from None
