"""How people stand in a programme besides what they earned: leaders, honours, exemptions, and whether the school has paid."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Bill, Enrolment, HonourEntry, HonourList, Programme, Workshop
from programmes.evidence import Standing

ACTIVE, EXEMPT = "active", "exempt"
CONFIRMED = "confirmed"


class Enrolled(Protocol):
    """An enrolment, or a row with these of its columns."""

    @property
    def id(self) -> int: ...
    @property
    def account_id(self) -> int: ...
    @property
    def programme_id(self) -> int: ...
    @property
    def school_id(self) -> int | None: ...
    @property
    def status(self) -> str: ...
    @property
    def exemption(self) -> str: ...


def of(session: Session, rows: Sequence[Enrolled]) -> dict[int, Standing]:
    """The standing of each enrolment."""
    slugs = slugs_of(session, {row.programme_id for row in rows})
    accounts = {row.account_id for row in rows}
    leading = leaders(session, set(slugs.values()), accounts)
    honoured = honours(session, set(slugs.values()), accounts)
    paid = paid_schools(session, set(slugs.values()))
    unpaid = newcomers(session, rows) if paid else frozenset()
    return {
        row.id: Standing(
            leader=(slugs[row.programme_id], row.account_id) in leading,
            honours=frozenset(honoured.get((slugs[row.programme_id], row.account_id), ())),
            exempt=row.exemption if row.status == EXEMPT else "",
            paid=(slugs[row.programme_id], row.school_id) in paid and row.id not in unpaid,
        )
        for row in rows
    }


def slugs_of(session: Session, programme_ids: Iterable[int]) -> dict[int, str]:
    query = sa.select(Programme.id, Programme.slug).where(Programme.id.in_(set(programme_ids)))
    return {programme_id: slug for programme_id, slug in session.execute(query)}  # noqa: C416  # a Row is no pair to mypy


def leaders(session: Session, slugs: set[str], accounts: set[int] | None = None) -> set[tuple[str, int]]:
    """(programme, account) of those who lead a workshop; of all accounts where none are named."""
    query = sa.select(Workshop.programme_slug, Workshop.leader_id).where(
        Workshop.programme_slug.in_(slugs), Workshop.leader_id.is_not(None)
    )
    if accounts is not None:
        query = query.where(Workshop.leader_id.in_(accounts))
    return {(slug, leader) for slug, leader in session.execute(query) if leader is not None}


def honours(session: Session, slugs: set[str], accounts: set[int] | None = None) -> dict[tuple[str, int], set[str]]:
    """Kinds of honours awarded, by (programme, account)."""
    query = (
        sa.select(HonourList.programme_slug, HonourEntry.account_id, HonourList.kind)
        .join(HonourEntry, HonourEntry.list_id == HonourList.id)
        .where(HonourList.programme_slug.in_(slugs), HonourEntry.awarded.is_(True))
    )
    if accounts is not None:
        query = query.where(HonourEntry.account_id.in_(accounts))
    found: dict[tuple[str, int], set[str]] = {}
    for slug, account, kind in session.execute(query):
        found.setdefault((slug, account), set()).add(kind)
    return found


def paid_schools(session: Session, slugs: set[str]) -> set[tuple[str, int]]:
    """(programme, school) whose payment the collector confirmed."""
    query = sa.select(Bill.programme_slug, Bill.school_id).where(
        Bill.programme_slug.in_(slugs), Bill.state == CONFIRMED
    )
    return {(slug, school) for slug, school in session.execute(query)}


def newcomers(session: Session, rows: Sequence[Enrolled]) -> set[int]:
    """Those of these enrolments for whom a school that paid did not pay: they came after the last bill that was confirmed, and
    its confirmed bills count fewer learners than it has. A bill of their own opens their papers (services.fees.bills).
    """
    confirmed = (
        sa.select(
            Bill.programme_slug,
            Bill.school_id,
            sa.func.max(Bill.issued_at).label("issued_at"),
            sa.func.sum(Bill.headcount).label("headcount"),
        )
        .where(Bill.state == CONFIRMED, Bill.school_id.in_({row.school_id for row in rows}))
        .group_by(Bill.programme_slug, Bill.school_id)
        .subquery()
    )
    late = session.execute(
        sa.select(Enrolment.id, confirmed.c.programme_slug, confirmed.c.school_id, confirmed.c.headcount)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(
            confirmed,
            sa.and_(confirmed.c.programme_slug == Programme.slug, confirmed.c.school_id == Enrolment.school_id),
        )
        .where(Enrolment.id.in_([row.id for row in rows]), Enrolment.enrolled_at > confirmed.c.issued_at)
    ).all()
    counted = headcounts(session, {row.programme_slug for row in late}, {row.school_id for row in late}) if late else {}
    return {row.id for row in late if row.headcount < counted.get((row.programme_slug, row.school_id), 0)}


def headcounts(session: Session, slugs: set[str], schools: set[int]) -> dict[tuple[str, int], int]:
    """Those each school pays for: enrolled there, neither exempt nor withdrawn; who is in two versions of the programme once."""
    query = (
        sa.select(Programme.slug, Enrolment.school_id, sa.func.count(sa.distinct(Enrolment.account_id)))
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug.in_(slugs), Enrolment.school_id.in_(schools), Enrolment.status == ACTIVE)
        .group_by(Programme.slug, Enrolment.school_id)
    )
    return {(slug, school): count for slug, school, count in session.execute(query) if school is not None}


def headcount(session: Session, slug: str, school_id: int) -> int:
    """headcounts of one school."""
    return headcounts(session, {slug}, {school_id}).get((slug, school_id), 0)
