"""Honours (评优): who is recommended, how the candidates rank, and the list that is frozen once and decides from then on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import programmes as rules
from models import Account, Enrolment, HonourEntry, HonourList, Programme, Recommendation, Workshop
from programmes.parts import Honour
from programmes.parts import Paper as Rule
from programmes.sentences import rounded_down
from services import programmes, results
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.papers import claims as paper_claims
from services.papers.ranks import Candidate, Placed, ranked

#: Entries written together.
CHUNK = 500
ACTIVE = "active"
LONGEST_REASON = 300


class HonoursFrozen(Conflict):
    """评优名单已经公布，不能再改动。"""

    code = "honours_frozen"


class HonoursTooEarly(Conflict):
    """还没有到评优的时间，名单不能公布。"""

    code = "honours_too_early"


@dataclass(frozen=True)
class Listed:
    """A row of a frozen list, for people."""

    rank: int
    name: str
    score: float
    awarded: bool
    because: str


#: (session, slug, rule, now) → those who passed.
Candidates = Callable[[Session, str, Rule, datetime], list[Candidate]]


def recommend(session: Session, leader_id: int, enrolment: Enrolment, kind: str, reason: str, now: datetime) -> None:
    """The leader of the learner's workshop recommends the learner; again replaces the reason.

    Raises NotFound (no such honour), Invalid, Forbidden (another's workshop), HonoursFrozen.
    """
    slug = enrolment.programme.slug
    honour = _rule(programmes.get(session, enrolment.programme_id), kind)
    if honour.role != "teacher":
        raise Invalid.field("kind", "只能推荐学员")
    said = " ".join(reason.split())
    if len(said) > LONGEST_REASON or (said and not said.isprintable()):
        raise Invalid.field("reason", f"推荐理由不超过 {LONGEST_REASON} 字")
    workshop = session.get(Workshop, enrolment.workshop_id) if enrolment.workshop_id is not None else None
    if workshop is None or workshop.leader_id != leader_id:
        raise Forbidden("只有学员所在工作坊的坊主可以推荐。")
    if find(session, slug, kind):
        raise HonoursFrozen
    session.merge(Recommendation(enrolment_id=enrolment.id, kind=kind, by=leader_id, at=now, reason=said))
    session.flush()


def preview(
    session: Session, slug: str, kind: str, now: datetime, candidates: Candidates | None = None
) -> list[Placed]:
    """How the candidates rank as things stand; changes nothing. Raises NotFound, Invalid (a paper that is no honour)."""
    rule = _rule(programmes.get(session, programmes.latest(session, slug).id), kind)
    return ranked(_honour(rule), (candidates or passed)(session, slug, rule, now))


def freeze(
    session: Session, slug: str, kind: str, by: str, now: datetime, candidates: Candidates | None = None
) -> HonourList:
    """Write the list down. Scores that change later change nothing in it. Raises HonoursFrozen, HonoursTooEarly and preview's.

    It takes as long as scoring everybody does; on SQLite hand in `candidates` that were computed before, so that nobody waits.
    """
    programme = programmes.get(session, programmes.latest(session, slug).id)
    _rule(programme, kind)
    who = " ".join(by.split())
    if not 2 <= len(who) <= 50 or not who.isprintable():
        raise Invalid.field("by", "请写明公布人，2 至 50 字")
    opens = opens_at(programme)
    if now < opens:
        raise HonoursTooEarly(f"评优名单在 {opens:%Y-%m-%d %H:%M} 之后才能公布。")
    placed = preview(session, slug, kind, now, candidates)
    frozen = HonourList(programme_slug=slug, kind=kind, frozen_at=now, frozen_by=who)
    try:
        with session.begin_nested():
            session.add(frozen)
    except IntegrityError:  # frozen before, or by somebody else just now
        raise HonoursFrozen from None
    entries = [_entry(frozen.id, one) for one in placed]
    for start in range(0, len(entries), CHUNK):
        session.execute(sa.insert(HonourEntry), entries[start : start + CHUNK])
    return frozen


def opens_at(programme: rules.Programme) -> datetime:
    """From when on lists may be frozen: the honours phase begins, else study ends."""
    zone = programme.zone
    phases = programme.calendar.phases
    honours = [phase.opens.begin(zone) for phase in phases if phase.kind == "honours"]
    return min(honours) if honours else max(phase.closes.end(zone) for phase in phases if phase.study)


def find(session: Session, slug: str, kind: str) -> HonourList | None:
    """The frozen list, if there is one."""
    return session.scalar(sa.select(HonourList).where(HonourList.programme_slug == slug, HonourList.kind == kind))


def listed(session: Session, slug: str, kind: str) -> tuple[HonourList, list[Listed]]:
    """The frozen list with names, for staff. Raises NotFound."""
    frozen = find(session, slug, kind)
    if frozen is None:
        raise NotFound("这份评优名单还没有公布。")
    query = (
        sa.select(HonourEntry.rank, Account.name, HonourEntry.score, HonourEntry.awarded, HonourEntry.because)
        .join(Account, Account.id == HonourEntry.account_id)
        .where(HonourEntry.list_id == frozen.id)
        .order_by(HonourEntry.workshop_id, HonourEntry.rank, HonourEntry.account_id)
    )
    return frozen, [Listed(*row) for row in session.execute(query)]


def named(session: Session, placed: Sequence[Placed]) -> list[Listed]:
    """A preview with names, for staff."""
    names: dict[int, str] = {}
    accounts = [one.candidate.account_id for one in placed]
    for start in range(0, len(accounts), CHUNK):
        query = sa.select(Account.id, Account.name).where(Account.id.in_(accounts[start : start + CHUNK]))
        names.update(dict(session.execute(query).all()))
    return [
        Listed(one.rank, names[one.candidate.account_id], rounded_down(one.candidate.score), one.awarded, one.because)
        for one in placed
    ]


def passed(session: Session, slug: str, rule: Rule, now: datetime) -> list[Candidate]:
    """Those who passed: learners of all versions of the programme (neither exempt nor withdrawn), or its workshops' leaders."""
    if rule.role == "workshop_leader":
        return list(_leaders(session, slug, now))
    best: dict[int, Candidate] = {}
    for one in _learners(session, slug, rule.key, now):  # who is in two versions is one person
        known = best.get(one.account_id)
        if known is None or one.score > known.score:
            best[one.account_id] = one
    return list(best.values())


def _learners(session: Session, slug: str, kind: str, now: datetime) -> Iterator[Candidate]:
    active = (
        sa.select(Enrolment.id, Enrolment.workshop_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE)
    )
    workshops = dict(session.execute(active).all())
    recommended = set(session.scalars(sa.select(Recommendation.enrolment_id).where(Recommendation.kind == kind)))
    for one in results.each(session, slug, now):
        if one.outcome.passed and one.enrolment_id in workshops:
            yield Candidate(
                one.account_id,
                one.outcome.score,
                one.enrolment_id,
                workshops[one.enrolment_id],
                one.enrolment_id in recommended,
            )


def _leaders(session: Session, slug: str, now: datetime) -> Iterator[Candidate]:
    led = session.scalars(sa.select(Workshop).where(Workshop.programme_slug == slug, Workshop.leader_id.is_not(None)))
    for workshop, outcome in paper_claims.best_outcomes(session, led, now):
        if outcome.passed and workshop.leader_id is not None:
            yield Candidate(workshop.leader_id, outcome.score, workshop_id=workshop.id)


def _entry(list_id: int, placed: Placed) -> dict[str, object]:
    candidate = placed.candidate
    return {
        "list_id": list_id,
        "account_id": candidate.account_id,
        "enrolment_id": candidate.enrolment_id,
        "workshop_id": candidate.workshop_id,
        "rank": placed.rank,
        "score": rounded_down(candidate.score),
        "awarded": placed.awarded,
        "because": placed.because,
    }


def _rule(programme: rules.Programme, kind: str) -> Rule:
    rule = programme.paper(kind)
    if rule is None or rule.honour is None:
        known = "、".join(paper.key for paper in programme.papers if paper.honour) or "没有"
        raise NotFound(f"本项目没有这种评优，现有：{known}。")
    return rule


def _honour(rule: Rule) -> Honour:
    assert rule.honour is not None  # noqa: S101  # _rule made sure
    return rule.honour
