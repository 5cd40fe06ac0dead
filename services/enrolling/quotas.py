"""Places (名额): how many teachers a unit may enrol in a programme, in one track (报名项目) or in all together.

A teacher takes a place of the school and of every unit above it that has places given to it, and there must be one that has.
Who withdrew takes none; who is exempt keeps the place.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as notices
from models import Enrolment, Organisation, Programme, Quota
from services.errors import Conflict, Invalid

MOST = 1_000_000
ALL_TRACKS = ""


class QuotaMissing(Conflict):
    """单位还没有分配名额，不能报名。"""

    code = "quota_missing"


class QuotaFull(Conflict):
    """单位的名额已用完，不能再报名。"""

    code = "quota_full"


class QuotaBelowUse(Conflict):
    """名额不能少于已经报名的人数。"""

    code = "quota_below_use"


class Line(NamedTuple):
    """What one unit has and has used, for a list. `track`: "" for all."""

    code: str
    name: str
    track: str
    places: int
    used: int


class Places:
    """All places of a programme and who has used how many, read once. `take` and `free` count along and write nothing."""

    def __init__(self, session: Session, programme: notices.Programme) -> None:
        self._programme = programme
        units = session.execute(sa.select(Organisation.id, Organisation.parent_id, Organisation.name)).all()
        self._parents = {unit.id: unit.parent_id for unit in units}
        self._names = {unit.id: unit.name for unit in units}
        rows = session.execute(
            sa.select(Quota.organisation_id, Quota.track, Quota.places).where(Quota.programme_slug == programme.id)
        )
        self._places = {(row.organisation_id, row.track): row.places for row in rows}
        self._used: Counter[tuple[int, str]] = Counter()
        enrolled = session.execute(
            sa.select(Enrolment.school_id, Enrolment.track, sa.func.count())
            .join(Programme, Programme.id == Enrolment.programme_id)
            .where(Programme.slug == programme.id, Enrolment.status != "withdrawn", Enrolment.school_id.is_not(None))
            .group_by(Enrolment.school_id, Enrolment.track)
        )
        for school_id, track, count in enrolled:
            if school_id is not None:
                self._count(school_id, track, count)
        self._before = self._used.copy()

    def take(self, school_id: int | None, track: str) -> Conflict | None:
        """Use one place of the school; the reason why not, where there is none."""
        held = list(self._held(school_id, track))
        if not held:
            return QuotaMissing(f"{self._name(school_id)}还没有分配名额，请联系{self._whom()}分配名额后再报名")
        full = next((place for place in held if self._used[place] >= self._places[place]), None)
        if full:
            places = self._places[full]
            left = max(0, places - self._before[full])
            return QuotaFull(
                f"{self._name(full[0])}{self._track(full[1])}共 {places} 个名额，还剩 {left} 个，超出的不能报名；"
                f"名额不够请联系{self._whom()}",
                places=places,
                left=left,
            )
        for place in held:
            self._used[place] += 1
        return None

    def free(self, school_id: int | None, track: str) -> None:
        """Give a place back: its teacher goes elsewhere. Counts as left for those who come after."""
        if school_id is not None:
            self._count(school_id, track, -1)
            for place in self._held(school_id, track):
                self._before[place] -= 1

    def used(self, organisation_id: int, track: str) -> int:
        return self._used[organisation_id, track]

    def lines(self) -> list[tuple[int, str, int, int]]:
        """(unit, track, places, used)."""
        return [(unit, track, places, self._used[unit, track]) for (unit, track), places in self._places.items()]

    def _count(self, school_id: int, track: str, how_many: int) -> None:
        for unit in self._above(school_id):
            for of in {track, ALL_TRACKS}:
                self._used[unit, of] += how_many

    def _held(self, school_id: int | None, track: str) -> Iterator[tuple[int, str]]:
        for unit in self._above(school_id):
            for of in sorted({track, ALL_TRACKS}):
                if (unit, of) in self._places:
                    yield unit, of

    def _above(self, unit: int | None) -> Iterator[int]:
        """The unit and those above it. A circle, which nobody should have made, is gone round once."""
        seen: set[int] = set()
        while unit is not None and unit not in seen:
            seen.add(unit)
            yield unit
            unit = self._parents.get(unit)

    def _name(self, unit: int | None) -> str:
        return f"“{self._names[unit]}”" if unit in self._names else "该单位"

    def _track(self, key: str) -> str:
        track = next((track for track in self._programme.enrolment.tracks if track.key == key), None)
        return f"在“{track.title}”" if track else ""

    def _whom(self) -> str:
        rule = self._programme.enrolment
        return self._programme.notice.issuer + (f"（通知{rule.clause}）" if rule.clause else "")


def lock(session: Session, slug: str) -> None:
    """One after the other: whoever gives or takes places of this programme. FOR NO KEY UPDATE lets enrolments be written meanwhile."""
    session.execute(sa.select(Programme.id).where(Programme.slug == slug).with_for_update(key_share=True)).all()


def take(session: Session, programme: notices.Programme, school_id: int | None, track: str) -> None:
    """Whether one more may be enrolled; nothing where the programme gives no places. The place is used by the enrolment that follows.

    Raises QuotaMissing, QuotaFull.
    """
    if programme.enrolment.quota:
        lock(session, programme.id)
        refused = Places(session, programme).take(school_id, track)
        if refused:
            raise refused


def put(session: Session, programme: notices.Programme, organisation: Organisation, track: str, places: int) -> int:
    """Give a unit its places, more or fewer than before; how many of them are used.

    Raises Invalid (no places in this programme, an unknown track, a number that is none), QuotaBelowUse.
    """
    if not programme.enrolment.quota:
        raise Invalid.field("programme", f"项目 {programme.id} 不按名额报名")
    known = [track.key for track in programme.enrolment.tracks]
    if track != ALL_TRACKS and track not in known:
        raise Invalid.field("track", f"没有这个报名项目，本项目的报名项目是 {'、'.join(known) or '不分项目'}")
    if not 0 <= places <= MOST:
        raise Invalid.field("places", f"名额应为 0 到 {MOST} 的整数")
    lock(session, programme.id)
    used = Places(session, programme).used(organisation.id, track)
    if places < used:
        raise QuotaBelowUse(f"“{organisation.name}”已经用了 {used} 个名额，不能改为 {places} 个。", used=used)
    session.merge(Quota(programme_slug=programme.id, track=track, organisation_id=organisation.id, places=places))
    session.flush()
    return used


def lines(session: Session, programme: notices.Programme) -> list[Line]:
    """What every unit has and has used, by code."""
    found = Places(session, programme).lines()
    units = {
        row.id: row
        for row in session.scalars(sa.select(Organisation).where(Organisation.id.in_({f[0] for f in found})))
    }
    return sorted(Line(units[unit].code, units[unit].name, track, places, used) for unit, track, places, used in found)
