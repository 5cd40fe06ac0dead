"""Where a school lies: the county or district and the city above it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Organisation
from services.errors import NotFound


@dataclass(frozen=True)
class Place:
    """Names; "" where the tree has nothing of the kind."""

    school: str
    county: str
    city: str


def place_of(session: Session, school_id: int) -> Place:
    """Raises NotFound."""
    school = session.get(Organisation, school_id)
    if school is None:
        raise NotFound("没有找到这所学校。")
    names = {"county": "", "city": ""}
    above, seen = school.parent_id, {school.id}
    while above is not None and above not in seen:
        seen.add(above)
        organisation = session.get_one(Organisation, above)
        if not names.get(organisation.kind, "-"):
            names[organisation.kind] = organisation.name
        above = organisation.parent_id
    return Place(school.name, names["county"], names["city"])
