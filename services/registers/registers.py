"""Registers and forms (报表、学时登记): any form of a programme as a file, and what was handed over when.

    forms    what the programme asks for, with the last export of each
    export   computed anew, checked line by line, written whole; kept, unless it is the same as the last one
    changes  what is new, gone or different since the last export (services.registers.changes)

Personal numbers in clear stand only in files with a password (docs/adr/0015).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import RegisterExport, RegisterRow
from programmes.arrangements import Form
from programmes.fields import NUMBERS
from services import programmes, results
from services.errors import Conflict, Invalid, NotFound
from services.registers import changes as register_changes
from services.registers import files as register_files
from services.registers import lines as register_lines
from services.registers import rows as register_rows
from services.registers.changes import Change, Counts
from services.registers.files import Draft
from services.registers.lines import Line, Problem, Spool
from services.vault import Vault
from services.work import UnitOfWork

#: Problems that are remembered; more are only counted.
MOST_PROBLEMS = 10_000
#: Lines between two calls of progress.
_STEP = 1000
#: Called as progress(done, total).
Progress = Callable[[int, int], None]


class RegisterHasErrors(Invalid):
    """表中有不完整或不合理的行，没有导出任何内容，请改正后重新导出。"""

    code = "register_has_errors"

    def __init__(self, problems: "Problems | None" = None) -> None:
        self.problems = problems or Problems()
        said = f"有 {self.problems.rows} 行不完整或不合理，没有导出任何内容；请改正，或允许略去这些行后再导出。"
        super().__init__(said if problems else None)


class ExportedMeanwhile(Conflict):
    """刚刚有人导出了同一张表，请重新导出。"""

    code = "exported_meanwhile"


@dataclass
class Problems:
    """What is wrong with how many rows; of very many only the first."""

    rows: int = 0
    found: list[Problem] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.rows += 1
        self.found += line.problems[: MOST_PROBLEMS - len(self.found)]


@dataclass(frozen=True)
class Exported:
    """`serial` of the form's exports. new: it differs from the last one. counts: how it differs; None for a first export."""

    export_id: int
    serial: int
    new: bool
    rows: int
    digest: str
    counts: Counts | None
    left_out: Problems


@dataclass(frozen=True)
class Difference:
    """`since`: the serial of the export that is compared with."""

    form: Form
    since: int
    changes: list[Change]
    left_out: Problems


def form_of(session: Session, slug: str, key: str) -> Form:
    """The form in the newest version of the programme. Raises NotFound."""
    forms = programmes.get(session, programmes.latest(session, slug).id).forms
    for form in forms:
        if form.key == key:
            return form
    raise NotFound(f"本项目没有报表 {key}，有：{'、'.join(form.key for form in forms) or '无'}。")


def forms(session: Session, slug: str, organisation_id: int = 0) -> list[tuple[Form, RegisterExport | None]]:
    """The programme's forms, each with its last export of this organisation. Raises NotFound."""
    programme = programmes.get(session, programmes.latest(session, slug).id)
    return [(form, last(session, slug, form.key, organisation_id)) for form in programme.forms]


def has_numbers(form: Form) -> bool:
    """Whether a column holds personal numbers in clear."""
    return any(column.field in NUMBERS for column in form.columns)


def last(session: Session, slug: str, key: str, organisation_id: int = 0) -> RegisterExport | None:
    query = sa.select(RegisterExport).where(*_of(slug, key, organisation_id))
    return session.scalar(query.order_by(RegisterExport.serial.desc()).limit(1))


def _of(slug: str, key: str, organisation_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        RegisterExport.programme_slug == slug,
        RegisterExport.form == key,
        RegisterExport.organisation_id == organisation_id,
    )


