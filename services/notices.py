"""What the system tells a teacher (通知): a reset, a correction that was decided. Read through the API."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Notice


def tell(session: Session, account_id: int, kind: str, text: str, now: datetime) -> Notice:
    """Leave a notice for the account; `text` is a Chinese sentence without numbers of people."""
    notice = Notice(account_id=account_id, at=now, kind=kind, text=text[:300])
    session.add(notice)
    return notice
