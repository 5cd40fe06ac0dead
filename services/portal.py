"""Arriving from a province's portal (平台入口): a ticket signs in once (services.portal_tickets)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment
from services import accounts, once, refresh_tokens
from services.collaborators import Collaborators
from services.errors import Forbidden
from services.id_numbers import IdNumber
from services.portal_tickets import BadPortalTicket
from services.sign_in import SignedIn, open_family
from services.sign_in_records import NOWHERE, Client, note
from services.work import UnitOfWork

#: Whom a portal may bring; staff have more to lose than a portal can vouch for.
ROLES = ("teacher", "workshop_leader")


class NotEnrolled(Forbidden):
    """没有查到您在本平台的报名信息，请联系学校管理员确认报名是否成功。"""

    code = "not_enrolled"


class PortalForTeachers(Forbidden):
    """管理人员请直接登录本平台，不能从门户进入。"""

    code = "portal_for_teachers"


def sign_in(
    work: UnitOfWork, using: Collaborators, *, portal: str, ticket: str, now: datetime, client: Client = NOWHERE
) -> SignedIn:
    """The log-in of whoever the ticket names; its route is "portal".

    Raises PortalUnknown, BadPortalTicket; NotEnrolled, PortalForTeachers, after which the ticket is used all the same.
    """
    shown = using.portals.read(portal, ticket, now)
    with work() as session:
        try:
            once.use(session, shown.name, shown.expires_at, now)
        except once.UsedAlready as error:
            raise BadPortalTicket from error
        account, refusal = _arrived(session, using, shown.id_number)
        if account is not None and refusal is None:
            account = accounts.lock(session, account.id)
            return open_family(session, using, account, now, route=refresh_tokens.PORTAL, client=client)
        if account is not None:
            note(session, account.id, refresh_tokens.PORTAL, "refused", now, client.device, client.address)
    raise refusal or NotEnrolled()


def _arrived(session: Session, using: Collaborators, id_number: IdNumber) -> tuple[Account | None, Forbidden | None]:
    """Whose number it is, and why that person may not come in this way."""
    account = accounts.find(session, using.vault, id_number)
    enrolled = account is not None and session.scalar(
        sa.select(sa.exists().where(Enrolment.account_id == account.id, Enrolment.status != "withdrawn"))
    )
    if account is None or not enrolled:
        return account, NotEnrolled()
    return account, None if account.role in ROLES else PortalForTeachers()
