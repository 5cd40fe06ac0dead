"""The units below one, each with the counts of all schools beneath it (县 → 学校): from the rollups, by one statement.

A city's own schools (市直学校) stand as a group of their own; who works at the unit itself (a bureau's teaching researchers) does, too.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import DailyTally, Organisation, SchoolTally
from services.authority import scope
from services.authority.principals import Principal
from services.errors import NotFound
from services.watching import tallies
from services.watching.tallies import Counts

SCHOOL = "school"
OWN, NOWHERE = "单位直属人员", "未填学校的人员"
#: What the schools directly below a unit are called, beside its other units; "": below none, as a roster may make them.
DIRECT = {"city": "市直学校", "province": "省直学校", "": "未归入县市的学校"}
#: unit: opens; direct: the group of schools directly below; own: of the unit itself; nowhere: without a school.
Kind = Literal["unit", "direct", "own", "nowhere"]


@dataclass(frozen=True)
class Line:
    """`organisation_id` None: nothing to open."""

    kind: Kind
    name: str
    organisation_id: int | None
    counts: Counts


@dataclass(frozen=True)
class Board:
    """`unit` None: the whole platform. `direct`: only of the schools of its own. `trail`: the units above that the person reaches, the
    highest first."""

    unit: Organisation | None
    direct: bool
    trail: list[Organisation]
    lines: list[Line]
    total: Counts
    counted_at: datetime | None

    @property
    def name(self) -> str:
        return self.unit.name if self.unit else "全平台"

    @property
    def group(self) -> str:
        """What the schools of its own are called."""
        return direct_title(self.unit)


def reached(session: Session, principal: Principal, organisation_id: int | None) -> Organisation | None:
    """The unit to look at: this one, or without one the person's own; None is the whole platform. Raises NotFound."""
    wanted = principal.organisation_id if organisation_id is None else organisation_id
    if wanted is None:
        if not principal.everywhere:
            raise NotFound
        return None
    return scope.get(session, principal, Organisation, wanted)


def board(
    session: Session,
    principal: Principal,
    slug: str,
    organisation_id: int | None,
    *,
    direct: bool = False,
    day: date | None = None,
) -> Board:
    """The unit with what is below it; `direct`: only the schools of its own, where it has others too. `day`: as frozen then, else as
    counted last.

    Raises NotFound for a unit out of reach.
    """
    unit = reached(session, principal, organisation_id)
    found, at = _summed(session, slug, unit.id if unit else None, day)
    children = _children(session, unit)
    schools = [child for child in children if child.kind == SCHOOL]
    grouped = bool(schools) and len(schools) < len(children)
    direct = direct and grouped
    lines = [
        Line("unit", child.name, child.id, found.pop(child.id, Counts()))
        for child in children
        if not grouped or (child.kind == SCHOOL) == direct
    ]
    if grouped and not direct:
        counts = _sum([found.pop(child.id, Counts()) for child in schools])
        lines.append(Line("direct", direct_title(unit), unit.id if unit else None, counts))
    if unit and unit.id in found and children and not direct:
        lines.append(Line("own", OWN, unit.id, found.pop(unit.id)))
    if unit is None and tallies.NOWHERE in found and not direct:
        lines.append(Line("nowhere", NOWHERE, None, found.pop(tallies.NOWHERE)))
    total = _sum([line.counts for line in lines]) if lines else _sum(list(found.values()))
    return Board(unit, direct, _trail(session, principal, unit), lines, total, at)


def direct_title(unit: Organisation | None) -> str:
    return DIRECT.get(unit.kind if unit else "", "直属学校")


def beneath(unit_id: int | None, *, direct: bool = False) -> sa.CTE:
    """(id, top): every organisation below the unit, with the child of the unit that it is beneath; the unit itself is its own top.

    None: all there are, beneath the highest. `direct`: only the schools directly below.
    """
    start = sa.select(Organisation.id, Organisation.id.label("top"))
    if direct:
        return start.where(Organisation.parent_id == unit_id, Organisation.kind == SCHOOL).cte("direct")
    if unit_id is None:
        start = start.where(Organisation.parent_id.is_(None))
    else:
        start = start.where(sa.or_(Organisation.parent_id == unit_id, Organisation.id == unit_id))
    below = start.cte("beneath", recursive=True)
    child = aliased(Organisation)
    step = sa.select(child.id, below.c.top).join(below, child.parent_id == below.c.id)
    if unit_id is not None:
        step = step.where(below.c.id != unit_id)  # its children stand at the start already
    return below.union(step)  # UNION: a circle ends


def summed_columns(table: type[SchoolTally | DailyTally]) -> list[Any]:
    return [sa.func.sum(getattr(table, name)) for name in Counts._fields]


def _summed(
    session: Session, slug: str, unit_id: int | None, day: date | None
) -> tuple[dict[int, Counts], datetime | None]:
    table: type[SchoolTally | DailyTally] = SchoolTally if day is None else DailyTally
    of_programme = table.programme_slug == slug
    if day is not None:
        of_programme = sa.and_(of_programme, DailyTally.day == day)
    below = beneath(unit_id)
    query = (
        sa.select(below.c.top, sa.func.max(table.counted_at), *summed_columns(table))
        .join(table, table.school_id == below.c.id)
        .where(of_programme)
        .group_by(below.c.top)
    )
    rows = session.execute(query).all()
    found = {top: tallies.read(values) for top, _, *values in rows}
    moments = [at for _, at, *_ in rows]
    if unit_id is None:
        nowhere = sa.select(table.counted_at, *(getattr(table, name) for name in Counts._fields))
        lost = session.execute(nowhere.where(of_programme, table.school_id == tallies.NOWHERE)).one_or_none()
        if lost is not None:
            found[tallies.NOWHERE] = tallies.read(lost[1:])
            moments.append(lost.counted_at)
    return found, max(moments, default=None)


def _children(session: Session, unit: Organisation | None) -> list[Organisation]:
    parent = Organisation.parent_id == unit.id if unit else Organisation.parent_id.is_(None)
    return list(session.scalars(sa.select(Organisation).where(parent).order_by(Organisation.code)))


def _trail(session: Session, principal: Principal, unit: Organisation | None) -> list[Organisation]:
    found: list[Organisation] = []
    while unit is not None and unit.id != principal.organisation_id and unit.parent_id is not None:
        unit = session.get(Organisation, unit.parent_id)
        if unit is None or unit in found:
            break
        found.insert(0, unit)
    return found


def _sum(some: list[Counts]) -> Counts:
    total = Counts()
    for counts in some:
        total = total.plus(counts)
    return total
