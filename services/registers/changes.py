"""What is new, gone or different in a form since an export of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RegisterExport, RegisterRow
from services.registers.files import Draft
from services.registers.lines import Kept, Spool

#: Rows looked up at a time.
CHUNK = 1000

Kind = Literal["added", "gone", "changed"]
WORDS: dict[Kind, str] = {"added": "新增", "gone": "不再列入", "changed": "有变化"}


@dataclass
class Counts:
    added: int = 0
    gone: int = 0
    changed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


@dataclass(frozen=True)
class Change:
    """`shown` is the row by column, numbers masked: as it is now, or was when it is gone. columns: those that changed."""

    kind: Kind
    about: str
    shown: dict[str, str]
    before: dict[str, str]
    columns: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """已计学时：58 → 60."""
        return "；".join(
            f"{title}：{self.before.get(title, '') or '空'} → {self.shown.get(title, '') or '空'}"
            if self.before.get(title, "") != self.shown.get(title, "")
            else f"{title}：已更正"  # a number that differs where it is masked
            for title in self.columns
        )


def counts(session: Session, export: RegisterExport, header: Sequence[str], spool: Spool) -> Counts:
    found = Counts()
    for change in changes(session, export, header, (), spool):
        setattr(found, change.kind, getattr(found, change.kind) + 1)
    return found


def changes(
    session: Session, export: RegisterExport, header: Sequence[str], numbers: Sequence[str], spool: Spool
) -> Iterator[Change]:
    """The differences of what is spooled to `export`: those new and changed in their order, then those gone.

    `numbers`: titles of the columns whose text is masked in what was kept.
    """
    for kept in spool.chunks(CHUNK):
        query = sa.select(RegisterRow.about, RegisterRow.digest, RegisterRow.shown).where(
            RegisterRow.export_id == export.id, RegisterRow.about.in_([line.about for line in kept])
        )
        known = {about: (digest, shown) for about, digest, shown in session.execute(query)}
        for line in kept:
            change = _change(line, known.get(line.about), header, numbers)
            if change:
                yield change
    yield from _gone(session, export, spool)


def write(out: Path, title: str, header: Sequence[str], found: Iterable[Change]) -> None:
    """A file of nothing but the differences, numbers masked: what it is, what it says, and the row. Raises as Draft does."""
    with Draft(out, f"{title} 变化", ("变化", "说明", *header)) as draft:
        for change in found:
            draft.write([WORDS[change.kind], change.says, *(change.shown.get(title, "") for title in header)])
        draft.finish()
        draft.publish()


def _change(
    line: Kept, known: tuple[str, dict[str, str]] | None, header: Sequence[str], numbers: Sequence[str]
) -> Change | None:
    shown = dict(zip(header, line.shown, strict=True))
    if known is None:
        return Change("added", line.about, shown, {})
    digest, before = known
    columns = tuple(title for title in dict.fromkeys((*header, *before)) if shown.get(title) != before.get(title))
    if digest == line.digest and not columns:
        return None
    return Change("changed", line.about, shown, before, columns or tuple(numbers))


def _gone(session: Session, export: RegisterExport, spool: Spool) -> Iterator[Change]:
    after = ""
    query = sa.select(RegisterRow.about).where(RegisterRow.export_id == export.id).order_by(RegisterRow.about)
    while abouts := session.scalars(query.where(RegisterRow.about > after).limit(CHUNK)).all():
        after = abouts[-1]
        gone = [about for about in abouts if about not in spool.abouts]
        rows = sa.select(RegisterRow).where(RegisterRow.export_id == export.id, RegisterRow.about.in_(gone))
        for row in session.scalars(rows.order_by(RegisterRow.about)) if gone else ():
            yield Change("gone", row.about, row.shown, row.shown)
