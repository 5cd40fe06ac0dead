"""The teachers behind a number (名单): who never signed in, who is at risk, who has not passed; paged by keyset, and for export.

What is still missing in a line is computed anew, and so only for the rows of one page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, Result, Workshop
from programmes.scoring import Scorer
from programmes.summary import summary
from services import id_numbers, profiles, programmes, progress
from services.authority import scope
from services.authority.principals import Principal
from services.errors import Invalid, NotFound
from services.standings import ACTIVE, EXEMPT
from services.vault import Vault
from services.watching import at_risk, units
from services.watching.tallies import NOWHERE

PAGE = 50
#: What is still missing is computed for so many at a time.
CHUNK = 200
#: How many schools are looked into first for a page.
SCHOOLS = 4
#: Rows of one export or printed list.
MOST = 20_000
MOST_PRINTED = 1_000
#: What a list can be narrowed to.
SHOWN = {
    "all": "全部",
    "never": "从未登录",
    "idle": "登录但没有学习",
    "at_risk": "有风险",
    "not_passed": "未合格",
    "passed": "已合格",
    "exempt": "免修",
}


class TooManyToExport(Invalid):
    """人数太多，请到下一级单位分别导出。"""

    code = "too_many_to_export"


class Place(NamedTuple):
    """Where a page ends: the keyset."""

    school_id: int
    enrolment_id: int

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """ "12-345"; None for anything else."""
        school, _, enrolment = text.partition("-")
        if school.isascii() and school.isdigit() and enrolment.isascii() and enrolment.isdigit():
            place = cls(int(school), int(enrolment))
            return place if max(place) <= scope.GREATEST_ID else None
        return None

    def __str__(self) -> str:
        return f"{self.school_id}-{self.enrolment_id}"


@dataclass(frozen=True)
class Learner:
    """Numbers are masked. `missing`: the card's line, "" where it was not asked for."""

    account_id: int
    enrolment_id: int
    name: str
    school: str
    workshop: str
    id_number: str
    mobile: str
    status: str
    hours: float
    score: float | None
    passed: bool
    signed_in_at: datetime | None
    missing: str

    @property
    def standing(self) -> str:
        """免修、合格、未合格"""
        return "免修" if self.status == EXEMPT else "合格" if self.passed else "未合格"


@dataclass(frozen=True)
class Page:
    rows: list[Learner]
    #: Where the next one begins; None: this is the last.
    after: Place | None


@dataclass(frozen=True)
class Asked:
    """Which list. Without a unit the person's own; `direct`: only the schools directly below it."""

    slug: str
    organisation_id: int | None = None
    shown: str = "all"
    workshop_id: int | None = None
    direct: bool = False


def page(
    session: Session,
    vault: Vault,
    principal: Principal,
    asked: Asked,
    now: datetime,
    after: Place | None,
    limit: int = PAGE,
) -> Page:
    """Raises NotFound, also for a list that there is not."""
    found = _found(session, principal, asked, now, after, limit + 1)
    rows = _learners(session, vault, [place.enrolment_id for place in found[:limit]], now)
    return Page(rows, found[limit - 1] if len(found) > limit else None)


def every(
    session: Session, vault: Vault, principal: Principal, asked: Asked, now: datetime, most: int = MOST
) -> Iterator[Learner]:
    """All of the list, in flat memory. Raises NotFound, TooManyToExport."""
    unit = units.reached(session, principal, asked.organisation_id)
    here = in_unit(session, unit, direct=asked.direct)
    query = _query(session, principal, asked, now).where(here).order_by(None).limit(most + 1)
    if (session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0) > most:
        raise TooManyToExport(f"超过 {most} 人，请到下一级单位分别导出或打印。")
    return _every(session, vault, principal, asked, now)


def _every(session: Session, vault: Vault, principal: Principal, asked: Asked, now: datetime) -> Iterator[Learner]:
    after: Place | None = None
    while True:
        got = page(session, vault, principal, asked, now, after, CHUNK)
        yield from got.rows
        after = got.after
        if after is None:
            return


def _query(session: Session, principal: Principal, asked: Asked, now: datetime) -> sa.Select[int | None, int]:
    """(school_id, id) within reach, in whatever unit, by these; whoever wants more asks for it of those who are on the page."""
    if asked.shown not in SHOWN:
        raise NotFound
    condition = {
        "all": Enrolment.status.in_((ACTIVE, EXEMPT)),
        "never": sa.and_(Enrolment.status == ACTIVE, Account.last_login_at.is_(None)),
        "idle": sa.and_(
            Enrolment.status == ACTIVE, Account.last_login_at.is_not(None), Enrolment.credited_seconds == 0
        ),
        "at_risk": sa.and_(Enrolment.status == ACTIVE, at_risk.condition(session, asked.slug, now)),
        "not_passed": sa.and_(Enrolment.status == ACTIVE, sa.or_(Result.passed.is_(None), Result.passed.is_(False))),
        "passed": sa.and_(Enrolment.status == ACTIVE, Result.passed.is_(True)),
        "exempt": Enrolment.status == EXEMPT,
    }[asked.shown]
    versions = session.scalars(sa.select(Programme.id).where(Programme.slug == asked.slug)).all()
    query = (
        sa.select(Enrolment.school_id, Enrolment.id)
        # Outer joins: the database leaves out those that the condition does not need.
        .outerjoin(Account, Account.id == Enrolment.account_id)
        .outerjoin(Result, Result.enrolment_id == Enrolment.id)
        .where(Enrolment.programme_id.in_(versions), condition)
        .order_by(sa.func.coalesce(Enrolment.school_id, 0), Enrolment.id)
    )
    if asked.workshop_id is not None:
        query = query.where(Enrolment.workshop_id == asked.workshop_id)
    return scope.scope(query, principal)


