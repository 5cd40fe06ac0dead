"""What those drawn for an inspection have (抽查名单): hours, parts, what was withheld; numbers masked."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Sample, SampleEntry, StudySession
from programmes.card import ScoreCard, score
from services import id_numbers, programmes, progress
from services.authority import scope
from services.authority.principals import Principal
from services.registers.files import Draft
from services.vault import Vault, VaultError

#: Of one page; read at a time for a file.
PAGE, CHUNK = 100, 500
HEADER = (
    "学校代码", "学校", "姓名", "身份证号", "学段", "学科", "已计学时", "应有学时", "得分", "是否合格", "各项得分", "未计入的比例",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One who was drawn. withheld: the share of the reported seconds that was not credited, 0 to 1; None where nothing was reported."""

    enrolment_id: int
    account_id: int
    school_code: str
    school: str
    name: str
    id_number_masked: str
    stage: str
    subject: str
    card: ScoreCard
    withheld: float | None

    @property
    def parts(self) -> str:
        """课程学习 40/40；作业 8/10"""
        return "；".join(f"{part.title} {part.points:g}/{part.points_max:g}" for part in self.card.parts)


def samples(session: Session, principal: Principal, slug: str) -> list[tuple[Sample, str, int]]:
    """The draws of a programme within reach, the latest first: with the name of where they were made ("": everywhere), and how many."""
    drawn = sa.select(sa.func.count()).where(SampleEntry.sample_id == Sample.id).scalar_subquery()
    query = scope.scope(
        sa.select(Sample, Organisation.name, drawn).outerjoin(Organisation, Organisation.id == Sample.organisation_id),
        principal,
    )
    rows = session.execute(query.where(Sample.programme_slug == slug).order_by(Sample.id.desc()).limit(200))
    return [(sample, name or "", count or 0) for sample, name, count in rows]


def count(session: Session, principal: Principal, sample: Sample) -> int:
    """How many of those drawn the person reaches: who moved away is not shown any more."""
    query = scope.scope(sa.select(SampleEntry), principal).where(SampleEntry.sample_id == sample.id)
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def page(
    session: Session,
    vault: Vault,
    principal: Principal,
    sample: Sample,
    now: datetime,
    *,
    start: int = 0,
    most: int = PAGE,
) -> list[Seen]:
    """Those drawn, by school and name."""
    query = scope.scope(
        sa.select(Enrolment, Account, Organisation.code, Organisation.name)
        .join(Account, Account.id == Enrolment.account_id)
        .join(SampleEntry, SampleEntry.enrolment_id == Enrolment.id)
        .outerjoin(Organisation, Organisation.id == SampleEntry.school_id),
        principal,
    )
    rows = session.execute(
        query.where(SampleEntry.sample_id == sample.id)
        .order_by(Organisation.code, Account.name, Enrolment.id)
        .offset(start)
        .limit(most)
    ).all()
    enrolments = [enrolment for enrolment, *_ in rows]
    evidence = progress.evidence(session, enrolments)
    withheld = _withheld(session, [enrolment.id for enrolment in enrolments])
    return [
        Seen(
            enrolment.id,
            who.id,
            code or "",
            school or "",
            who.name,
            _masked(vault, who),
            who.stage or "",
            who.subject or "",
            score(programmes.get(session, enrolment.programme_id), evidence[enrolment.id], now),
            withheld.get(enrolment.id),
        )
        for enrolment, who, code, school in rows
    ]


def everybody(session: Session, vault: Vault, principal: Principal, sample: Sample, now: datetime) -> Iterator[Seen]:
    start = 0
    while rows := page(session, vault, principal, sample, now, start=start, most=CHUNK):
        yield from rows
        start += len(rows)


def file_of(title: str, rows: Iterator[Seen]) -> bytes:
    """An .xlsx of the list."""
    with tempfile.TemporaryDirectory(prefix="xueshi-") as folder:
        out = Path(folder, "sample.xlsx")
        with Draft(out, title, HEADER) as draft:
            for one in rows:
                draft.write(_cells(one))
            draft.finish()
            draft.publish()
        return out.read_bytes()


def _cells(one: Seen) -> Sequence[str]:
    card = one.card
    return (
        one.school_code,
        one.school,
        one.name,
        one.id_number_masked,
        one.stage,
        one.subject,
        f"{card.hours_counted:g}",
        f"{card.hours_required:g}",
        f"{card.score:g}",
        "合格" if card.passed else "不合格",
        one.parts,
        "" if one.withheld is None else f"{one.withheld:.1%}",
    )


def _withheld(session: Session, enrolment_ids: list[int]) -> dict[int, float]:
    query = (
        sa.select(
            StudySession.enrolment_id,
            sa.func.sum(StudySession.reported),
            sa.func.sum(StudySession.credited + StudySession.pending),
        )
        .where(StudySession.enrolment_id.in_(enrolment_ids))
        .group_by(StudySession.enrolment_id)
    )
    return {
        enrolment_id: max(0.0, 1 - int(good) / int(reported))
        for enrolment_id, reported, good in session.execute(query)
        if reported
    }


def _masked(vault: Vault, who: Account) -> str:
    try:
        return id_numbers.mask(vault.open(who.id_envelope, who.id)) if who.id_envelope else ""
    except VaultError:
        return ""
