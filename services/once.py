"""What is good once (一次有效): a portal's ticket, a form of the console whose repetition must change nothing."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import UsedTicket
from services.errors import Conflict

#: What was used is remembered for this much longer than it could be shown: one of our servers may be behind the one that forgets it.
KEPT = timedelta(minutes=1)
#: How long a form may lie open; no session of the console lasts longer (services.staff_sessions).
FORM_LIFE = timedelta(hours=12)
_FORM = re.compile(r"[0-9]{10}-[0-9a-f]{32}")


class UsedAlready(Conflict):
    """这个操作已经提交过，没有再做一次。"""

    code = "used_already"


class FormExpired(Conflict):
    """页面打开太久，已经过期，没有做任何改动。请重新打开页面再提交。"""

    code = "form_expired"


def use(session: Session, text: str, expires: datetime, now: datetime) -> None:
    """Use up what `text` names, which is worth nothing from `expires` on anyway. Raises UsedAlready.

    Of two that use it at once, the first INSERT wins; the other waits for it and is refused. A transaction that is rolled back used
    nothing.
    """
    session.execute(sa.delete(UsedTicket).where(UsedTicket.expires_at <= now - KEPT))
    try:
        with session.begin_nested():
            session.add(UsedTicket(digest=hashlib.sha256(text.encode()).hexdigest(), expires_at=expires))
    except IntegrityError as error:
        raise UsedAlready from error


def form(now: datetime) -> str:
    """The id of a form that is shown now: a hidden field of it."""
    return f"{int(now.timestamp()):010d}-{secrets.token_hex(16)}"


def shown_at(form_id: str) -> datetime:
    """When the form was shown, to the second below. Raises FormExpired for an id that is not of our making."""
    if not _FORM.fullmatch(form_id):
        raise FormExpired
    return datetime.fromtimestamp(int(form_id[:10]), UTC)


def use_form(session: Session, form_id: str, account_id: int, now: datetime) -> None:
    """Use up the form that this account sends. Raises UsedAlready, FormExpired."""
    expires = shown_at(form_id) + FORM_LIFE
    if not now < expires <= now + FORM_LIFE + KEPT:
        raise FormExpired
    use(session, f"form {account_id} {form_id}", expires, now)
