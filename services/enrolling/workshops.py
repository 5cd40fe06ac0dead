"""Workshops (工作坊): made, imported, and learners put into them, by name or by stage and subject.

Who leads one (坊主) is Workshop.leader_id; a leader may be enrolled as a learner too (services.standings reads it). The account's role
is left alone: it holds for all programmes, a workshop for one.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme, Workshop
from services.errors import Conflict

ALL = ""
#: Rows written in one statement.
CHUNK = 1000


class WorkshopCodeTaken(Conflict):
    """坊代码已经有工作坊使用。"""

    code = "workshop_code_taken"


class Line(NamedTuple):
    """A workshop in a list."""

    code: str
    title: str
    stage: str
    subject: str
    leader: str
    learners: int


def create(
    session: Session,
    slug: str,
    title: str,
    *,
    code: str = "",
    stage: str = ALL,
    subject: str = ALL,
    leader_id: int | None = None,
) -> Workshop:
    """A new workshop of the programme; without a code it gets one that follows from its title. Raises WorkshopCodeTaken."""
    workshop = Workshop(
        programme_slug=slug,
        code=code or code_for(title),
        title=title,
        stage=stage,
        subject=subject,
        leader_id=leader_id,
    )
    try:
        with session.begin_nested():
            session.add(workshop)
    except IntegrityError:
        raise WorkshopCodeTaken(f"坊代码 {workshop.code} 已经有工作坊使用。") from None
    return workshop


def of_programme(session: Session, slug: str) -> list[Workshop]:
    return list(session.scalars(sa.select(Workshop).where(Workshop.programme_slug == slug).order_by(Workshop.code)))


def lines(session: Session, slug: str) -> list[Line]:
    counts = session.execute(
        sa.select(Enrolment.workshop_id, sa.func.count())
        .where(Enrolment.workshop_id.is_not(None), Enrolment.status != "withdrawn")
        .group_by(Enrolment.workshop_id)
    )
    learners = {workshop_id: count for workshop_id, count in counts}  # noqa: C416
    rows = session.execute(
        sa.select(Workshop, Account.name)
        .outerjoin(Account, Account.id == Workshop.leader_id)
        .where(Workshop.programme_slug == slug)
        .order_by(Workshop.code)
    )
    return [Line(w.code, w.title, w.stage, w.subject, leader or "", learners.get(w.id, 0)) for w, leader in rows]


@dataclass
class Finder:
    """The workshops of a programme, to be found by the name or code that people write."""

    workshops: Sequence[Workshop]
    _by_name: dict[str, list[Workshop]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name = {}
        for workshop in self.workshops:
            for name in {plain(workshop.title), plain(workshop.code)}:
                self._by_name.setdefault(name, []).append(workshop)

    def find(self, name: str) -> Workshop | str:
        """The workshop, or a Chinese sentence that says why there is none."""
        found = self._by_name.get(plain(name), [])
        if len(found) > 1:
            return f"有 {len(found)} 个工作坊叫“{name}”，请填写坊代码"
        return found[0] if found else f"没有名为“{name}”的工作坊，请先导入工作坊"


def assign(session: Session, slug: str) -> int:
    """Put everybody who has no workshop yet into one of the own stage and subject; how many found one.

    One of that stage and subject goes before one for the whole stage, that before one for all; of several the least full.
    """
    workshops = of_programme(session, slug)
    if not workshops:
        return 0
    rows = session.execute(
        sa.select(Enrolment.id, Account.stage, Account.subject)
        .join(Account, Account.id == Enrolment.account_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.workshop_id.is_(None), Enrolment.status != "withdrawn")
        .order_by(Enrolment.id)
    ).all()
    full: Counter[int] = Counter()
    for workshop_id, count in session.execute(
        sa.select(Enrolment.workshop_id, sa.func.count())
        .where(Enrolment.workshop_id.in_([workshop.id for workshop in workshops]))
        .group_by(Enrolment.workshop_id)
    ):
        full[workshop_id or 0] = count
    fits: dict[tuple[str, str], list[Workshop]] = {}
    changes = []
    for enrolment_id, stage, subject in rows:
        pair = stage or "", subject or ""
        fitting = fits.get(pair)
        if fitting is None:
            fitting = fits[pair] = _fitting(workshops, *pair)
        if fitting:
            chosen = min(fitting, key=lambda workshop: (full[workshop.id], workshop.code))
            full[chosen.id] += 1
            changes.append({"id": enrolment_id, "workshop_id": chosen.id})
    for start in range(0, len(changes), CHUNK):
        session.execute(sa.update(Enrolment), changes[start : start + CHUNK])
    return len(changes)


def _fitting(workshops: Iterable[Workshop], stage: str, subject: str) -> list[Workshop]:
    """Those that fit best."""
    by_fit: dict[int, list[Workshop]] = {}
    for workshop in workshops:
        if workshop.stage in (ALL, stage) and workshop.subject in (ALL, subject):
            by_fit.setdefault(2 * bool(workshop.stage) + bool(workshop.subject), []).append(workshop)
    return by_fit[max(by_fit)] if by_fit else []


def plain(name: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def code_for(title: str) -> str:
    """A code for a workshop that came without one: the same title, the same code."""
    return "auto-" + hashlib.sha256(plain(title).encode()).hexdigest()[:12]
