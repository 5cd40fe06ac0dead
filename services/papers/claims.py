"""Which papers (证书) people may come to hold, and what keeps each of them back.

A learner's are those of the score card. A workshop leader's follow from the leader's own assessment, of the workshop that came out
best where somebody leads several.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as rules
from models import Account, Enrolment, Workshop
from programmes import sentences
from programmes.card import score
from programmes.evidence import Standing
from programmes.outcome import Outcome
from programmes.parts import Paper as Rule
from services import programmes, progress, standings
from services.marks import leader_rates

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Claim:
    """`blocked`: why it is not due, in Chinese; empty: it is. `hours`: credit hours that count, of a learner."""

    programme: rules.Programme
    rule: Rule
    account_id: int
    enrolment_id: int | None
    school_id: int | None
    blocked: tuple[str, ...]
    hours: float | None = None

    @property
    def due(self) -> bool:
        return not self.blocked


def of_enrolments(session: Session, rows: Sequence[Enrolment], now: datetime) -> list[Claim]:
    """The learner's papers of each of these enrolments; a few queries for any number of rows."""
    seen = progress.evidence(session, rows)
    found = []
    for row in rows:
        programme = programmes.get(session, row.programme_id)
        card = score(programme, seen[row.id], now)
        for paper in card.papers:
            rule = programme.paper(paper.key)
            assert rule is not None  # noqa: S101  # the card's papers are the programme's
            blocked = ("已退出本项目",) if row.status == WITHDRAWN else paper.blocked
            found.append(
                Claim(programme, rule, row.account_id, row.id, row.school_id, blocked, hours=card.hours_counted)
            )
    return found


def of_leader(session: Session, account_id: int, now: datetime) -> list[Claim]:
    """The papers that this account may come to hold as a workshop leader."""
    slugs = session.scalars(
        sa.select(Workshop.programme_slug)
        .where(Workshop.leader_id == account_id)
        .distinct()
        .order_by(Workshop.programme_slug)
    ).all()
    found: list[Claim] = []
    for slug in slugs:
        row = programmes.find_latest(session, slug)
        if row is not None:
            found += _of_leader(session, programmes.get(session, row.id), account_id, now)
    return found


def of_account(session: Session, account_id: int, enrolments: Sequence[Enrolment], now: datetime) -> list[Claim]:
    """All of one person's."""
    return of_enrolments(session, enrolments, now) + of_leader(session, account_id, now)


def best_outcomes(session: Session, workshops: Iterable[Workshop], now: datetime) -> Iterator[tuple[Workshop, Outcome]]:
    """Each leader's best outcome with its workshop, in the order of the leaders' ids. Nothing where leaders are not assessed."""
    best: dict[int, tuple[Workshop, Outcome]] = {}
    for workshop in sorted(workshops, key=lambda workshop: workshop.id):
        outcome = leader_rates.leader_outcome(session, workshop, now)
        if workshop.leader_id is None or outcome is None:
            continue
        known = best.get(workshop.leader_id)
        if known is None or (outcome.passed, outcome.score) > (known[1].passed, known[1].score):
            best[workshop.leader_id] = (workshop, outcome)
    yield from (best[leader] for leader in sorted(best))


def _of_leader(session: Session, programme: rules.Programme, account_id: int, now: datetime) -> Iterator[Claim]:
    due_to_leaders = [rule for rule in programme.papers if rule.role == "workshop_leader"]
    if not due_to_leaders:
        return
    account = session.get_one(Account, account_id)
    led = session.scalars(
        sa.select(Workshop).where(Workshop.programme_slug == programme.id, Workshop.leader_id == account_id)
    )
    for _, outcome in best_outcomes(session, led, now):
        honours = standings.honours(session, {programme.id}, {account_id})
        outcome.standing = Standing(
            leader=True,
            honours=frozenset(honours.get((programme.id, account_id), ())),
            paid=(programme.id, account.school_id) in standings.paid_schools(session, {programme.id}),
        )
        for rule in due_to_leaders:
            blocked = tuple(sentences.blocks(rule, outcome))
            yield Claim(programme, rule, account_id, None, account.school_id, blocked)
