"""A higher version of a programme (新版本): what it would change for whom, and then bringing the enrolments to it.

Publishing moves nobody. `difference` scores every enrolment of an earlier version by both and says who comes out otherwise; `apply`
moves them, and only when the difference is still the one that was looked at. Both in flat memory.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme
from programmes import sentences
from programmes.difference import ValueChange, differences_of
from programmes.evidence import Evidence
from programmes.outcome import Outcome
from programmes.scoring import Scorer
from services import programmes, progress
from services.enrolling import enrolments
from services.errors import Conflict, NotFound

#: Enrolments read and scored at a time.
CHUNK = 500
#: Enrolments that are shown one by one to whoever decides.
SHOWN = 50
#: What is counted, in words.
COUNTS = {
    "pass_to_fail": "合格变为不合格",
    "fail_to_pass": "不合格变为合格",
    "score_up": "得分升高",
    "score_down": "得分降低",
    "credits_changed": "学分有变",
    "papers_lost": "失去可打印的证书",
    "papers_gained": "增加可打印的证书",
    "hours_dropped": "已学的模块被取消",
    "parts_lost": "已交的考核项被取消",
}
#: Called as report(done, total) after each chunk.
Report = Callable[[int, int], None]


class DifferenceChanged(Conflict):
    """看过差异之后又有变化（有人的成绩、证书会跟看到的不同），没有更换版本，请重新查看差异再确认。"""

    code = "programme_difference_changed"


class NothingEarlier(Conflict):
    """没有更早的版本，没有可以比较的。"""

    code = "programme_nothing_earlier"


@dataclass(frozen=True)
class Side:
    """What an enrolment comes to by one version, rounded as on the card. papers: titles of those that may be printed."""

    score: float
    passed: bool
    credits: float | None
    papers: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One enrolment that comes out otherwise.

    dropped: credit hours by title of modules that the new version does not have; lost: titles of parts that it does not have and for
    which something was handed in.
    """

    enrolment_id: int
    version: int
    name: str
    school: str
    old: Side
    new: Side
    dropped: tuple[tuple[str, float], ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def decided(self) -> tuple[object, ...]:
        """What somebody who looks at the difference agrees to. Not the very points: they grow while people study."""
        rises = (self.new.score > self.old.score) - (self.new.score < self.old.score)
        sides = [(side.passed, side.credits, side.papers) for side in (self.old, self.new)]
        return (self.enrolment_id, self.version, rises, sides, [title for title, _ in self.dropped], self.lost)


@dataclass
class Difference:
    """What bringing the enrolments to `version` would do. Counts are of enrolments; digest: what `apply` must be told."""

    slug: str
    version: int
    values: list[ValueChange]
    enrolments: int = 0
    changed: int = 0
    pass_to_fail: int = 0
    fail_to_pass: int = 0
    score_up: int = 0
    score_down: int = 0
    credits_changed: int = 0
    papers_lost: int = 0
    papers_gained: int = 0
    #: With credited hours in a module that the new version does not have.
    hours_dropped: int = 0
    #: With something handed in for a part that it does not have.
    parts_lost: int = 0
    digest: str = ""

    def add(self, change: Change) -> None:
        old, new = change.old, change.new
        self.changed += 1
        self.pass_to_fail += old.passed and not new.passed
        self.fail_to_pass += new.passed and not old.passed
        self.score_up += new.score > old.score
        self.score_down += new.score < old.score
        self.credits_changed += old.credits != new.credits
        self.papers_lost += bool(set(old.papers) - set(new.papers))
        self.papers_gained += bool(set(new.papers) - set(old.papers))
        self.hours_dropped += bool(change.dropped)
        self.parts_lost += bool(change.lost)


def difference(
    session: Session,
    slug: str,
    version: int | None,
    now: datetime,
    each: Callable[[Change], None] = lambda _change: None,
    report: Report = lambda _done, _total: None,
) -> Difference:
    """What version `version` (None: the newest) would change for the enrolments of earlier ones, as of `now`.

    `each` is given every enrolment that comes out otherwise, by id. Raises NotFound, NothingEarlier.
    """
    row = _version(session, slug, version)
    before = _before(session, row)
    found = Difference(slug, row.version, differences_of(before.document, row.document))
    seen = hashlib.sha256(f"{before.document}\0{row.document}".encode())
    scorers = {row.id: Scorer(programmes.get(session, row.id))}
    total = session.scalar(sa.select(sa.func.count()).select_from(_earlier(row).subquery())) or 0
    after = 0
    while rows := session.execute(_earlier(row).where(Enrolment.id > after).order_by(Enrolment.id).limit(CHUNK)).all():
        evidence = progress.evidence(session, [enrolment for enrolment, *_ in rows])
        for enrolment, old_version, name, school in rows:
            if enrolment.programme_id not in scorers:
                scorers[enrolment.programme_id] = Scorer(programmes.get(session, enrolment.programme_id))
            of = (scorers[enrolment.programme_id], scorers[row.id])
            change = _change(of, enrolment.id, evidence[enrolment.id], now, (old_version, name, school or ""))
            if change:
                found.add(change)
                seen.update(json.dumps(change.decided).encode())
                each(change)
        after = rows[-1][0].id
        found.enrolments += len(rows)
        report(found.enrolments, total)
    found.digest = seen.hexdigest()[:16]
    return found


def told(found: Difference, changes: list[Change]) -> dict[str, Any]:
    """The difference as plain JSON that names nobody: `digest`, `enrolments`, the COUNTS, and the enrolments that are shown."""
    counts = {name: getattr(found, name) for name in ("version", "digest", "enrolments", "changed", *COUNTS)}
    shown = [{name: value for name, value in asdict(one).items() if name not in ("name", "school")} for one in changes]
    return counts | {"shown": json.loads(json.dumps(shown))}


def behind(session: Session, slug: str) -> int:
    """How many enrolments are still in an earlier version than the newest, but for the withdrawn. Raises NotFound."""
    row = programmes.latest(session, slug)
    return session.scalar(sa.select(sa.func.count()).select_from(_earlier(row).subquery())) or 0


def apply(
    session: Session,
    slug: str,
    version: int,
    seen: str,
    now: datetime,
    report: Report = lambda _done, _total: None,
) -> int:
    """Bring the enrolments of earlier versions to this one; how many. `seen`: the digest of the difference that was looked at.

    Again is harmless: where nobody is left behind, nothing is compared. Raises NotFound, NothingEarlier, DifferenceChanged.
    """
    row = _version(session, slug, version)
    _before(session, row)
    if session.scalar(_behind(row).limit(1)) is None:
        return 0
    if difference(session, slug, version, now, report=report).digest != seen:
        raise DifferenceChanged
    return enrolments.move_to(session, row)


def _version(session: Session, slug: str, version: int | None) -> Programme:
    if version is None:
        return programmes.latest(session, slug)
    row = next((row for row in programmes.every(session) if (row.slug, row.version) == (slug, version)), None)
    if row is None:
        raise NotFound(f"没有发布过项目 {slug} 的第 {version} 版。")
    return row


def _before(session: Session, row: Programme) -> Programme:
    """The version published before this one."""
    query = sa.select(Programme).where(Programme.slug == row.slug, Programme.version < row.version)
    before = session.scalar(query.order_by(Programme.version.desc()).limit(1))
    if before is None:
        raise NothingEarlier(f"项目 {row.slug} 没有比第 {row.version} 版更早的版本。")
    return before


def _behind(row: Programme) -> sa.Select[int]:
    """Everybody whom `apply` would move, the withdrawn too."""
    versions = sa.select(Programme.id).where(Programme.slug == row.slug, Programme.version < row.version)
    return sa.select(Enrolment.id).where(Enrolment.programme_id.in_(versions))


def _earlier(row: Programme) -> sa.Select[Enrolment, int, str, str]:
    """Enrolments that are still in an earlier version, but for the withdrawn: they move along, and nothing is decided for them."""
    return (
        sa.select(Enrolment, Programme.version, Account.name, Organisation.name)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .where(Programme.slug == row.slug, Programme.version < row.version, Enrolment.status != enrolments.WITHDRAWN)
    )


def _change(
    of: tuple[Scorer, Scorer], enrolment_id: int, evidence: Evidence, now: datetime, who: tuple[int, str, str]
) -> Change | None:
    """None where the versions agree about this enrolment."""
    before, after = of
    old, new = before.outcome(evidence, now), after.outcome(evidence, now)
    change = Change(
        enrolment_id,
        *who,
        _side(before, old),
        _side(after, new),
        dropped=tuple(_dropped(before, after, old)),
        lost=tuple(_lost(before, old, new)),
    )
    return change if change.old != change.new or change.dropped or change.lost else None


def _side(scorer: Scorer, outcome: Outcome) -> Side:
    papers = [paper for paper in scorer.programme.papers if paper.role == "teacher"]
    return Side(
        score=sentences.rounded_down(outcome.score),
        passed=outcome.passed,
        credits=None if outcome.credits is None else sentences.rounded_down(outcome.credits),
        papers=tuple(paper.title for paper in papers if not any(sentences.blocks(paper, outcome))),
    )


def _dropped(before: Scorer, after: Scorer, outcome: Outcome) -> Iterator[tuple[str, float]]:
    for module, had in zip(before.programme.modules, outcome.modules, strict=True):
        if had.seconds and after.programme.module(module.key) is None:
            yield module.title, sentences.rounded_down(Fraction(had.seconds, before.hour))


def _lost(before: Scorer, old: Outcome, new: Outcome) -> Iterator[str]:
    foreign = {item.part for item in old.unknown}
    for key in sorted({item.part for item in new.unknown} - foreign):
        part = before.programme.part(key)
        yield part.title if part else key
