"""Opaque refresh tokens: 256 random bits, kept as their SHA-256, replaced at each use.

A family is one log-in on one device: every token that descends from it. Access tokens name their family and die with it. A token
that is used again after it was replaced was copied by somebody, so its whole family ends (RFC 9700, 4.14.2), but not within
GRACE of its replacement: two tabs, or a reply that never arrived. Every function here holds the account's row lock first.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, RefreshToken
from services import accounts

GRACE = timedelta(seconds=10)
#: The doors (登录渠道) by which a log-in comes: number and password, WeChat, a province's portal. Kept through all rotations.
WEB, WECHAT, PORTAL = "web", "wechat", "portal"


@dataclass(frozen=True)
class Issued:
    account: Account
    family: str
    route: str
    token: str = field(repr=False)


class _LogIn(NamedTuple):
    """What every token of a family carries on."""

    family: str
    route: str
    device: str
    signed_in_at: datetime | None


def start(
    session: Session,
    account: Account,
    seconds: int,
    now: datetime,
    family: str | None = None,
    *,
    route: str = WEB,
    device: str = "",
) -> Issued:
    """The first token of a family, good for `seconds`; the log-in came by the door `route` from `device` (services.devices.name_of).

    `account` is locked by the caller (services.accounts.lock).
    """
    session.execute(
        sa.delete(RefreshToken).where(RefreshToken.account_id == account.id, RefreshToken.expires_at <= now)
    )
    log_in = _LogIn(family or secrets.token_hex(16), route, device, now)
    return _issue(session, account, log_in, seconds, now)


def rotate(session: Session, token: str, seconds: int, now: datetime, device: str = "") -> Issued | None:
    """The next token of the family; None where this one is unknown, expired, revoked, or was used before.

    `device` names who asks now: kept where the family's own is not known.
    The caller commits in every case: the last one has revoked the family.
    """
    found = session.execute(
        sa.select(RefreshToken.id, RefreshToken.account_id).where(RefreshToken.token_hash == _hash(token))
    ).one_or_none()
    if found is None:
        return None
    account = accounts.lock(session, found.account_id)
    used = session.get(RefreshToken, found.id, populate_existing=True)
    if used is None or used.revoked_at is not None or used.expires_at <= now:
        return None
    # Compare and set: right even where the row lock is none.
    replaced = sa.update(RefreshToken).where(RefreshToken.id == used.id, RefreshToken.replaced_at.is_(None))
    first = cast("sa.CursorResult[tuple[()]]", session.execute(replaced.values(replaced_at=now))).rowcount == 1
    if not first and used.replaced_at is not None and now - used.replaced_at > GRACE:
        revoke_family(session, account.id, used.family_id, now)
        return None
    return _issue(
        session, account, _LogIn(used.family_id, used.route, used.device or device, used.signed_in_at), seconds, now
    )


def family_of(session: Session, token: str) -> tuple[int, str] | None:
    """(account id, family) of a token, whatever became of it."""
    found = session.execute(
        sa.select(RefreshToken.account_id, RefreshToken.family_id).where(RefreshToken.token_hash == _hash(token))
    ).one_or_none()
    return None if found is None else (found.account_id, found.family_id)


def exists(session: Session, family: str) -> bool:
    """Whether the family was ever started and is still remembered."""
    return session.scalar(sa.select(sa.exists().where(RefreshToken.family_id == family))) or False


def live_route(family: str) -> sa.ScalarSelect[str]:
    """An SQL expression beside Account: by which door this family of its came; NULL where it has no such family, or a revoked one."""
    return (
        sa.select(RefreshToken.route)
        .where(
            RefreshToken.family_id == family, RefreshToken.account_id == Account.id, RefreshToken.revoked_at.is_(None)
        )
        .limit(1)
        .scalar_subquery()
    )


def revoke_family(session: Session, account_id: int, family: str, now: datetime) -> None:
    _revoke(session, now, RefreshToken.account_id == account_id, RefreshToken.family_id == family)


def revoke_others(session: Session, account_id: int, family: str, now: datetime) -> None:
    """Every family of the account but this one."""
    _revoke(session, now, RefreshToken.account_id == account_id, RefreshToken.family_id != family)


def revoke_all(session: Session, account_id: int, now: datetime) -> None:
    _revoke(session, now, RefreshToken.account_id == account_id)


def revoke_route(session: Session, account_id: int, route: str, now: datetime) -> None:
    """Every family of the account that came by this door."""
    _revoke(session, now, RefreshToken.account_id == account_id, RefreshToken.route == route)


def _issue(session: Session, account: Account, log_in: _LogIn, seconds: int, now: datetime) -> Issued:
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            family_id=log_in.family,
            account_id=account.id,
            token_hash=_hash(token),
            route=log_in.route,
            device=log_in.device[:64],
            signed_in_at=log_in.signed_in_at,
            issued_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
    )
    return Issued(account, log_in.family, log_in.route, token)


def _revoke(session: Session, now: datetime, *which: sa.ColumnElement[bool]) -> None:
    session.execute(sa.update(RefreshToken).where(RefreshToken.revoked_at.is_(None), *which).values(revoked_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