def in_unit(session: Session, unit: Organisation | None, *, direct: bool) -> sa.ColumnElement[bool]:
    """On rows of Enrolment."""
    if direct:
        return Enrolment.school_id.in_(sa.select(units.beneath(unit.id if unit else None, direct=True).c.id))
    return sa.true() if unit is None else Enrolment.school_id.in_(scope.gathered(session, unit.id))


def _found(
    session: Session, principal: Principal, asked: Asked, now: datetime, after: Place | None, limit: int
) -> list[Place]:
    """A few schools at a time, more and more of them: a page of a city's list must not read the whole city."""
    query = _query(session, principal, asked, now)
    unit = units.reached(session, principal, asked.organisation_id)
    schools = _schools(session, unit, direct=asked.direct)
    rest = [school for school in schools if after is None or school >= after.school_id]
    found: list[Place] = []
    size = SCHOOLS
    while rest and len(found) < limit:
        some, rest, size = rest[:size], rest[size:], size * 4
        here = Enrolment.school_id.in_(some)
        narrowed = query.where(sa.or_(here, Enrolment.school_id.is_(None)) if NOWHERE in some else here)
        if after is not None and after.school_id in some:
            passed = Enrolment.school_id == after.school_id if after.school_id else Enrolment.school_id.is_(None)
            narrowed = narrowed.where(sa.not_(sa.and_(passed, Enrolment.id <= after.enrolment_id)))
        rows = session.execute(narrowed.limit(limit - len(found)))
        found += [Place(school_id or NOWHERE, enrolment_id) for school_id, enrolment_id in rows]
    return found


def _schools(session: Session, unit: Organisation | None, *, direct: bool) -> list[int]:
    """Where somebody of the unit may work, in order; NOWHERE stands for no school."""
    if unit is None and not direct:
        return [NOWHERE, *session.scalars(sa.select(Organisation.id).order_by(Organisation.id))]
    below = units.beneath(unit.id if unit else None, direct=direct)
    return sorted(session.scalars(sa.select(below.c.id).distinct()))


def _learners(session: Session, vault: Vault, ids: Sequence[int], now: datetime) -> list[Learner]:
    """In the order of the ids."""
    query = (
        sa.select(Enrolment, Account, Result, Organisation.name, Workshop.title)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Result, Result.enrolment_id == Enrolment.id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .outerjoin(Workshop, Workshop.id == Enrolment.workshop_id)
        .where(Enrolment.id.in_(ids))
    )
    rows = {row[0].id: row for row in session.execute(query)}
    missing = _missing(session, [row[0] for row in rows.values()], now)
    return [
        _learner(vault, enrolment, account, result, (school, workshop, missing[enrolment.id]))
        for enrolment, account, result, school, workshop in (rows[one] for one in ids if one in rows)
    ]


def _learner(
    vault: Vault,
    enrolment: Enrolment,
    account: Account,
    result: Result | None,
    words: tuple[str | None, str | None, str],
) -> Learner:
    school, workshop, missing = words
    number, mobile = account.id_envelope, account.mobile_envelope
    return Learner(
        account_id=account.id,
        enrolment_id=enrolment.id,
        name=account.name,
        school=school or units.NOWHERE,
        workshop=workshop or "",
        id_number=id_numbers.mask(vault.open(number, account.id)) if number else "",
        mobile=profiles.mask_mobile(vault.open(mobile, account.id)) if mobile else "",
        status=enrolment.status,
        hours=result.hours_credited if result else 0.0,
        score=result.score if result else None,
        passed=bool(result and result.passed),
        signed_in_at=account.last_login_at,
        missing=missing,
    )


def _missing(session: Session, rows: Sequence[Enrolment], now: datetime) -> dict[int, str]:
    evidence = progress.evidence(session, rows)
    scorers = {
        programme_id: Scorer(programmes.get(session, programme_id))
        for programme_id in {row.programme_id for row in rows}
    }
    return {
        row.id: summary(scorer.programme, scorer.outcome(evidence[row.id], now))
        for row in rows
        for scorer in [scorers[row.programme_id]]
    }
