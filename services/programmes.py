"""Published programmes: a version is put in force once and never edited."""

from datetime import datetime
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import programmes
from models import Programme
from programmes import lint
from services.errors import Conflict, NotFound

#: Parsed programmes by database and row id: a published row never changes, so nothing here grows stale.
#: Those this very session published are left out: rolled back, their ids may come again for other rows.
_parsed: WeakKeyDictionary[sa.Engine, dict[int, programmes.Programme]] = WeakKeyDictionary()
_FRESH = "programmes published in this session"


class VersionTaken(Conflict):
    """该版本已经发布过，而内容不同。已发布的版本不能修改，请提高 version 后再发布。"""

    code = "programme_version_taken"


class VersionTooLow(Conflict):
    """版本号低于已发布的版本。"""

    code = "programme_version_too_low"


def publish(session: Session, text: str, now: datetime) -> Programme:
    """Put the programme in `text` in force; the same text again changes nothing.

    Raises programmes.ProgrammeError (the file, or a finding of the linter that nobody accepted), VersionTaken, VersionTooLow.
    """
    document = programmes.load(text)
    newest = find_latest(session, document.id)
    if newest and document.version < newest.version and not _published(session, document.id, document.version):
        raise VersionTooLow(f"版本号 {document.version} 低于已发布的 {newest.version}。")
    row = _published(session, document.id, document.version)
    if row is None:
        _require_accepted(document)
        row = Programme(
            slug=document.id, version=document.version, title=document.title, document=text, published_at=now
        )
        try:
            with session.begin_nested():
                session.add(row)
            session.info.setdefault(_FRESH, set()).add(row.id)
        except IntegrityError:  # somebody else published it since we looked
            row = session.scalars(_version(document.id, document.version)).one()
    if row.document != text:
        raise VersionTaken
    return row


def get(session: Session, programme_id: int) -> programmes.Programme:
    """The programme of this row, read once in a process. Raises NotFound."""
    known = _parsed.setdefault(session.get_bind().engine, {})
    if programme_id in known:
        return known[programme_id]
    row = session.get(Programme, programme_id)
    if row is None:
        raise NotFound
    programme = programmes.load(row.document)
    if programme_id not in session.info.get(_FRESH, ()):
        known[programme_id] = programme
    return programme


def latest(session: Session, slug: str) -> Programme:
    """The highest version published under `slug`. Raises NotFound."""
    row = find_latest(session, slug)
    if row is None:
        raise NotFound(f"没有发布过项目 {slug}。")
    return row


def find_latest(session: Session, slug: str) -> Programme | None:
    query = sa.select(Programme).where(Programme.slug == slug).order_by(Programme.version.desc()).limit(1)
    return session.scalar(query)


def every(session: Session) -> list[Programme]:
    """All published versions, the newest of each programme first."""
    return list(session.scalars(sa.select(Programme).order_by(Programme.slug, Programme.version.desc())))


def _require_accepted(document: programmes.Programme) -> None:
    problems = [
        f"{finding.clause or '通知未规定'}：{finding.zh}（{finding.code}，at = {finding.at}；请改正，或在 [[accepted]] 里写明理由和姓名）"
        for finding in lint.review(document).open
    ]
    if problems:
        raise programmes.ProgrammeError(problems)


def _published(session: Session, slug: str, version: int) -> Programme | None:
    return session.scalar(_version(slug, version))


def _version(slug: str, version: int) -> sa.Select[Programme]:
    return sa.select(Programme).where(Programme.slug == slug, Programme.version == version)
