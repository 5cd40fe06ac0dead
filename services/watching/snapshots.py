"""Daily snapshots (每日快照): what the rollups say at the end of a day, written once and never again.

A day that is long past cannot be counted any more, so only the day before, and today, can be frozen; `counted_at` says when it was.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import DailyTally, Enrolment, Organisation, Programme, SchoolTally
from programmes.schema import Programme as Notice
from services import programmes
from services.authority import scope
from services.errors import Invalid
from services.watching import tallies, units
from services.watching.tallies import Counts

ZONE = ZoneInfo("Asia/Shanghai")
#: The day before is frozen from then on: what was studied before midnight has reached SQL by then.
FROM = time(0, 10)
#: Snapshots go on so long after the last phase: homework is still graded and lists are corrected.
SETTLING = timedelta(days=60)
TREND_DAYS = 60


class Point(NamedTuple):
    day: date
    counts: Counts


def freeze(session: Session, slug: str, day: date, now: datetime) -> int:
    """Write down the rollups as those of `day`; returns how many schools. 0 where that day is frozen already: nothing changes then.

    Count before. Raises NotFound, Invalid (day).
    """
    today = now.astimezone(ZONE).date()
    if not today - timedelta(days=1) <= day <= today:
        raise Invalid.field("day", "只能保存昨天或今天的快照：更早的日子现在已经数不出来")
    newest = programmes.latest(session, slug)
    session.execute(sa.select(Programme.id).where(Programme.id == newest.id).with_for_update(key_share=True))
    if is_frozen(session, slug, day):
        return 0
    rows = session.scalars(sa.select(SchoolTally).where(SchoolTally.programme_slug == slug)).all()
    frozen = [
        {"day": day, "programme_slug": slug, "school_id": row.school_id, "counted_at": row.counted_at}
        | {name: getattr(row, name) for name in Counts._fields}
        for row in rows
    ]
    if frozen:
        session.execute(sa.insert(DailyTally), frozen)
    return len(frozen)


def is_frozen(session: Session, slug: str, day: date) -> bool:
    query = sa.select(sa.exists().where(DailyTally.programme_slug == slug, DailyTally.day == day))
    return bool(session.scalar(query))


def computed_at(session: Session, slug: str) -> datetime | None:
    """When results were computed for a snapshot last: those in the rollups are at least as fresh. None: never."""
    query = sa.select(DailyTally.counted_at).where(DailyTally.programme_slug == slug)
    return session.scalar(query.order_by(DailyTally.day.desc()).limit(1))


def trend(session: Session, slug: str, unit_id: int | None, today: date, *, direct: bool = False) -> list[Point]:
    """The last TREND_DAYS days of a unit with all below it (`direct`: of the schools directly below), the oldest first; days without a
    snapshot are left out."""
    below: Collection[int] | sa.Select[int] = sa.select(Organisation.id)
    if direct:
        below = sa.select(units.beneath(unit_id, direct=True).c.id)
    elif unit_id is not None:
        below = scope.gathered(session, unit_id)
    query = (
        sa.select(DailyTally.day, *units.summed_columns(DailyTally))
        .where(DailyTally.programme_slug == slug, DailyTally.day >= today - timedelta(days=TREND_DAYS))
        .where(DailyTally.school_id.in_(below))
        .group_by(DailyTally.day)
        .order_by(DailyTally.day)
    )
    return [Point(day, tallies.read(values)) for day, *values in session.execute(query)]


def in_study(session: Session, now: datetime) -> list[str]:
    """The programmes whose study time it is: they are counted every few minutes."""
    return [slug for slug, notice in _newest(session) if _span(notice, study=True, more=timedelta(0), now=now)]


def due(session: Session, now: datetime) -> list[tuple[str, date]]:
    """(programme, day): the snapshots of yesterday that are not there yet."""
    local = now.astimezone(ZONE)
    day = local.date() - timedelta(days=1)
    if local.time() < FROM:
        return []
    wanted = [slug for slug, notice in _newest(session) if _span(notice, study=False, more=SETTLING, now=now)]
    return [(slug, day) for slug in wanted if not is_frozen(session, slug, day) and _has_anybody(session, slug)]


def _has_anybody(session: Session, slug: str) -> bool:
    """Of nobody there is nothing to freeze."""
    enrolled = sa.exists().where(Enrolment.programme_id == Programme.id, Programme.slug == slug)
    return bool(session.scalar(sa.select(enrolled)))


def _newest(session: Session) -> list[tuple[str, Notice]]:
    found: dict[str, Notice] = {}
    for row in programmes.every(session):
        if row.slug not in found:
            found[row.slug] = programmes.get(session, row.id)
    return list(found.items())


def _span(notice: Notice, *, study: bool, more: timedelta, now: datetime) -> bool:
    phases = [phase for phase in notice.calendar.phases if phase.study or not study]
    if not phases:
        return False
    opens = min(phase.opens.begin(notice.zone) for phase in phases)
    return opens <= now < max(phase.closes.end(notice.zone) for phase in phases) + more
