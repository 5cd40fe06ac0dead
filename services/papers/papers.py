"""Papers (证书): issued when due, kept as they were printed, revoked and issued again by staff.

An issued paper stays valid until somebody revokes it: a score that falls by a new version, or a payment whose confirmation is taken
back, takes nothing off a wall. `doubtful` names the papers that would not be issued today, for a person to decide.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Paper, PaperSeries
from services.enrolling import enrolments
from services.errors import Conflict, Gone, Invalid, NotFound
from services.papers import claims as paper_claims
from services.papers import says as paper_says
from services.papers.claims import Claim

#: Enrolments looked at together.
CHUNK = 500
LONGEST_REASON = 300
#: A slug of at most so many characters stands in the number as it is (models.Paper.number has room for 40).
_LONGEST_PREFIX = 30


class PaperNotDue(Conflict):
    """这张证书现在还不能开具。"""

    code = "paper_not_due"


class PaperRevoked(Gone):
    """这张证书已撤销，不能再打印。"""

    code = "paper_revoked"


class AlreadyRevoked(Conflict):
    """这张证书已经撤销过了。"""

    code = "paper_already_revoked"


@dataclass(frozen=True)
class Entry:
    """A paper that somebody holds or may come to hold. `issued` is None until it is issued."""

    claim: Claim
    issued: Paper | None

    @property
    def state(self) -> str:
        """issued, revoked, due or blocked."""
        if self.issued is not None:
            return "issued" if self.issued.revoked_at is None else "revoked"
        return "due" if self.claim.due else "blocked"

    @property
    def blocked(self) -> tuple[str, ...]:
        """Why there is none to print, in Chinese; empty for one that is issued or due."""
        if self.issued is None:
            return self.claim.blocked
        return () if self.issued.revoked_at is None else (revoked_words(self.issued),)


def of_account(session: Session, account_id: int, now: datetime) -> list[Entry]:
    """All papers of a person's enrolments and workshops, the latest enrolment first."""
    claims = paper_claims.of_account(session, account_id, enrolments.of_account(session, account_id), now)
    rows = session.scalars(sa.select(Paper).where(Paper.account_id == account_id))
    held = {(row.programme_slug, row.kind): row for row in rows}
    return [Entry(claim, held.get((claim.programme.id, claim.rule.key))) for claim in claims]


def issue(session: Session, enrolment: Enrolment, kind: str, now: datetime) -> Paper:
    """The learner's paper of this kind, issued now if it was not yet. Raises NotFound (no such kind), PaperNotDue."""
    return issue_claim(session, _of_kind(paper_claims.of_enrolments(session, [enrolment], now), kind), now)


def issue_to_leader(session: Session, account_id: int, slug: str, kind: str, now: datetime) -> Paper:
    """The same of a workshop leader in programme `slug`."""
    claims = [claim for claim in paper_claims.of_leader(session, account_id, now) if claim.programme.id == slug]
    return issue_claim(session, _of_kind(claims, kind), now)


def issue_claim(session: Session, claim: Claim, now: datetime) -> Paper:
    """The paper, whoever asks first makes it. Raises PaperNotDue; a revoked one is not due until staff issues it again."""
    found = _held(session, claim)
    if found is None:
        if claim.blocked:
            raise PaperNotDue(reasons=list(claim.blocked))
        try:
            with session.begin_nested():
                return _add(session, claim, now)
        except IntegrityError:  # issued by another request since we looked; its number went back with ours
            found = _held(session, claim)
            if found is None:
                raise
    if found.revoked_at is not None:
        raise PaperNotDue(reasons=[revoked_words(found)])
    return found


def owned(session: Session, account_id: int, paper_id: int) -> Paper:
    """The account's own paper, to be printed. Raises NotFound, also for another's, and PaperRevoked."""
    paper = session.get(Paper, paper_id) if 0 < paper_id <= enrolments.GREATEST_ID else None
    if paper is None or paper.account_id != account_id:
        raise NotFound("没有找到这张证书。")
    if paper.revoked_at is not None:
        raise PaperRevoked
    return paper


def numbered(session: Session, number: str, *, lock: bool = False) -> Paper:
    """The paper with this number. Raises NotFound."""
    query = sa.select(Paper).where(Paper.number == number)
    paper = session.scalar(query.with_for_update() if lock else query)
    if paper is None:
        raise NotFound(f"没有编号为 {number} 的证书。")
    return paper


def revoke(session: Session, number: str, because: str, now: datetime) -> Paper:
    """Take a paper back; it is shown as revoked from now on, the reason to its holder alone. Raises NotFound, Invalid, AlreadyRevoked."""
    reason = _reason(because)
    paper = numbered(session, number, lock=True)
    if paper.revoked_at is not None:
        raise AlreadyRevoked
    paper.revoked_at, paper.revoked_because = now, reason
    session.flush()
    return paper


def reissue(session: Session, number: str, because: str, now: datetime) -> Paper:
    """Issue a paper again from today's data (a name that was corrected), under its number and code; a revoked one is valid again.

    Raises NotFound, Invalid, PaperNotDue.
    """
    reason = _reason(because)
    paper = numbered(session, number, lock=True)
    claim = _claim_of(session, paper, now)
    if claim.blocked:
        raise PaperNotDue(reasons=list(claim.blocked))
    before = paper_says.read(paper.says).reissues
    again = paper_says.Reissue(at=now, because=reason)
    paper.says = msgspec.structs.replace(_says(session, claim), reissues=(*before, again)).frozen()
    paper.enrolment_id = claim.enrolment_id
    paper.revoked_at, paper.revoked_because = None, ""
    session.flush()
    return paper


