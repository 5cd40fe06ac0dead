"""Results (成绩) of very many enrolments, kept in a table for lists, ranks, rates and registers.

The score card is always computed anew; this is the same scorer over everybody, a chunk at a time in flat memory, writing only what
changed. Seconds are summed up by the database, as programmes.evidence.tally sums them up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Course, Coverage, Enrolment, Lesson, Programme, Result
from programmes.evidence import Tally, exactly
from programmes.schema import HourRule
from programmes.scoring import Outcome, Scorer
from programmes.sentences import rounded_down
from services import programmes, standings
from services.authority import scope
from services.handing_in import achievements
from services.work import UnitOfWork

#: Enrolments read, scored and written at a time.
CHUNK = 1000
#: Called as progress(done, total) after each chunk.
Progress = Callable[[int, int], None]


@dataclass
class Recomputed:
    """How many were looked at, how many of their results are new or different now, and how many passed."""

    enrolments: int = 0
    changed: int = 0
    passed: int = 0


@dataclass(frozen=True)
class Scored:
    """One enrolment with its outcome; the programme's version is the enrolment's own."""

    enrolment_id: int
    account_id: int
    school_id: int | None
    programme_id: int
    hour_seconds: int
    outcome: Outcome


def recompute(
    work: UnitOfWork,
    slug: str,
    now: datetime,
    progress: Progress = lambda _done, _total: None,
    organisation_id: int = 0,
) -> Recomputed:
    """Bring the results of all enrolments of the programme up to date, or of those at schools below one organisation; again is harmless,
    and so is twice at once.

    Each chunk is a transaction of its own.
    """
    done = Recomputed()
    with work(read_only=True) as session:
        total = (
            session.scalar(sa.select(sa.func.count()).select_from(_enrolments(slug, organisation_id).subquery())) or 0
        )
    after = 0
    while True:
        with work(read_only=True) as session:
            scored = score_chunk(session, slug, now, after, organisation_id=organisation_id)
            known = _known(session, [row.enrolment_id for row in scored])
        if not scored:
            return done
        rows = [_row(one, now) for one in scored]
        differing = [row for row in rows if known.get(row["enrolment_id"]) != _compared(row)]
        if differing:
            try:
                with work(read_only=False) as session:
                    _write(session, differing, known)
            except IntegrityError:  # somebody else wrote results of this chunk since we looked: look again
                continue
        after = scored[-1].enrolment_id
        done.enrolments += len(rows)
        done.changed += len(differing)
        done.passed += sum(row["passed"] for row in rows)
        progress(done.enrolments, total)


def each(session: Session, slug: str, now: datetime) -> Iterator[Scored]:
    """Every enrolment of the programme with its outcome as of `now`, by id; in flat memory."""
    after = 0
    while scored := score_chunk(session, slug, now, after):
        yield from scored
        after = scored[-1].enrolment_id


def score_chunk(
    session: Session, slug: str, now: datetime, after: int, limit: int = CHUNK, *, organisation_id: int = 0
) -> list[Scored]:
    """The next enrolments after the id `after`, scored by the version that each belongs to."""
    rows = session.execute(
        _enrolments(slug, organisation_id).where(Enrolment.id > after).order_by(Enrolment.id).limit(limit)
    ).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    scorers = {programme_id: _scorer(session, programme_id) for programme_id in {row.programme_id for row in rows}}
    tallies = _tallies(session, {row.id: scorers[row.programme_id].programme.hours for row in rows})
    items = achievements.items(session, ids)
    standing = standings.of(session, rows)
    return [
        Scored(
            row.id,
            row.account_id,
            row.school_id,
            row.programme_id,
            scorer.hour,
            scorer.from_tally(tallies[row.id], items[row.id], standing[row.id], now),
        )
        for row in rows
        for scorer in [scorers[row.programme_id]]
    ]


def _enrolments(slug: str, organisation_id: int = 0) -> sa.Select[int, int, int | None, int, str, str]:
    """All but the withdrawn."""
    query = (
        sa.select(
            Enrolment.id,
            Enrolment.account_id,
            Enrolment.school_id,
            Enrolment.programme_id,
            Enrolment.status,
            Enrolment.exemption,
        )
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.status != "withdrawn")
    )
    return query.where(Enrolment.school_id.in_(scope.at_or_below(organisation_id))) if organisation_id else query


def _scorer(session: Session, programme_id: int) -> Scorer:
    return Scorer(programmes.get(session, programme_id))


def _tallies(session: Session, rules: dict[int, HourRule]) -> dict[int, Tally]:
    found = {enrolment_id: Tally({}, {}) for enrolment_id in rules}
    for rule in {rule.credit + str(rule.completion): rule for rule in rules.values()}.values():
        ids = [
            enrolment_id
            for enrolment_id, its in rules.items()
            if (its.credit, its.completion) == (rule.credit, rule.completion)
        ]
        query = (
            sa.select(Coverage.enrolment_id, Course.module, Course.ability, sa.func.sum(_seconds(rule)))
            .join(Lesson, Lesson.id == Coverage.lesson_id)
            .join(Course, Course.id == Lesson.course_id)
            .where(Coverage.enrolment_id.in_(ids))
            .group_by(Coverage.enrolment_id, Course.module, Course.ability)
        )
        for enrolment_id, module, ability, summed in session.execute(query):
            tally, seconds = found[enrolment_id], int(summed)
            tally.modules[module] = tally.modules.get(module, 0) + seconds
            if ability:
                tally.abilities[module, ability] = tally.abilities.get((module, ability), 0) + seconds
    return found


def _seconds(rule: HourRule) -> sa.ColumnElement[int]:
    """programmes.evidence.lesson_seconds, in SQL and whole numbers."""
    credited = sa.case((Coverage.credited < Lesson.duration, Coverage.credited), else_=Lesson.duration)
    if rule.credit == "pro_rata":
        return credited
    needed = exactly(rule.completion)
    return sa.case((credited * needed.denominator >= Lesson.duration * needed.numerator, Lesson.duration), else_=0)


def _row(one: Scored, now: datetime) -> dict[str, Any]:
    outcome = one.outcome
    hour = one.hour_seconds
    return {
        "enrolment_id": one.enrolment_id,
        "programme_id": one.programme_id,
        "score": rounded_down(outcome.score),
        "best": rounded_down(outcome.best),
        "passed": outcome.passed,
        "hours_credited": rounded_down(Fraction(outcome.seconds, hour)),
        "hours_counted": rounded_down(outcome.counted / hour),
        "credits": None if outcome.credits is None else rounded_down(outcome.credits),
        "computed_at": now,
    }


def _compared(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(value for name, value in row.items() if name not in ("enrolment_id", "computed_at"))


def _known(session: Session, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    query = sa.select(
        Result.enrolment_id,
        Result.programme_id,
        Result.score,
        Result.best,
        Result.passed,
        Result.hours_credited,
        Result.hours_counted,
        Result.credits,
    ).where(Result.enrolment_id.in_(ids))
    return {enrolment_id: tuple(values) for enrolment_id, *values in session.execute(query)}


def _write(session: Session, rows: Sequence[dict[str, Any]], known: dict[int, tuple[Any, ...]]) -> None:
    new = [row for row in rows if row["enrolment_id"] not in known]
    changed = [row for row in rows if row["enrolment_id"] in known]
    if new:
        session.execute(sa.insert(Result), new)
    if changed:
        session.execute(sa.update(Result), changed)
