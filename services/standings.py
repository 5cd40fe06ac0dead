"""How people stand in a programme besides what they earned: leaders, honours, exemptions, and whether the school has paid."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Bill, HonourEntry, HonourList, Programme, Workshop
from programmes.evidence import Standing

EXEMPT = "exempt"
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
    return {
        row.id: Standing(
            leader=(slugs[row.programme_id], row.account_id) in leading,
            honours=frozenset(honoured.get((slugs[row.programme_id], row.account_id), ())),
            exempt=row.exemption if row.status == EXEMPT else "",
            paid=(slugs[row.programme_id], row.school_id) in paid,
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
