"""Places (名额) as staff see and give them: to the units below the own one; the own ones come from the level above."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as notices
from models import Organisation, Programme
from services import audit, programmes
from services.authority import scope
from services.authority.principals import NotAllowed, Principal
from services.enrolling import quotas
from services.errors import NotFound


class Held(NamedTuple):
    """Of one unit, in one track ("" for all). `places` None: none were given."""

    track: str
    title: str
    places: int | None
    used: int


class Unit(NamedTuple):
    unit: Organisation
    held: list[Held]
    #: Whether there are units below.
    opens: bool


class Page(NamedTuple):
    """`unit` None: the whole platform."""

    programme: Programme
    unit: Unit | None
    below: list[Unit]
    above: Organisation | None


def listed(session: Session) -> list[Programme]:
    """The newest version of each programme that enrols by places."""
    newest = {row.slug: row for row in reversed(programmes.every(session))}
    return [row for row in newest.values() if programmes.get(session, row.id).enrolment.quota]


def page(session: Session, principal: Principal, slug: str, organisation_id: int | None) -> Page:
    """A unit within reach with those right below it; None: the own one. Raises NotFound."""
    programme, notice = _programme(session, slug)
    at = organisation_id if organisation_id is not None else principal.organisation_id
    unit = scope.get(session, principal, Organisation, at) if at is not None else None
    places = quotas.Places(session, notice)
    given = {(key, track): count for key, track, count, _ in places.lines()}
    tracks = _tracks(notice)
    below = sa.select(Organisation).where(
        Organisation.parent_id == unit.id if unit is not None else Organisation.parent_id.is_(None)
    )
    found = list(session.scalars(scope.scope(below, principal).order_by(Organisation.code)))
    parents = set(
        session.scalars(
            sa.select(Organisation.parent_id).where(Organisation.parent_id.in_([one.id for one in found])).distinct()
        )
    )

    def of(one: Organisation) -> Unit:
        held = [
            Held(track, title, given.get((one.id, track)), places.used(one.id, track))
            for track, title in tracks.items()
        ]
        return Unit(one, held, one.id in parents)

    above = None
    if unit is not None and unit.parent_id is not None and unit.id != principal.organisation_id:
        above = scope.get(session, principal, Organisation, unit.parent_id)
    return Page(programme, of(unit) if unit is not None else None, [of(one) for one in found], above)


def put(
    session: Session,
    by: audit.By,
    slug: str,
    organisation_id: int,
    *,
    track: str,
    places: int,
) -> Organisation:
    """Give a unit below the own one its places. Raises NotFound, NotAllowed (the own unit), Invalid, QuotaBelowUse. The caller writes it
    down."""
    if by.principal is None:
        raise NotFound
    unit = scope.get(session, by.principal, Organisation, organisation_id)
    _, notice = _programme(session, slug)
    if unit.id == by.principal.organisation_id:
        raise NotAllowed("本单位的名额由上一级分配。")
    quotas.put(session, notice, unit, track, places)
    return unit


def _programme(session: Session, slug: str) -> tuple[Programme, notices.Programme]:
    """Raises NotFound, also for a programme without places."""
    row = session.get_one(Programme, programmes.latest(session, slug).id)
    notice = programmes.get(session, row.id)
    if not notice.enrolment.quota:
        raise NotFound("这个项目不按名额报名。")
    return row, notice


def _tracks(notice: notices.Programme) -> dict[str, str]:
    return {quotas.ALL_TRACKS: "不分项目"} | {track.key: track.title for track in notice.enrolment.tracks}
