"""Programmes (项目) as those who watch over them see them: which there are, what phase it is, who takes part, what a new file says."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes as files
from models import Enrolment, Programme
from programmes import cases, lint
from programmes.calendar import phase_title
from programmes.difference import ValueChange, differences_of
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.errors import Invalid
from services.watching import tallies

#: Of a programme.toml; the longest notice has 16 kB.
MOST_BYTES = 200 * 1024
_NOTICES = Path(files.__file__).parent / "notices"


@dataclass(frozen=True)
class Line:
    """enrolled: who takes part within reach, in all versions, but for the withdrawn; as counted last (services.watching.tallies), where it
    was."""

    slug: str
    title: str
    version: int
    published_at: datetime
    phase: str
    enrolled: int


@dataclass(frozen=True)
class Version:
    row: Programme
    changes: str
    enrolled: int


@dataclass(frozen=True)
class Checked:
    """A file that was read. digest: of its text, so that what is published is what was checked. newest: the version in force.

    values: what it says otherwise than that one. refused: why it cannot be published; "" where it can.
    """

    programme: files.Programme
    text: str
    digest: str
    review: lint.Review
    newest: Programme | None
    values: list[ValueChange]
    refused: str


class ProgrammeFileWrong(Invalid):
    """项目文件不能使用。"""

    code = "programme_file_wrong"

    def __init__(self, problems: list[str] | None = None) -> None:
        self.problems = problems or []
        super().__init__(f"项目文件有 {len(self.problems)} 处错误。" if problems else None)


def listed(session: Session, principal: Principal, now: datetime) -> list[Line]:
    """Every programme in its newest version, the latest published first."""
    versions: dict[str, list[Programme]] = {}
    for row in programmes.every(session):  # the newest of each comes first
        versions.setdefault(row.slug, []).append(row)
    rollups = tallies.taking_part(session, principal)
    uncounted = [row.id for slug, rows in versions.items() if slug not in rollups for row in rows]
    counted = _enrolled(session, principal, uncounted)
    found = []
    for slug, rows in versions.items():
        newest, here = rows[0], sum(counted.get(row.id, 0) for row in rows)
        phase = phase_title(programmes.get(session, newest.id), now)
        found.append(Line(slug, newest.title, newest.version, newest.published_at, phase, rollups.get(slug, 0) + here))
    return sorted(found, key=lambda line: line.published_at, reverse=True)


def versions(session: Session, principal: Principal, slug: str) -> list[Version]:
    """All published, the newest first. Raises NotFound."""
    programmes.latest(session, slug)
    rows = [row for row in programmes.every(session) if row.slug == slug]
    counted = _enrolled(session, principal, [row.id for row in rows])
    return [Version(row, programmes.get(session, row.id).changes, counted.get(row.id, 0)) for row in rows]


def check(session: Session, text: str, slug: str = "") -> Checked:
    """Read a file as publishing would, and changing nothing. `slug`: the programme that it must be of, where it was given.

    Raises ProgrammeFileWrong, which names every line.
    """
    text = tidy(text)
    try:
        programme = files.load(text)
    except files.ProgrammeError as wrong:
        raise ProgrammeFileWrong(wrong.problems) from None
    if slug and programme.id != slug:
        raise ProgrammeFileWrong([f"这是项目 {programme.id} 的文件，不是 {slug} 的"])
    newest = programmes.find_latest(session, programme.id)
    review = lint.review(programme)
    values = differences_of(newest.document, text) if newest else []
    refused = _refused(programme, newest, text, review)
    return Checked(programme, text, digest_of(text), review, newest, values, refused)


def tidy(text: str) -> str:
    """Without a byte order mark, lines ending as in a file: a browser sends others. Raises ProgrammeFileWrong."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        raise ProgrammeFileWrong(["文件是空的"])
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise ProgrammeFileWrong([f"文件超过 {MOST_BYTES >> 10} kB，不像是一个项目"])
    return text


def decode(content: bytes) -> str:
    """Raises ProgrammeFileWrong."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProgrammeFileWrong([f"不是 UTF-8 文本：第 {error.start + 1} 个字节。请用编辑器另存为 UTF-8"]) from None


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def cases_of(slug: str) -> int:
    """How many situations are tried for the notice that comes with the platform; 0 for others."""
    known = {folder.name: folder for folder in _NOTICES.iterdir()} if _NOTICES.is_dir() else {}
    file = known[slug] / "cases.toml" if slug in known else None
    return len(cases.load(file.read_text(encoding="utf-8"))) if file and file.is_file() else 0


def _refused(programme: files.Programme, newest: Programme | None, text: str, review: lint.Review) -> str:
    if newest is not None and newest.version == programme.version:
        same = newest.document == text
        return (
            f"第 {programme.version} 版已经发布，内容相同。"
            if same
            else f"第 {programme.version} 版已经发布，内容不同：已发布的版本不能修改，请把 version 改为 {programme.version + 1}。"
        )
    if newest is not None and programme.version < newest.version:
        return f"已发布到第 {newest.version} 版，请把 version 改为 {newest.version + 1}。"
    if review.open:
        return f"有 {len(review.open)} 个问题没有改正，也没有人写明理由接受，不能发布。"
    return ""


def _enrolled(session: Session, principal: Principal, programme_ids: Collection[int]) -> dict[int, int]:
    """By the version's row, of these."""
    query = sa.select(Enrolment.programme_id, sa.func.count()).where(Enrolment.status != "withdrawn")
    reached = scope.within(Enrolment, principal)
    if reached is None:
        raise LookupError("enrolments belong to somebody")
    query = query.where(Enrolment.programme_id.in_(programme_ids))
    rows = session.execute(query.where(reached).group_by(Enrolment.programme_id))
    return {row[0]: row[1] for row in rows}
