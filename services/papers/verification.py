"""What anybody who holds a paper (证书) may learn of it by its code: enough to compare with the paper in the hand, and nothing else.

The school, the score, the enrolment and the reason of a revocation are nobody's business; of the name one sees how it begins and ends.
"""

import re
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Paper
from services.papers import says as paper_says

_CODE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Verified:
    """`hours`: credit hours, where the paper states them. Dates are Chinese days."""

    title: str
    number: str
    name: str
    programme: str
    issuer: str
    hours: float | None
    issued_on: date
    reissued_on: date | None
    revoked_on: date | None

    @property
    def valid(self) -> bool:
        return self.revoked_on is None


def look_up(session: Session, code: str) -> Verified | None:
    """The paper with this code; None where there is none."""
    paper = session.scalar(sa.select(Paper).where(Paper.code == code)) if _CODE.fullmatch(code) else None
    if paper is None:
        return None
    says = paper_says.read(paper.says)
    return Verified(
        title=says.title,
        number=paper.number,
        name=mask_name(says.name),
        programme=says.programme,
        issuer=says.issuer,
        hours=says.hours,
        issued_on=paper_says.day_of(paper.issued_at),
        reissued_on=paper_says.day_of(says.reissues[-1].at) if says.reissues else None,
        revoked_on=paper_says.day_of(paper.revoked_at) if paper.revoked_at else None,
    )


def mask_name(name: str) -> str:
    """林*远, 林*, 阿***明: the first and the last character, and at least one that is not shown."""
    if len(name) < 3:
        return name[:1] + "*" if len(name) == 2 else "*"
    return name[0] + "*" * min(len(name) - 2, 6) + name[-1]
