"""Bulletins (通报): the figures of one snapshot for the units below one, frozen as they were printed."""

import re
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Bulletin, Organisation, Programme
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.errors import Conflict, Invalid, NotFound
from services.watching import rates, snapshots, units
from services.watching.tallies import Counts

LONGEST_REMARKS = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class NoSnapshot(Conflict):
    """这一天没有快照，不能发通报。"""

    code = "no_snapshot"


class NumberUsed(Conflict):
    """这个文号已经发过通报，请换一个。"""

    code = "bulletin_number_used"


class Row(msgspec.Struct, frozen=True):
    """A unit in the table, with its place by 合格率, then 参训率; units without anybody have none."""

    rank: int | None
    name: str
    counts: Counts


class Formula(msgspec.Struct, frozen=True):
    title: str
    formula: str
    source: str


class Figures(msgspec.Struct, frozen=True):
    """All that a bulletin prints, whatever changes later."""

    programme: str
    unit: str
    issuer: str
    counted_at: datetime
    rows: list[Row]
    total: Counts
    formulas: list[Formula]
    #: Who is counted; who issued it, in words.
    note: str = ""
    by: str = ""


@dataclass(frozen=True)
class Wanted:
    """`organisation_id` None: the person's own unit."""

    slug: str
    day: date
    organisation_id: int | None = None
    number: str = ""
    title: str = ""
    remarks: str = ""


def preview(session: Session, principal: Principal, wanted: Wanted) -> Figures:
    """What the bulletin would show. Raises NotFound, NoSnapshot."""
    newest = programmes.latest(session, wanted.slug)
    board = units.board(session, principal, wanted.slug, wanted.organisation_id, day=wanted.day)
    if board.counted_at is None:
        raise NoSnapshot
    return Figures(
        programme=newest.title,
        unit=board.name,
        issuer=principal.organisation or board.name,
        counted_at=board.counted_at,
        rows=_ranked(board.lines),
        total=board.total,
        formulas=[
            Formula(one.title, one.formula, one.source) for one in rates.definitions(programmes.get(session, newest.id))
        ],
        note=rates.NOTE,
        by=principal.name,
    )


def issue(session: Session, principal: Principal, wanted: Wanted, now: datetime) -> Bulletin:
    """Freeze it. Raises as preview does, Invalid (title, number, remarks), and NumberUsed: a form that was sent twice issues one."""
    if any(_CONTROL.search(text) for text in (wanted.title, wanted.number, wanted.remarks)):
        raise Invalid.field("title", "标题、文号和正文不能有控制字符")
    if not wanted.title.strip() or len(wanted.title) > 200:
        raise Invalid.field("title", "请填写标题，不超过 200 字")
    if len(wanted.number) > 50:
        raise Invalid.field("number", "文号不超过 50 字")
    if len(wanted.remarks) > LONGEST_REMARKS:
        raise Invalid.field("remarks", f"正文不超过 {LONGEST_REMARKS} 字")
    figures = preview(session, principal, wanted)
    unit = units.reached(session, principal, wanted.organisation_id)
    # Whoever issues one at the same time waits here.
    newest = programmes.latest(session, wanted.slug)
    session.execute(sa.select(Programme.id).where(Programme.id == newest.id).with_for_update(key_share=True))
    number = wanted.number.strip()
    same = sa.select(Bulletin.id).where(_of(unit), Bulletin.number == number).limit(1).with_for_update()
    if number and session.scalar(same) is not None:
        raise NumberUsed(f"文号 {number} 已经发过通报，请换一个。")
    made = Bulletin(
        programme_slug=wanted.slug,
        organisation_id=unit.id if unit else None,
        number=number,
        title=wanted.title.strip(),
        day=wanted.day,
        remarks=wanted.remarks.strip(),
        figures=msgspec.to_builtins(figures),
        issued_by=principal.account_id,
        issued_at=now,
    )
    session.add(made)
    session.flush()
    return made


def within(session: Session, principal: Principal, page: int = 1, size: int = 20) -> list[tuple[Bulletin, str]]:
    """A page of those the person may read, the newest first, with who issued each; one more than `size` where there is another page."""
    query = (
        sa.select(Bulletin, Account.name)
        .join(Account, Account.id == Bulletin.issued_by)
        .where(_readable(session, principal))
        .order_by(Bulletin.id.desc())
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    return [(bulletin, name) for bulletin, name in session.execute(query)]


def get(session: Session, principal: Principal, bulletin_id: int) -> Bulletin:
    """Raises NotFound."""
    found = None
    if 0 < bulletin_id <= scope.GREATEST_ID:
        found = session.scalar(sa.select(Bulletin).where(Bulletin.id == bulletin_id, _readable(session, principal)))
    if found is None:
        raise NotFound
    return found


def _readable(session: Session, principal: Principal) -> sa.ColumnElement[bool]:
    """What was issued within reach, and what those above issued: it ranks the own unit."""
    published = sa.or_(
        Bulletin.organisation_id.in_(scope.above(session, principal)), Bulletin.organisation_id.is_(None)
    )
    reached = scope.within(Bulletin, principal)
    return published if reached is None else sa.or_(reached, published)


def figures_of(bulletin: Bulletin) -> Figures:
    return msgspec.convert(bulletin.figures, Figures)


def suggested(
    session: Session, principal: Principal, slug: str, organisation_id: int | None, day: date
) -> tuple[str, str]:
    """(number, title) to begin with: 〔2022〕第3期, the third of this unit in that year."""
    unit = units.reached(session, principal, organisation_id)
    query = sa.select(sa.func.count()).where(
        _of(unit),
        Bulletin.day >= date(day.year, 1, 1),
        Bulletin.day <= date(day.year, 12, 31),
    )
    title = programmes.latest(session, slug).title
    return f"〔{day.year}〕第{(session.scalar(query) or 0) + 1}期", f"关于{title}学习进展情况的通报"


def days(session: Session, slug: str, unit_id: int | None, now: datetime) -> list[date]:
    """The days that a bulletin can be made of, the newest first."""
    today = now.astimezone(snapshots.ZONE).date()
    return [point.day for point in reversed(snapshots.trend(session, slug, unit_id, today))]


def _of(unit: Organisation | None) -> sa.ColumnElement[bool]:
    return Bulletin.organisation_id == unit.id if unit else Bulletin.organisation_id.is_(None)


def _ranked(lines: list[units.Line]) -> list[Row]:
    def merit(counts: Counts) -> tuple[float, float, float]:
        of = counts.enrolled
        return (counts.passed / of, counts.studying / of, counts.hours_credited / of)

    some = sorted((line for line in lines if line.counts.enrolled), key=lambda line: merit(line.counts), reverse=True)
    rows: list[Row] = []
    for place, line in enumerate(some, 1):
        equal = rows and merit(rows[-1].counts) == merit(line.counts)
        rows.append(Row(rows[-1].rank if equal else place, line.name, line.counts))
    return rows + [Row(None, line.name, line.counts) for line in lines if not line.counts.enrolled]
