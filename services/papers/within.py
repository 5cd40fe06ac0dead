"""Papers as staff see them: school by school, who may have which, who has it, and what keeps it from the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Paper, Programme
from programmes.parts import Paper as Rule
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.errors import NotFound
from services.papers import claims as paper_claims
from services.papers import papers
from services.papers.papers import Entry
from services.standings import ACTIVE

#: Schools, or learners, on a page.
PAGE = 50
#: Of doubtful papers so many chunks are looked through for one page.
MOST_CHUNKS = 10


@dataclass(frozen=True)
class Line:
    """One learner of a school, with the paper of one kind."""

    enrolment_id: int
    name: str
    entry: Entry


@dataclass(frozen=True)
class Summary:
    """How many learners are issued, due, blocked and revoked, and why the blocked ones are."""

    states: Counter[str]
    reasons: list[tuple[str, int]]


def kinds(session: Session, slug: str) -> list[Rule]:
    """The learners' papers of the programme. Raises NotFound."""
    rules = programmes.get(session, programmes.latest(session, slug).id)
    return [rule for rule in rules.papers if rule.role == "teacher"]


def kind_of(session: Session, slug: str, wanted: str) -> Rule:
    """This one, or the first where none is named. Raises NotFound."""
    known = kinds(session, slug)
    found = next((rule for rule in known if wanted in ("", rule.key)), None)
    if found is None:
        raise NotFound("本项目没有这种证书。")
    return found


def school(session: Session, principal: Principal, organisation_id: int) -> Organisation:
    """Raises NotFound, also for a unit that is no school."""
    found = scope.get(session, principal, Organisation, organisation_id)
    if found.kind != "school":
        raise NotFound
    return found


def schools(
    session: Session, principal: Principal, slug: str, kind: str, *, name: str = "", number: int = 1
) -> tuple[list[sa.Row[int, str, int, int]], bool]:
    """(id, name, learners, papers of this kind that are valid) of the schools of page `number`, and whether more follow."""
    versions = session.scalars(sa.select(Programme.id).where(Programme.slug == slug)).all()
    learning = sa.and_(Enrolment.programme_id.in_(versions), Enrolment.status == ACTIVE)
    one = sa.select(Enrolment.id).where(Enrolment.school_id == Organisation.id, learning).limit(1)
    some = one.correlate(Organisation).scalar_subquery().is_not(None)  # of each school one look into the index
    query = sa.select(Organisation.id).where(some).order_by(Organisation.code)
    if name:
        query = query.where(Organisation.name.contains(name, autoescape=True))
    ids = session.scalars(scope.scope(query, principal).offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    issued = sa.case((sa.and_(Paper.id.is_not(None), Paper.revoked_at.is_(None)), Enrolment.account_id))
    counted = (
        sa.select(
            Organisation.id,
            Organisation.name,
            sa.func.count(sa.distinct(Enrolment.account_id)).label("learners"),
            sa.func.count(sa.distinct(issued)).label("issued"),
        )
        .join(Enrolment, Enrolment.school_id == Organisation.id)
        .outerjoin(Paper, sa.and_(Paper.enrolment_id == Enrolment.id, Paper.kind == kind))
        .where(Enrolment.school_id.in_(ids[:PAGE]), learning)
        .group_by(Organisation.id, Organisation.name, Organisation.code)
        .order_by(Organisation.code)
    )
    return list(session.execute(counted)), len(ids) > PAGE


def lines(session: Session, slug: str, school_id: int, kind: str, now: datetime) -> list[Line]:
    """The learners of a school, by name. The caller has looked whether the school is within reach."""
    query = (
        sa.select(Enrolment)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.school_id == school_id)
        .order_by(Enrolment.id)
    )
    rows = session.scalars(query).all()
    names, held = _names(session, rows), _held(session, slug, kind, rows)
    found = [
        Line(claim.enrolment_id, names[claim.account_id], Entry(claim, held.get(claim.account_id)))
        for claim in paper_claims.of_enrolments(session, rows, now)
        if claim.rule.key == kind and claim.enrolment_id is not None
    ]
    return sorted(found, key=lambda line: (line.name, line.enrolment_id))


def summary(lines: Sequence[Line]) -> Summary:
    reasons = Counter(reason for line in lines if line.entry.state == "blocked" for reason in line.entry.blocked)
    return Summary(Counter(line.entry.state for line in lines), reasons.most_common())


def doubtful(
    session: Session, principal: Principal, slug: str, now: datetime, after: int
) -> tuple[list[tuple[Paper, tuple[str, ...]]], int | None]:
    """Valid papers within reach that would not be issued today: a page of them, and after which id to go on; None at the end."""
    within = scope.within(Paper, principal)
    reached = sa.false() if within is None else within
    found: list[tuple[Paper, tuple[str, ...]]] = []
    last: int | None = after
    for _ in range(MOST_CHUNKS):
        more, last = papers.doubtful_chunk(session, slug, now, last or 0, reached)
        found += more
        if last is None or len(found) >= PAGE:
            break
    return found, last


def _names(session: Session, rows: Sequence[Enrolment]) -> dict[int, str]:
    query = sa.select(Account.id, Account.name).where(Account.id.in_({row.account_id for row in rows}))
    return dict(session.execute(query).all())


def _held(session: Session, slug: str, kind: str, rows: Sequence[Enrolment]) -> dict[int, Paper]:
    query = sa.select(Paper).where(
        Paper.programme_slug == slug, Paper.kind == kind, Paper.account_id.in_({row.account_id for row in rows})
    )
    return {paper.account_id: paper for paper in session.scalars(query)}
