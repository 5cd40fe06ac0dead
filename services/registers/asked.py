"""Forms that somebody asked for in the console (导出请求): a job makes the file, sealed for who asked (services.uploads).

    masked       the form, personal numbers hidden
    clear        the form as the register takes it; where it holds numbers, encrypted with a password that is shown once
    difference   what is new, gone or different since the last export, numbers hidden

Whoever asks gets what lies within their reach. The password waits for the job sealed beside the file, and is gone when the file is there.
"""

import base64
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Upload
from services import uploads
from services.authority.principals import Principal
from services.errors import Conflict, Invalid, NotFound
from services.registers import changes as register_changes
from services.registers import registers
from services.registers.files import Draft
from services.registers.lines import Problem
from services.registers.registers import RegisterHasErrors
from services.vault import Vault
from services.work import UnitOfWork

What = Literal["masked", "clear", "difference"]
#: Without letters that are mistaken for others.
_LETTERS, _LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 16
_LEAST_REASON, _MOST_REASON = 4, 200
_HEADER = ("行号", "对象", "列", "原因")


@dataclass(frozen=True)
class Asked:
    """`password` "": the file has none."""

    upload: Upload
    password: str


def ask(
    session: Session,
    vault: Vault,
    principal: Principal,
    slug: str,
    key: str,
    what: str,
    now: datetime,
    *,
    reason: str = "",
    allow_errors: bool = False,
) -> Asked:
    """A place for the file. Commit, then start the job `register_file` with its code.

    Raises NotFound, NotAllowed, Invalid (what, reason: numbers in clear need one).
    """
    form = registers.form_of(session, slug, key)
    if what not in get_args(What):
        raise Invalid.field("what", "请选择导出的内容")
    principal.require("registers" if what == "difference" else "export")
    clear = what == "clear" and registers.has_numbers(form)
    reason = " ".join(reason.split())
    if clear:
        principal.require("export_clear")
        if not _LEAST_REASON <= len(reason) <= _MOST_REASON:
            raise Invalid.field("reason", f"请写明导出证件号码的用途（{_LEAST_REASON} 至 {_MOST_REASON} 字）")
    uploads.delete_expired(session, now)
    name = f"{form.title}{' 变化' if what == 'difference' else '' if clear else ' 脱敏'}.xlsx"
    upload = uploads.make(
        session, vault, principal.account_id, "register_clear" if clear else "register", name, b"", now
    )
    password = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) if clear else ""
    uploads.note(
        upload,
        slug=slug,
        form=key,
        title=form.title,
        what=what,
        organisation_id=principal.organisation_id or 0,
        by=f"{principal.title} {principal.name}"[:50],
        allow_errors=allow_errors,
        password=base64.b64encode(vault.seal_bytes(password.encode(), _place(upload))).decode() if clear else None,
    )
    session.flush()
    return Asked(upload, password)


def make(
    work: UnitOfWork, vault: Vault, code: str, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Make the file that was asked for; what it came to, without a word of what is in it. Raises as registers.export, NotFound, and
    Conflict where it was made already."""
    with work(read_only=True) as session:
        upload = _by_code(session, code)
        wanted = dict(upload.work)
        if "made" in wanted:
            raise Conflict("这个文件已经做好了。")
        sealed = wanted.get("password")
        password = vault.open_bytes(base64.b64decode(sealed), _place(upload)).decode() if sealed else ""
    with tempfile.TemporaryDirectory(prefix="xueshi-") as folder:
        out = Path(folder, "form.xlsx")
        write = _difference if wanted["what"] == "difference" else _export
        made = write(work, vault, wanted, out, now, password, progress)
        content = out.read_bytes()
    with work(read_only=False) as session:
        upload = _by_code(session, code)
        uploads.fill(session, vault, upload, content)
        uploads.note(upload, made=made, password=None)
    return made


def _export(
    work: UnitOfWork,
    vault: Vault,
    wanted: dict[str, Any],
    out: Path,
    now: datetime,
    password: str,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    try:
        done = registers.export(
            work,
            vault,
            wanted["slug"],
            wanted["form"],
            out,
            now=now,
            by=wanted["by"],
            password=password,
            allow_errors=wanted["allow_errors"],
            masked=wanted["what"] == "masked",
            organisation_id=wanted["organisation_id"],
            progress=progress,
        )
    except RegisterHasErrors as wrong:
        _write_problems(out, wrong.problems.found)
        return {"wrong": wrong.problems.rows}
    told = {"export": done.export_id, "serial": done.serial, "new": done.new, "rows": done.rows}
    return told | {"left_out": done.left_out.rows}


def _difference(
    work: UnitOfWork,
    vault: Vault,
    wanted: dict[str, Any],
    out: Path,
    now: datetime,
    _password: str,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    slug, key = wanted["slug"], wanted["form"]
    found = registers.difference(
        work, vault, slug, key, now=now, organisation_id=wanted["organisation_id"], progress=progress
    )
    register_changes.write(out, found.form.title, [column.title for column in found.form.columns], found.changes)
    kinds = [change.kind for change in found.changes]
    return {
        "since": found.since,
        **{kind: kinds.count(kind) for kind in register_changes.WORDS},
        "left_out": found.left_out.rows,
    }


def _write_problems(out: Path, problems: list[Problem]) -> None:
    with Draft(out, "不完整或不合理的行", _HEADER) as draft:
        for one in problems:
            draft.write((str(one.row), one.who, one.column, one.reason))
        draft.finish()
        draft.publish()


def _by_code(session: Session, code: str) -> Upload:
    found = session.scalar(sa.select(Upload).where(Upload.code == code))
    if found is None:
        raise NotFound("这个文件已超过保留的时间，请重新导出。")
    return found


def _place(upload: Upload) -> str:
    return f"password of upload {upload.id}"
