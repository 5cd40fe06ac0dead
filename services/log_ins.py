"""Where somebody is signed in (登录设备): the log-ins that are alive, and ending one.

A log-in is a refresh-token family (services.refresh_tokens). To the teacher it has a name of its own, made of the family's, so that
what stands in one device's access tokens is told to no other device.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RefreshToken, StudySession
from services import accounts, devices, refresh_tokens
from services.collaborators import Collaborators
from services.errors import NotFound
from services.sign_in_records import Client, note

#: The newest that are listed.
MOST = 50


@dataclass(frozen=True)
class LogIn:
    """`device`: 微信 Android, …; `route`: web, wechat or portal; `last_used_at`: when it last got tokens."""

    device_id: str
    device: str
    route: str
    signed_in_at: datetime
    last_used_at: datetime
    current: bool
    family: str = field(repr=False)


def of_account(session: Session, account_id: int, family: str, now: datetime) -> list[LogIn]:
    """Those alive, the one used last first; `family` is the caller's own, which is always among them."""
    found = _alive(session, account_id, family, now)
    return [log_in for place, log_in in enumerate(found) if place < MOST or log_in.current]


def end(session: Session, using: Collaborators, account_id: int, device_id: str, now: datetime, client: Client) -> None:
    """That log-in ends: its tokens at once, its open player at the next beat. One that has ended already is no error.

    Raises NotFound for what is not the account's own, and redis' errors, with nothing changed.
    """
    accounts.lock(session, account_id)
    chosen = next((one for one in _alive(session, account_id, "", now) if one.device_id == device_id), None)
    if chosen is None:
        if not any(name_of(family) == device_id for family in _families(session, account_id)):
            raise NotFound
        return
    refresh_tokens.revoke_family(session, account_id, chosen.family, now)
    note(session, account_id, chosen.route, "out", now, chosen.device, client.address)
    _end_player(session, using, account_id, lambda family: family == chosen.family)


def end_others(
    session: Session, using: Collaborators, account_id: int, family: str, now: datetime, client: Client
) -> None:
    """Every log-in but the caller's own ends, as `end` does. Raises redis' errors, with nothing changed."""
    accounts.lock(session, account_id)
    others = [one for one in _alive(session, account_id, family, now) if not one.current]
    refresh_tokens.revoke_others(session, account_id, family, now)
    for one in others[:MOST]:
        note(session, account_id, one.route, "out", now, one.device, client.address)
    _end_player(session, using, account_id, lambda playing: playing != family)


def name_of(family: str) -> str:
    """The `device_id` of a family: it leads back to the family only for who has that already."""
    return hashlib.sha256(b"device:" + family.encode()).hexdigest()[:32]


def _alive(session: Session, account_id: int, family: str, now: datetime) -> list[LogIn]:
    usable = sa.and_(RefreshToken.replaced_at.is_(None), RefreshToken.expires_at > now)
    began = sa.func.coalesce(sa.func.min(RefreshToken.signed_in_at), sa.func.min(RefreshToken.issued_at))
    used = sa.func.max(RefreshToken.issued_at)
    query = (
        sa.select(
            RefreshToken.family_id, sa.func.max(RefreshToken.route), sa.func.max(RefreshToken.device), began, used
        )
        .where(RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None))
        .group_by(RefreshToken.family_id)
        .having(sa.func.max(sa.case((usable, 1), else_=0)) == 1)
        .order_by(used.desc(), RefreshToken.family_id)
    )
    return [
        LogIn(name_of(own), device or devices.OTHER, route, since or last, last, own == family, own)
        for own, route, device, since, last in session.execute(query)
    ]


def _families(session: Session, account_id: int) -> list[str]:
    """All that are remembered, ended ones too."""
    query = sa.select(RefreshToken.family_id).where(RefreshToken.account_id == account_id).distinct()
    return list(session.scalars(query))


def _end_player(session: Session, using: Collaborators, account_id: int, ended: Callable[[str], bool]) -> None:
    """The open player earns nothing more where its log-in ended, or is not known.

    Last, and before the commit: with Redis away nothing has changed and the teacher tries again.
    """
    session.flush()
    lease = using.store.lease(account_id)
    if lease is None or not lease.session:
        return
    family = session.scalar(sa.select(StudySession.family_id).where(StudySession.id == lease.session))
    if family is None or ended(family):
        using.store.release(account_id)
