"""Log-ins to the console: a random token in a cookie, its SHA-256 here, so that the server can end each of them.

    password → (changing) → open      what is still to come: the second factor, the change of a first password, nothing

A session ends IDLE after the last request and LONGEST after it was opened (GB/T 22239-2019 8.1.4.1 b), with a change or reset of the
password, and with the role it acts in; one that is not open yet, SIGNING_IN after it was opened. Each step renews the token: whoever
planted or saw the earlier one has nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, StaffSession
from services.authority import principals, scope
from services.authority.principals import Principal
from services.errors import BadToken

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
#: How long the steps of signing in may take together.
SIGNING_IN = timedelta(minutes=30)
#: How long one that is over is kept.
KEPT = timedelta(days=7)
#: `seen_at` is written at most this often: most requests only read.
SEEN_EVERY = timedelta(minutes=1)
PASSWORD, CHANGING, OPEN = "password", "changing", "open"


@dataclass(frozen=True)
class Recognised:
    """`account` belongs to no session. `principal` None until a role was taken."""

    session_id: int
    state: str
    account: Account
    principal: Principal | None
    #: Whether `seen` is due.
    due: bool


def open_session(
    session: Session,
    account: Account,
    now: datetime,
    *,
    state: str = PASSWORD,
    appointment_id: int | None = None,
    address_masked: str = "",
    device: str = "",
) -> str:
    """A new session; returns its token, for the cookie. The account's old ones are forgotten."""
    over = sa.or_(StaffSession.ended_at < now - KEPT, StaffSession.seen_at < now - KEPT)
    session.execute(sa.delete(StaffSession).where(StaffSession.account_id == account.id, over))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=_hash(token),
            account_id=account.id,
            appointment_id=appointment_id,
            state=state,
            opened_at=now,
            seen_at=now,
            address_masked=address_masked,
            device=device[:64],
        )
    )
    session.flush()
    return token


def recognise(session: Session, token: str, now: datetime) -> Recognised | None:
    """Whose session it is; None where it ended, or the role it acts in."""
    found = session.execute(
        sa.select(StaffSession, Account)
        .join(Account, Account.id == StaffSession.account_id)
        .where(StaffSession.token_hash == _hash(token), StaffSession.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    held, account = found
    if now - held.seen_at > IDLE or now - held.opened_at > (LONGEST if held.state == OPEN else SIGNING_IN):
        return None
    acting = principals.find(principals.of_account(session, account), held.appointment_id)
    if acting is None and held.state == OPEN:
        return None
    session.expunge(account)
    if acting is not None:
        acting = scope.with_units(session, acting)
    return Recognised(held.id, held.state, account, acting, now - held.seen_at > SEEN_EVERY)


def seen(session: Session, session_id: int, now: datetime) -> None:
    session.execute(sa.update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now))


def renew(session: Session, held: Recognised, *, state: str, appointment_id: int | None) -> str:
    """The session goes on under a new token, in this state and role. Raises BadToken where it ended or went on meanwhile."""
    token = secrets.token_urlsafe(32)
    as_it_was = sa.update(StaffSession).where(
        StaffSession.id == held.session_id, StaffSession.state == held.state, StaffSession.ended_at.is_(None)
    )
    changed = session.execute(as_it_was.values(token_hash=_hash(token), state=state, appointment_id=appointment_id))
    if cast("sa.CursorResult[tuple[()]]", changed).rowcount != 1:
        raise BadToken
    return token


def require_still(session: Session, held: Recognised) -> None:
    """That the session is where it was when it was recognised. For a form that was sent twice: the second answer must not judge it
    again. The account is locked by the caller. Raises BadToken."""
    state = sa.select(StaffSession.state).where(StaffSession.id == held.session_id, StaffSession.ended_at.is_(None))
    if session.scalar(state) != held.state:
        raise BadToken


def going_on(session: Session, account_id: int, now: datetime) -> list[StaffSession]:
    """The account's open sessions, the one used last first."""
    query = sa.select(StaffSession).where(
        StaffSession.account_id == account_id,
        StaffSession.state == OPEN,
        StaffSession.ended_at.is_(None),
        StaffSession.seen_at >= now - IDLE,
        StaffSession.opened_at >= now - LONGEST,
    )
    return list(session.scalars(query.order_by(StaffSession.seen_at.desc(), StaffSession.id.desc())))


def end_own(session: Session, account_id: int, session_id: int, now: datetime) -> bool:
    """End this session if it is the account's; whether it was."""
    own = session.get(StaffSession, session_id) if 0 < session_id < 2**63 else None
    if own is None or own.account_id != account_id:
        return False
    _end(session, now, StaffSession.id == own.id)
    return True


def end(session: Session, session_id: int, now: datetime) -> None:
    _end(session, now, StaffSession.id == session_id)


def end_all(session: Session, account_id: int, now: datetime, but: int | None = None) -> None:
    """Every session of the account, or all but one."""
    _end(session, now, StaffSession.account_id == account_id, StaffSession.id != (but or 0))


def _end(session: Session, now: datetime, *which: sa.ColumnElement[bool]) -> None:
    session.execute(sa.update(StaffSession).where(StaffSession.ended_at.is_(None), *which).values(ended_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
