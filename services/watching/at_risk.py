"""Who is at risk (有风险) of not passing before study ends, while something can still be done about it. One rule:

A teacher who has not passed, and still can, is at risk where the counted hours (学时, as on the score card) are fewer than

    half of the pace     ½ × the hours required on the platform × the share of the study time that has gone by,
                         once a quarter of it has: before that nobody is late yet;
    or, near the end     in the last 14 days, four fifths of the hours required: who lacks more than a fifth then has to be called.

Study time is that of programmes.calendar.study_windows: closures do not count. Outside of it nobody is at risk: before, there is nothing to
do, and after, nothing that can be done. Who cannot pass any more is not chased either. No notice defines this; the page says the rule.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Programme, Result
from programmes import calendar
from programmes.schema import Programme as Notice
from services import programmes

GRACE = 0.25
PACE = 0.5
LAST_DAYS = 14
NEAR_THE_END = 0.8
RULE = (
    "尚未合格但仍可能合格，并且：学习时间已过四分之一后，已计学时不到“必修学时 × 已过学习时间的比例”的一半；"
    f"或者距学习结束不足 {LAST_DAYS} 天，必修学时还差五分之一以上。"
)


@dataclass(frozen=True)
class Threshold:
    """At risk is who has fewer than `hours` of the `required` ones. `gone`: the share of the study time, 0 to 1."""

    hours: float
    required: float
    gone: float
    closes: datetime
    days_left: int


def threshold(programme: Notice, now: datetime) -> Threshold | None:
    """None while nobody can be at risk."""
    zone = programme.zone
    phases = [phase for phase in programme.calendar.phases if phase.study]
    if not phases:
        return None
    opens = min(phase.opens.begin(zone) for phase in phases)
    closes = max(phase.closes.end(zone) for phase in phases)
    if not opens <= now < closes:
        return None
    whole, gone = (_length(programme, opens, until) for until in (closes, now))
    share = gone / whole if whole else 0.0
    required = sum(module.hours for module in programme.modules if module.place == "study")
    days_left = ceil((closes - now) / timedelta(days=1))
    hours = PACE * required * share if share >= GRACE else 0.0
    if days_left <= LAST_DAYS:
        hours = max(hours, NEAR_THE_END * required)
    return Threshold(hours, required, share, closes, days_left)


def condition(session: Session, slug: str, now: datetime) -> sa.ColumnElement[bool]:
    """On rows of Enrolment with their Result, if any (an outer join): by the version that each belongs to."""
    versions = session.scalars(sa.select(Programme.id).where(Programme.slug == slug).order_by(Programme.id)).all()
    rules = []
    for version in versions:
        programme = programmes.get(session, version)
        limit = threshold(programme, now)
        if limit is None or not limit.hours:
            continue
        behind = sa.func.coalesce(Result.hours_counted, 0.0) < limit.hours
        possible = sa.or_(Result.best.is_(None), Result.best >= programme.pass_rule.mark)
        unpassed = sa.or_(Result.passed.is_(None), Result.passed.is_(False))
        rules.append(sa.and_(Enrolment.programme_id == version, unpassed, possible, behind))
    return sa.or_(*rules) if rules else sa.false()


def _length(programme: Notice, start: datetime, end: datetime) -> float:
    """Study time in s."""
    return sum((b - a).total_seconds() for a, b in calendar.study_windows(programme, start, end))
