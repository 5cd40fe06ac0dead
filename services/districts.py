"""Where a school lies: the county or district and the city above it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Organisation
from services.errors import NotFound


@dataclass(frozen=True)
class Place:
    """Names, and the school's code; "" where the tree has nothing of the kind."""

    school: str
    county: str
    city: str
    code: str = ""


def place_of(session: Session, school_id: int) -> Place:
    """Raises NotFound."""
    school = session.get(Organisation, school_id)
    if school is None:
        raise NotFound("没有找到这所学校。")
    units = {school.id: school}
    above = school.parent_id
    while above is not None and above not in units:
        units[above] = session.get_one(Organisation, above)
        above = units[above].parent_id
    return _place(school, units)


def every_place(session: Session) -> dict[int, Place]:
    """Where each unit lies, by its id."""
    units = {unit.id: unit for unit in session.scalars(sa.select(Organisation))}
    return {unit.id: _place(unit, units) for unit in units.values()}


def _place(school: Organisation, units: dict[int, Organisation]) -> Place:
    """`units`: at least all that lie above."""
    names = {"county": "", "city": ""}
    above, seen = school.parent_id, {school.id}
    while above is not None and above not in seen:
        seen.add(above)
        unit = units[above]
        if not names.get(unit.kind, "-"):
            names[unit.kind] = unit.name
        above = unit.parent_id
    return Place(school.name, names["county"], names["city"], school.code)