def export(
    work: UnitOfWork,
    vault: Vault,
    slug: str,
    key: str,
    out: Path,
    *,
    now: datetime,
    by: str,
    password: str = "",
    allow_errors: bool = False,
    as_computed: bool = False,
    masked: bool = False,
    organisation_id: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> Exported:
    """Write the form to `out`, .xlsx or .csv, as of `now`; `by` is who asks for it. Again with the same data it is the same export.

    With an organisation only what belongs to the schools below it: such exports are counted for themselves. `masked` hides the personal
    numbers, needs no password, and is kept as an export only where the form has none: it was handed to no register.
    With `allow_errors` wrong rows are left out, and listed; with `as_computed` results are taken as they were computed last, for several
    forms in a row. Raises NotFound, RegisterHasErrors, ExportedMeanwhile, and what
    services.registers.files raises; nothing is written or kept then.
    """
    with work(read_only=True) as session:
        form = form_of(session, slug, key)
    hidden = masked and has_numbers(form)
    register_files.require_writable(out, numbers=has_numbers(form) and not hidden, password=password)
    header = [column.title for column in form.columns]
    problems, digest = Problems(), _digest_of_columns(form)
    with Draft(out, form.title, header, password) as draft, Spool() as spool:
        read = _read(work, vault, slug, form, now, progress, as_computed=as_computed, organisation_id=organisation_id)
        for line in read:
            if line.problems:
                problems.add(line)
            elif allow_errors or not problems.rows:
                draft.write(line.shown if hidden else line.values)
                spool.add(line)
                digest.update(f"{line.about} {line.digest}\n".encode())
        if problems.rows and not allow_errors:
            raise RegisterHasErrors(problems)
        draft.finish()
        if hidden:
            draft.publish()
            return Exported(0, 0, False, len(spool), digest.hexdigest(), None, problems)
        with work(read_only=False) as session:
            before = last(session, slug, key, organisation_id)
            new = before is None or before.digest != digest.hexdigest()
            counts = (
                register_changes.counts(session, before, header, spool)
                if before and new
                else Counts()
                if before
                else None
            )
            export = before
            if export is None or new:
                serial = before.serial + 1 if before else 1
                export = RegisterExport(
                    programme_slug=slug,
                    form=key,
                    organisation_id=organisation_id,
                    serial=serial,
                    rows=len(spool),
                    digest=digest.hexdigest(),
                    made_at=now,
                    made_by=by[:50],
                )
                _keep(session, export, header, spool)
            done = Exported(export.id, export.serial, new, len(spool), export.digest, counts, problems)
        draft.publish()  # after the commit: a file is never out without what was kept of it, and the same command writes it again
    return done


def difference(
    work: UnitOfWork,
    vault: Vault,
    slug: str,
    key: str,
    *,
    now: datetime,
    since: int | None = None,
    organisation_id: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> Difference:
    """What a new export would change since the one with the serial `since`, or the last one. Nothing is kept.

    Wrong rows are left out, as an export leaves them out. Raises NotFound, also where there was no such export.
    """
    with work(read_only=True) as session:
        form = form_of(session, slug, key)
        if _serial(session, slug, key, organisation_id, since) is None:
            raise NotFound("还没有导出过这张表。" if since is None else f"这张表没有第 {since} 次导出。")
    problems = Problems()
    with Spool() as spool:
        for line in _read(work, vault, slug, form, now, progress, organisation_id=organisation_id):
            if line.problems:
                problems.add(line)
            else:
                spool.add(line)
        with work(read_only=True) as session:
            export = _serial(session, slug, key, organisation_id, since)
            if export is None:
                raise NotFound
            header = [column.title for column in form.columns]
            numbers = [column.title for column in form.columns if column.field in NUMBERS]
            found = list(register_changes.changes(session, export, header, numbers, spool))
            return Difference(form, export.serial, found, problems)


def _serial(session: Session, slug: str, key: str, organisation_id: int, serial: int | None) -> RegisterExport | None:
    if serial is None:
        return last(session, slug, key, organisation_id)
    query = sa.select(RegisterExport).where(*_of(slug, key, organisation_id), RegisterExport.serial == serial)
    return session.scalar(query)


def _read(
    work: UnitOfWork,
    vault: Vault,
    slug: str,
    form: Form,
    now: datetime,
    progress: Progress,
    *,
    as_computed: bool = False,
    organisation_id: int = 0,
) -> Iterator[Line]:
    """All lines of the form as of `now`, results computed anew first unless `as_computed`.

    No other unit of work may be opened until they were read. Progress counts each learner twice: computed, and read.
    """
    scored = 0
    if form.rows == "learners" and not as_computed:
        scored = results.recompute(
            work, slug, now, lambda done, total: progress(done, 2 * total), organisation_id
        ).enrolments
    with work(read_only=True) as session:
        total = scored + register_rows.count(session, slug, form, organisation_id)
        for number, line in enumerate(register_lines.lines(session, vault, slug, form, organisation_id), 1):
            yield line
            if number % _STEP == 0:
                progress(scored + number, max(total, scored + number + 1))
    progress(total, total)


def _digest_of_columns(form: Form) -> "hashlib._Hash":
    return hashlib.sha256(msgspec.json.encode([form.rows, [(column.title, column.field) for column in form.columns]]))


def _keep(session: Session, export: RegisterExport, header: list[str], spool: Spool) -> None:
    """Raises ExportedMeanwhile."""
    try:
        with session.begin_nested():
            session.add(export)
    except IntegrityError:
        raise ExportedMeanwhile from None
    for kept in spool.chunks():
        session.execute(
            sa.insert(RegisterRow),
            [
                {
                    "export_id": export.id,
                    "about": line.about,
                    "digest": line.digest,
                    "shown": dict(zip(header, line.shown, strict=True)),
                }
                for line in kept
            ],
        )
