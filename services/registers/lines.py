"""The lines of a form (报表): every row's texts with what is wrong with them, its digest, and how it may be kept."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple

import msgspec
from sqlalchemy.orm import Session

from programmes.arrangements import Form
from services import id_numbers
from services.errors import Invalid
from services.registers import rows as register_rows
from services.registers.fields import FIELDS, masked
from services.registers.rows import AtSchool, Learner, Remitted, Row
from services.vault import Vault, VaultError

#: Fields that no row may be without, where they are columns. A county may be none (市直学校), a certificate not issued yet.
COMPLETE = {
    "learners": ("name", "id_number", "id_number_masked", "school", "school_code", "stage", "subject"),
    "schools": ("school", "school_code"),
    "remittances": ("amount", "paid_on", "payer"),
    "contacts": ("school", "school_code", "handler", "contact", "contact_masked"),
}
_UNREADABLE = "号码不能读取：数据已损坏，请联系平台管理员"


class Problem(NamedTuple):
    """`row` as it would stand in the whole file (the header is 1), `who` without numbers, `reason` in Chinese."""

    row: int
    who: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """`values` may hold numbers in clear and goes into the file alone; `shown` is the same with numbers masked."""

    number: int
    about: str
    values: list[str]
    shown: list[str]
    digest: str
    problems: list[Problem]


class Kept(NamedTuple):
    """What is kept of a line."""

    about: str
    digest: str
    shown: list[str]


def lines(session: Session, vault: Vault, slug: str, form: Form, organisation_id: int = 0) -> Iterator[Line]:
    """Every line in the order of the file; the session is busy until they have all been read."""
    columns = [(column.field, FIELDS[form.rows][column.field]) for column in form.columns]
    people: set[int] = set()
    encode = msgspec.json.encode
    for number, row in enumerate(register_rows.of_form(session, slug, form, organisation_id), 2):
        values: list[str] = []
        unreadable = []
        for at, (_, read) in enumerate(columns):
            try:
                values.append(read(row, vault))
            except VaultError:
                values.append("")
                unreadable.append(at)
        wrong = [(at, _UNREADABLE) for at in unreadable]
        wrong += [(at, reason) for at, reason in _wrong(form, row, values) if at not in unreadable]
        if isinstance(row, Learner):
            if row.account_id in people:
                wrong.append((0, "同一人列入了两次：在本项目的两个版本中都有报名"))
            people.add(row.account_id)
        yield Line(
            number,
            row.about,
            values,
            [masked(field, value) for (field, _), value in zip(columns, values, strict=True)],
            vault.fingerprint("register row", encode(values).decode()),
            [Problem(number, _who(row), form.columns[at].title, reason) for at, reason in wrong],
        )


def _wrong(form: Form, row: Row, values: list[str]) -> Iterator[tuple[int, str]]:
    """(column, reason) of all that keeps the line from being handed on."""
    fields = [column.field for column in form.columns]
    for at, field in enumerate(fields):
        if not values[at] and field in COMPLETE[form.rows]:
            yield at, f"缺少{form.columns[at].title}"
        elif field == "id_number":
            try:
                id_numbers.parse(values[at])
            except Invalid as wrong:
                yield at, wrong.detail
    if isinstance(row, Learner):
        yield from _wrong_hours(form, fields, row)
    elif isinstance(row, AtSchool) and row.stage == "" and "stage" in fields:
        yield fields.index("stage"), f"有 {row.headcount} 人没有学段"


def _wrong_hours(form: Form, fields: list[str], row: Learner) -> Iterator[tuple[int, str]]:
    """Hours that no register would take: more than are required, or a passed learner with fewer (a relieved leader may)."""
    at = next((fields.index(field) for field in ("hours_counted", "hours_credited", "passed") if field in fields), 0)
    counted, required = row.hours_counted, row.project.hours_required
    if counted > required:
        yield at, f"已计学时 {counted:g} 超过规定的 {required:g}"
    if row.hours_credited < counted:
        yield at, f"已计学时 {counted:g} 多于实际学习的 {row.hours_credited:g}"
    if form.only == "passed" and not row.relieved and counted < required:
        yield at, f"成绩合格，而已计学时 {counted:g} 不足 {required:g}"


def _who(row: Row) -> str:
    school = row.place.school if row.place else ""
    if isinstance(row, Remitted):
        return f"{row.remittance.payer} {row.remittance.paid_on}"
    return f"{row.name} {school}".strip() if isinstance(row, Learner) else school


class Spool:
    """Lines kept aside in a file without a name until the whole form was read. Use as a context manager."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self.abouts: set[str] = set()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.abouts)

    def add(self, line: Line) -> None:
        self.abouts.add(line.about)
        self._file.write(msgspec.json.encode(Kept(line.about, line.digest, line.shown)) + b"\n")

    def chunks(self, size: int = 1000) -> Iterator[list[Kept]]:
        """All that was added, in order, so many at a time."""
        self._file.seek(0)
        decode = msgspec.json.Decoder(Kept).decode
        read = map(decode, self._file)
        while some := list(islice(read, size)):
            yield some
