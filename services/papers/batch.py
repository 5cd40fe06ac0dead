"""Papers by the thousand: issued in chunks, and printed into a ZIP of PDFs in flat memory."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Paper, Programme
from services import programmes
from services.errors import NotFound
from services.papers import claims as paper_claims
from services.papers import papers
from services.papers.pdf import Printer

#: Papers in one PDF: the font is put into each file, so many pages in one cost a fifth of as many files.
PAGES = 50
#: Enrolments whose papers are issued in one transaction.
CHUNK = 200


@dataclass
class Issued:
    """How many papers there are now, how many of them are new, and how many are not due, by reason (in Chinese)."""

    papers: int = 0
    new: int = 0
    not_due: dict[str, int] = field(default_factory=dict)


def chunks(session: Session, slug: str, school_id: int | None = None) -> list[list[int]]:
    """The programme's enrolments, of one school where it is named, in portions for `issue_many`. Raises NotFound."""
    programmes.latest(session, slug)
    query = (
        sa.select(Enrolment.id)
        .where(Enrolment.programme_id.in_(sa.select(Programme.id).where(Programme.slug == slug)))
        .order_by(Enrolment.id)
    )
    if school_id is not None:
        query = query.where(Enrolment.school_id == school_id)
    ids = iter(session.scalars(query).all())
    return list(iter(lambda: list(islice(ids, CHUNK)), []))


def issue_many(session: Session, enrolment_ids: Sequence[int], kind: str, now: datetime, into: Issued) -> None:
    """Issue the learners' papers of this kind where they are due, and count in `into`. Commit after each call. Raises NotFound."""
    rows = session.scalars(sa.select(Enrolment).where(Enrolment.id.in_(enrolment_ids)).order_by(Enrolment.id)).all()
    claims = [claim for claim in paper_claims.of_enrolments(session, rows, now) if claim.rule.key == kind]
    if rows and not claims:
        raise NotFound("本项目没有这种证书。")
    held = set(
        session.scalars(sa.select(Paper.account_id).where(Paper.enrolment_id.in_(enrolment_ids), Paper.kind == kind))
    )
    for claim in claims:
        try:
            papers.issue_claim(session, claim, now)
        except papers.PaperNotDue as error:
            for reason in error.extra["reasons"]:
                into.not_due[reason] = into.not_due.get(reason, 0) + 1
        else:
            into.papers += 1
            into.new += claim.account_id not in held


def print_many(
    session: Session,
    printer: Printer,
    enrolment_ids: Iterable[int],
    target: BinaryIO,
    *,
    kind: str | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Write the valid papers of these enrolments (of one kind, or all) into `target` as a ZIP of PDFs, and say how many there were.

    They come in the order of the enrolments. `progress` is told how many are done. Raises PrintingUnavailable, TryAgain.
    """
    done = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # a PDF is compressed already
        for portion in _portions(session, enrolment_ids, kind):
            name = f"papers-{done + 1:06d}-{done + len(portion):06d}.pdf"
            archive.writestr(name, printer.pdf(portion))
            done += len(portion)
            session.expunge_all()
            progress(done)
    return done


def one_file(archive: io.BytesIO) -> tuple[bytes, str]:
    """What print_many wrote, and the ending of its name: the PDF alone where there is but one."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        return (opened.read(names[0]), "pdf") if len(names) == 1 else (archive.getvalue(), "zip")


def _portions(session: Session, enrolment_ids: Iterable[int], kind: str | None) -> Iterator[list[Paper]]:
    """PAGES papers at a time."""
    waiting: list[Paper] = []
    ids = iter(enrolment_ids)
    while wanted := list(islice(ids, CHUNK)):
        query = sa.select(Paper).where(Paper.enrolment_id.in_(wanted), Paper.revoked_at.is_(None))
        if kind is not None:
            query = query.where(Paper.kind == kind)
        place = {enrolment_id: number for number, enrolment_id in enumerate(wanted)}
        found = session.scalars(query).all()
        waiting += sorted(found, key=lambda paper: (place[paper.enrolment_id or 0], paper.kind))
        while len(waiting) >= PAGES:
            yield waiting[:PAGES]
            del waiting[:PAGES]
    if waiting:
        yield waiting