def doubtful(session: Session, slug: str, now: datetime) -> Iterator[tuple[Paper, tuple[str, ...]]]:
    """Valid papers of a programme that would not be issued today, with the reasons in Chinese."""
    last: int | None = 0
    while last is not None:
        found, last = doubtful_chunk(session, slug, now, last)
        yield from found


def doubtful_chunk(
    session: Session, slug: str, now: datetime, after: int, *which: sa.ColumnElement[bool]
) -> tuple[list[tuple[Paper, tuple[str, ...]]], int | None]:
    """The same of the next CHUNK papers (of `which`) after the id `after`, and the last id looked at; None where there was none."""
    query = sa.select(Paper).where(Paper.programme_slug == slug, Paper.revoked_at.is_(None), Paper.id > after, *which)
    rows = session.scalars(query.order_by(Paper.id).limit(CHUNK)).all()
    ids = [row.enrolment_id for row in rows if row.enrolment_id is not None]
    enrolled = session.scalars(sa.select(Enrolment).where(Enrolment.id.in_(ids))).all()
    claims = paper_claims.of_enrolments(session, enrolled, now)
    known = {(claim.account_id, claim.rule.key): claim.blocked for claim in claims}
    found = []
    for row in rows:
        blocked = known.get((row.account_id, row.kind))
        if row.enrolment_id is None:
            blocked = _blocked_of_leader(session, row, now)
        if blocked is None:
            blocked = ("项目的现行版本没有这种证书",)
        if blocked:
            found.append((row, blocked))
    return found, rows[-1].id if rows else None


def revoked_words(paper: Paper) -> str:
    """已于2022年11月5日撤销：…. For the holder and for staff."""
    assert paper.revoked_at is not None  # noqa: S101  # asked only of revoked ones
    return f"已于{paper_says.plain_date(paper_says.day_of(paper.revoked_at))}撤销：{paper.revoked_because}"


def _add(session: Session, claim: Claim, now: datetime) -> Paper:
    says = _says(session, claim).frozen()
    paper = Paper(
        account_id=claim.account_id,
        enrolment_id=claim.enrolment_id,
        programme_slug=claim.programme.id,
        kind=claim.rule.key,
        number=number_of(claim.programme.id, _next_serial(session, claim.programme.id)),
        code=secrets.token_hex(16),
        says=says,
        issued_at=now,
    )
    session.add(paper)
    session.flush()
    return paper


def _next_serial(session: Session, slug: str) -> int:
    """From 1 on, without gaps: the row stays locked until the transaction ends, and goes back with it.

    One statement, for on MariaDB a failed INSERT keeps a lock that an UPDATE after it would deadlock on.
    """
    values = {"programme_slug": slug, "last": 1}
    raised = {"last": PaperSeries.last + 1}
    dialect = session.get_bind().dialect.name
    if dialect in ("mysql", "mariadb"):
        session.execute(mysql.insert(PaperSeries).values(values).on_duplicate_key_update(raised))
    else:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        adding = insert(PaperSeries).values(values)
        session.execute(adding.on_conflict_do_update(index_elements=["programme_slug"], set_=raised))
    query = sa.select(PaperSeries.last).where(PaperSeries.programme_slug == slug)
    return session.execute(query).scalar_one()


def number_of(slug: str, serial: int) -> str:
    """XUCHANG-2022-PHASE2-000123: the programme and a running number, nothing about the person."""
    prefix = slug
    if len(slug) > _LONGEST_PREFIX:
        prefix = f"{slug[: _LONGEST_PREFIX - 7]}-{hashlib.sha256(slug.encode()).hexdigest()[:6]}"
    return f"{prefix.upper()}-{serial:06d}"


def _says(session: Session, claim: Claim) -> paper_says.Says:
    account = session.get_one(Account, claim.account_id)
    school = session.get(Organisation, claim.school_id) if claim.school_id is not None else None
    return paper_says.compose(
        claim.programme,
        claim.rule,
        name=account.name,
        hours=claim.hours,
        school=school.name if school else "",
        stage=account.stage or "",
        subject=account.subject or "",
    )


def _held(session: Session, claim: Claim) -> Paper | None:
    return session.scalar(
        sa.select(Paper).where(
            Paper.account_id == claim.account_id,
            Paper.programme_slug == claim.programme.id,
            Paper.kind == claim.rule.key,
        )
    )


def _of_kind(claims: list[Claim], kind: str) -> Claim:
    found = next((claim for claim in claims if claim.rule.key == kind), None)
    if found is None:
        raise NotFound("本项目没有这种证书。")
    return found


def _claim_of(session: Session, paper: Paper, now: datetime) -> Claim:
    """What a paper rests on today. Raises NotFound where the programme has no such paper any more."""
    enrolment = session.get(Enrolment, paper.enrolment_id) if paper.enrolment_id is not None else None
    if enrolment is not None:
        return _of_kind(paper_claims.of_enrolments(session, [enrolment], now), paper.kind)
    claims = paper_claims.of_leader(session, paper.account_id, now)
    return _of_kind([claim for claim in claims if claim.programme.id == paper.programme_slug], paper.kind)


def _blocked_of_leader(session: Session, paper: Paper, now: datetime) -> tuple[str, ...]:
    try:
        return _claim_of(session, paper, now).blocked
    except NotFound:
        return ("已不是本项目的坊主，或项目的现行版本没有这种证书",)


def _reason(because: str) -> str:
    reason = " ".join(because.split())
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Invalid.field("because", f"请写明原因，不超过 {LONGEST_REASON} 字")
    return reason
