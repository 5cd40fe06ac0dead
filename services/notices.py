"""What the system tells a teacher (通知): a reset, a correction that was decided. Read through the API."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Notice
from services.errors import NotFound

#: How many are shown, the newest first.
SHOWN = 50


def tell(session: Session, account_id: int, kind: str, text: str, now: datetime) -> Notice:
    """Leave a notice for the account; `text` is a Chinese sentence without numbers of people."""
    notice = Notice(account_id=account_id, at=now, kind=kind, text=text[:300])
    session.add(notice)
    return notice


def newest(session: Session, account_id: int) -> list[Notice]:
    query = sa.select(Notice).where(Notice.account_id == account_id)
    return list(session.scalars(query.order_by(Notice.at.desc(), Notice.id.desc()).limit(SHOWN)))


def unread(session: Session, account_id: int) -> int:
    """How many of those that are shown the teacher has not read."""
    shown = sa.select(Notice.read_at).where(Notice.account_id == account_id)
    shown = shown.order_by(Notice.at.desc(), Notice.id.desc()).limit(SHOWN)
    found = shown.subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found).where(found.c.read_at.is_(None))) or 0


def read(session: Session, account_id: int, notice_id: int, now: datetime) -> None:
    """The teacher has read it; again is harmless. Raises NotFound, also for another's."""
    notice = session.scalar(sa.select(Notice).where(Notice.id == notice_id, Notice.account_id == account_id))
    if notice is None:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = now
