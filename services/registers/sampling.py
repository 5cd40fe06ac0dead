"""Whom an inspection looks at (抽查): of each school's teachers at least the share that the notice asks for.

Every teacher draws a number from the programme, the seed and a key that only this installation has; the smallest of each school are
drawn. So each is drawn with the same chance, the same seed draws the same of the same teachers in whatever order they come, and nobody
outside can tell beforehand, or try seeds until the draw suits them. A draw is kept with its seed, who made it and when, and within which
organisation; a round is drawn once there.
"""

import math
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, Sample, SampleEntry
from programmes.evidence import exactly
from services import id_numbers, programmes
from services.authority import scope
from services.errors import Conflict, Invalid
from services.marks.staff import ACTIVE
from services.vault import Vault, VaultError

LONGEST_ROUND = 50
#: Of seeds that are made here: without letters that are mistaken for others when read out.
SEED_LETTERS, SEED_LENGTH = "ACDEFHJKMNPRTUVWXY34679", 8
_SEED = re.compile(r"[0-9A-Za-z\u4e00-\u9fff_-]{1,64}")


class NoSampling(Conflict):
    """通知没有规定抽查。"""

    code = "no_sampling"


class NobodyToDraw(Conflict):
    """本项目还没有可以抽查的教师。"""

    code = "nobody_to_draw"


@dataclass(frozen=True)
class Drawn:
    """One who was drawn; the number masked."""

    school_code: str
    school: str
    name: str
    id_number_masked: str
    stage: str
    subject: str


def draw(
    session: Session,
    vault: Vault,
    slug: str,
    round_name: str,
    *,
    by: str,
    now: datetime,
    seed: str = "",
    organisation_id: int = 0,
) -> tuple[Sample, bool]:
    """The round's draw, and whether it was made now; a round that was drawn stays as it is, whoever joined since.

    Of the n active teachers of each school below the organisation (0: of all schools) at least share × n, and at least one. Without a
    `seed` the round's name is the seed. Raises NotFound, NoSampling, NobodyToDraw, Invalid (field round, seed or by).
    """
    row = programmes.latest(session, slug)
    rule = programmes.get(session, row.id).sampling
    if rule is None:
        raise NoSampling
    name, seed = " ".join(round_name.split()), seed.strip()
    if not (1 <= len(name) <= LONGEST_ROUND and name.isprintable()):
        raise Invalid.field("round", f"请写明抽查的名称（{LONGEST_ROUND} 字以内）")
    if seed and not _SEED.fullmatch(seed):
        raise Invalid.field("seed", "种子只能由汉字、字母、数字和 - _ 组成，不超过 64 个字")
    if not by.strip():
        raise Invalid.field("by", "请写明抽取人姓名")
    same = sa.select(Sample).where(
        Sample.programme_slug == slug, Sample.organisation_id == organisation_id, Sample.round == name
    )
    known = session.scalar(same)
    if known:
        return known, False
    schools = _by_school(session, slug, organisation_id)
    if not schools:
        raise NobodyToDraw
    sample = Sample(
        programme_slug=slug,
        organisation_id=organisation_id,
        round=name,
        seed=seed,
        share=rule.share,
        drawn_at=now,
        drawn_by=by.strip()[:50],
    )
    try:
        with session.begin_nested():
            session.add(sample)
    except IntegrityError:  # drawn by somebody else since we looked
        return session.scalars(same).one(), False
    entries = [
        {"sample_id": sample.id, "enrolment_id": enrolment_id, "school_id": school_id}
        for school_id, enrolments in schools.items()
        for enrolment_id in chosen(vault, slug, seed or name, rule.share, enrolments)
    ]
    session.execute(sa.insert(SampleEntry), entries)
    return sample, True


def new_seed() -> str:
    return "".join(secrets.choice(SEED_LETTERS) for _ in range(SEED_LENGTH))


def chosen(vault: Vault, slug: str, seed: str, share: float, enrolments: list[int]) -> list[int]:
    """At least that share of them; their order does not matter."""
    lots = sorted((vault.fingerprint("sample", f"{slug}\0{seed}\0{one}"), one) for one in enrolments)
    return [one for _, one in lots[: math.ceil(exactly(share) * len(lots))]]


@dataclass(frozen=True)
class Redrawn:
    """The same seed drawn of those who are there now: how many of the sample it draws again, how many others, and how many not."""

    same: int
    others: int
    gone: int


def redraw(session: Session, vault: Vault, sample: Sample) -> Redrawn:
    """Shows that nobody touched a draw: where nobody joined, moved or left since, it is the same. Changes nothing."""
    drawn_then = set(session.scalars(sa.select(SampleEntry.enrolment_id).where(SampleEntry.sample_id == sample.id)))
    drawn_now = {
        one
        for enrolments in _by_school(session, sample.programme_slug, sample.organisation_id).values()
        for one in chosen(vault, sample.programme_slug, sample.seed or sample.round, sample.share, enrolments)
    }
    return Redrawn(len(drawn_then & drawn_now), len(drawn_now - drawn_then), len(drawn_then - drawn_now))


def drawn(session: Session, vault: Vault, sample: Sample) -> list[Drawn]:
    """Those drawn, by school and name."""
    query = (
        sa.select(Account, Organisation.code, Organisation.name)
        .join(Enrolment, Enrolment.account_id == Account.id)
        .join(SampleEntry, SampleEntry.enrolment_id == Enrolment.id)
        .outerjoin(Organisation, Organisation.id == SampleEntry.school_id)
        .where(SampleEntry.sample_id == sample.id)
        .order_by(Organisation.code, Account.name, Enrolment.id)
    )
    return [
        Drawn(code or "", school or "", who.name, _masked(vault, who), who.stage or "", who.subject or "")
        for who, code, school in session.execute(query)
    ]


def _by_school(session: Session, slug: str, organisation_id: int) -> dict[int | None, list[int]]:
    query = (
        sa.select(Enrolment.school_id, sa.func.min(Enrolment.id))
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE)
        .group_by(Enrolment.school_id, Enrolment.account_id)  # who is enrolled in two versions has one lot
    )
    if organisation_id:
        query = query.where(Enrolment.school_id.in_(scope.at_or_below(organisation_id)))
    found: dict[int | None, list[int]] = {}
    for school_id, enrolment_id in session.execute(query):
        found.setdefault(school_id, []).append(enrolment_id)
    return found


def _masked(vault: Vault, who: Account) -> str:
    try:
        return id_numbers.mask(vault.open(who.id_envelope, who.id)) if who.id_envelope else ""
    except VaultError:
        return ""
