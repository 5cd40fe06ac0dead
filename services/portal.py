"""Arriving from a province's portal (平台入口): a ticket signs in once (services.portal_tickets)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, UsedTicket
from services import accounts, refresh_tokens
from services.collaborators import Collaborators
from services.errors import Forbidden
from services.id_numbers import IdNumber
from services.portal_tickets import BadPortalTicket, Ticket
from services.sign_in import SignedIn, open_family
from services.work import UnitOfWork

#: Whom a portal may bring; staff have more to lose than a portal can vouch for.
ROLES = ("teacher", "workshop_leader")
#: A used ticket is remembered for this much longer than it could be shown: one of our servers may be behind the one that forgets it.
KEPT = timedelta(minutes=1)


class NotEnrolled(Forbidden):
    """没有查到您在本平台的报名信息，请联系学校管理员确认报名是否成功。"""

    code = "not_enrolled"


class PortalForTeachers(Forbidden):
    """管理人员请直接登录本平台，不能从门户进入。"""

    code = "portal_for_teachers"


def sign_in(work: UnitOfWork, using: Collaborators, *, portal: str, ticket: str, now: datetime) -> SignedIn:
    """The log-in of whoever the ticket names; its route is "portal".

    Raises PortalUnknown, BadPortalTicket; NotEnrolled, PortalForTeachers, after which the ticket is used all the same.
    """
    shown = using.portals.read(portal, ticket, now)
    with work() as session:
        _use(session, shown, now)
        account = _arrived(session, using, shown.id_number)
        if not isinstance(account, Forbidden):
            return open_family(session, using, accounts.lock(session, account.id), now, route=refresh_tokens.PORTAL)
    raise account


def _use(session: Session, ticket: Ticket, now: datetime) -> None:
    """Of two that show one ticket at once, the first INSERT wins; the other waits for it and is refused."""
    session.execute(sa.delete(UsedTicket).where(UsedTicket.expires_at <= now - KEPT))
    try:
        with session.begin_nested():
            session.add(UsedTicket(digest=ticket.digest, expires_at=ticket.expires_at))
    except IntegrityError as error:
        raise BadPortalTicket from error


def _arrived(session: Session, using: Collaborators, id_number: IdNumber) -> Account | Forbidden:
    account = accounts.find(session, using.vault, id_number)
    enrolled = account is not None and session.scalar(
        sa.select(sa.exists().where(Enrolment.account_id == account.id, Enrolment.status != "withdrawn"))
    )
    if account is None or not enrolled:
        return NotEnrolled()
    return account if account.role in ROLES else PortalForTeachers()
