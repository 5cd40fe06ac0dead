"""Make-up enrolment (补学): who did not pass last year's programme is enrolled in the one that makes up for it, besides this year's.

Shexian 2022, annex 1: "2021 年度培训未合格的参训教师，还须报名参加 2021 年度的补学项目".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as notices
from models import Account, Enrolment, Programme, Result
from programmes.arrangements import MakeUp
from programmes.calendar import study_closes_at
from programmes.scoring import Scorer
from services import programmes, progress
from services.enrolling import enrolments, quotas
from services.enrolling.enrolments import ACTIVE, MAKE_UP, WITHDRAWN

#: Enrolments scored, and rows written, in one go.
CHUNK = 500


@dataclass
class Done:
    """`enrolled` who were not yet; `notes` say in Chinese what was done and what could not be."""

    enrolled: int = 0
    notes: list[str] = field(default_factory=list)


def run(session: Session, programme: Programme, now: datetime) -> Done:
    """Enrol whoever takes part in `programme` and failed what it makes up for. Again is harmless."""
    done = Done()
    for rule in programmes.get(session, programme.id).enrolment.make_ups:
        _run(session, programme, rule, now, done)
    return done


def _run(session: Session, programme: Programme, rule: MakeUp, now: datetime, done: Done) -> None:
    after, into = programmes.find_latest(session, rule.after), programmes.find_latest(session, rule.into)
    if after is None:
        return  # nobody of ours took part
    if study_closes_at(programmes.get(session, after.id), now) is not None:
        done.notes.append(f"“{after.title}”还没有结束，结束后请执行 flask enrol make-up {programme.slug}。")
        return
    if into is None:
        done.notes.append(
            f"补学项目 {rule.into} 还没有发布，没有为“{after.title}”未合格的教师报名；发布后请执行 flask enrol make-up {programme.slug}。"
        )
        return
    quotas.lock(session, into.slug)  # of two at once, the second sees whom the first enrolled
    failed = _failed(session, programme, rule, now)
    added, refused = _enrol(session, programmes.get(session, into.id), into, failed, now)
    done.enrolled += added
    if added:
        done.notes.append(f"“{after.title}”未合格的 {added} 人已报名“{into.title}”。")
    if refused:
        done.notes.append(f"另有 {refused} 人因名额或学段未能报名“{into.title}”。")


def _failed(session: Session, programme: Programme, rule: MakeUp, now: datetime) -> list[Enrolment]:
    """Enrolments in `programme` whose teachers were also in `rule.after`, did not pass there, and are not in `rule.into` yet.

    A kept result that passed is believed (what is earned is never lost); any other is scored anew.
    """
    here, before = sa.orm.aliased(Enrolment), sa.orm.aliased(Enrolment)
    query = (
        sa.select(here, before)
        .join(before, before.account_id == here.account_id)
        .outerjoin(Result, Result.enrolment_id == before.id)
        .where(
            here.programme_id.in_(_versions(programme.slug)),
            here.status != WITHDRAWN,
            before.programme_id.in_(_versions(rule.after)),
            before.status == ACTIVE,
            sa.or_(Result.passed.is_(None), Result.passed.is_(False)),
            here.account_id.not_in(
                sa.select(Enrolment.account_id).where(Enrolment.programme_id.in_(_versions(rule.into)))
            ),
        )
        .order_by(here.id)
    )
    pairs = session.execute(query).all()
    scorers: dict[int, Scorer] = {}
    failed = []
    for start in range(0, len(pairs), CHUNK):
        chunk = pairs[start : start + CHUNK]
        seen = progress.evidence(session, [earlier for _, earlier in chunk])
        for enrolment, earlier in chunk:
            scorer = scorers.get(earlier.programme_id)
            if scorer is None:
                scorer = scorers[earlier.programme_id] = Scorer(programmes.get(session, earlier.programme_id))
            if not scorer.outcome(seen[earlier.id], now).passed:
                failed.append(enrolment)
    return failed


def _enrol(
    session: Session, notice: notices.Programme, into: Programme, rows: Sequence[Enrolment], now: datetime
) -> tuple[int, int]:
    """How many were enrolled, and how many could not be."""
    places = quotas.Places(session, notice) if notice.enrolment.quota and rows else None
    stages: dict[int, str | None] = {}
    for start in range(0, len(rows), CHUNK):
        ids = [row.account_id for row in rows[start : start + CHUNK]]
        found = session.execute(sa.select(Account.id, Account.stage).where(Account.id.in_(ids)))
        stages |= {account_id: stage for account_id, stage in found}  # noqa: C416
    fitting = list(_fitting(notice, into, places, rows, stages, now))
    for start in range(0, len(fitting), CHUNK):
        session.execute(sa.insert(Enrolment), fitting[start : start + CHUNK])
    return len(fitting), len(rows) - len(fitting)


def _fitting(
    notice: notices.Programme,
    into: Programme,
    places: quotas.Places | None,
    rows: Sequence[Enrolment],
    stages: dict[int, str | None],
    now: datetime,
) -> Iterator[dict[str, Any]]:
    for row in rows:
        track = enrolments.track_of(notice, stages[row.account_id] or "")
        if track is not None and (places is None or places.take(row.school_id, track) is None):
            yield {
                "account_id": row.account_id,
                "programme_id": into.id,
                "school_id": row.school_id,
                "track": track,
                "staff": row.staff,
                "home_school": row.home_school,
                "status": ACTIVE,
                "origin": MAKE_UP,
                "enrolled_at": now,
                "credited_seconds": 0,
            }


def _versions(slug: str) -> sa.Select[int]:
    return sa.select(Programme.id).where(Programme.slug == slug)
