"""Signing in and out: by number and password, by WeChat, by refresh token; binding; the change of password.

A password is hashed outside any transaction, and a failure is committed before it is answered (services.work, services.lockout).
Each try of a known account leaves one record (services.sign_in_records) in the transaction that decides it; `client` is from where.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, WechatBinding
from services import accounts, errors, id_numbers, lockout, password_policy, refresh_tokens, staff_sessions
from services.authority import principals
from services.collaborators import Collaborators
from services.sign_in_records import NOWHERE, Client, note, refusals_noted
from services.tokens import AccessClaims, BindingTicket
from services.work import UnitOfWork


@dataclass(frozen=True)
class SignedIn:
    """What a client needs to go on; `expires_in` is the access token's life in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    must_change_password: bool
    must_confirm_profile: bool


class Recognised(NamedTuple):
    """The account, detached; the family, one log-in on one device; and the door (登录渠道) by which it came."""

    account: Account
    family: str
    route: str


def with_password(
    work: UnitOfWork, using: Collaborators, number: str, password: str, now: datetime, client: Client = NOWHERE
) -> SignedIn:
    """Raises BadCredentials alike for an unknown number and a wrong password; AccountLocked, TryAgain."""
    seen = look_up(work, using, number)
    with refusals_noted(work, seen.id if seen else None, refresh_tokens.WEB, now, client):
        right, better_hash = check(using, seen, password, now)
        with work() as session:
            account = lockout.settle(session, seen, right, now)
            if account is not None:
                account.password_hash = better_hash
                return open_family(session, using, account, now, route=refresh_tokens.WEB, client=client)
            _note_wrong(session, seen, refresh_tokens.WEB, now, client)
    using.failed_sign_ins.add(client.address, number, now)
    raise errors.BadCredentials


def with_wechat(work: UnitOfWork, using: Collaborators, code: str, now: datetime, client: Client = NOWHERE) -> SignedIn:
    """The silent return of a bound WeChat user. Raises WechatNotBound with a ticket to bind, and what openid_of raises."""
    openid = using.wechat.openid_of(code)
    with work() as session:
        bound = session.scalar(sa.select(WechatBinding.account_id).where(WechatBinding.openid == openid))
        if bound is not None:
            account = accounts.lock(session, bound)
            if session.scalar(sa.select(WechatBinding.openid).where(WechatBinding.account_id == bound)) == openid:
                return open_family(session, using, account, now, route=refresh_tokens.WECHAT, client=client)
            # The binding was taken off while we waited for the account: the telephone was lost.
    raise errors.WechatNotBound(binding_ticket=using.tokens.issue_binding(openid, now))


def bind(
    work: UnitOfWork,
    using: Collaborators,
    *,
    ticket: str,
    number: str,
    password: str,
    now: datetime,
    client: Client = NOWHERE,
) -> SignedIn:
    """Bind the ticket's WeChat to the account and sign in. One WeChat, one account, and back; a ticket serves once.

    Raises BadTicket, BadCredentials, AccountLocked, WechatBoundElsewhere, AccountBoundElsewhere, TryAgain.
    """
    try:
        claims = using.tokens.read_binding(ticket, now)
    except errors.BadToken as error:
        raise errors.BadTicket from error
    seen = look_up(work, using, number)
    with refusals_noted(work, seen.id if seen else None, refresh_tokens.WECHAT, now, client):
        right, better_hash = check(using, seen, password, now)
        with work() as session:
            account = lockout.settle(session, seen, right, now)
            if account is not None:
                account.password_hash = better_hash
                _bind(session, account, claims, now)
                # The family takes the ticket's id: that is how a used ticket is known.
                return open_family(
                    session,
                    using,
                    account,
                    now,
                    route=refresh_tokens.WECHAT,
                    family=claims.id,
                    client=client,
                    result="bound",
                )
            _note_wrong(session, seen, refresh_tokens.WECHAT, now, client)
    using.failed_sign_ins.add(client.address, number, now)
    raise errors.BadCredentials


def recognise(session: Session, using: Collaborators, token: str, now: datetime) -> Recognised:
    """Who an access token speaks for. Raises BadToken, also where the account's or the family's tokens were ended."""
    claims = using.tokens.read_access(token, now)
    found = session.execute(
        sa.select(Account, refresh_tokens.live_route(claims.family)).where(Account.id == claims.account)
    ).one_or_none()
    if found is None:
        raise errors.BadToken
    account, route = found
    if route is None or account.token_version != claims.version:
        raise errors.BadToken
    session.expunge(account)
    return Recognised(account, claims.family, route)


def unbind(session: Session, account_id: int) -> bool:
    """The account's WeChat no longer signs in by itself. False where none is bound, and nothing happens."""
    accounts.lock(session, account_id)
    bound = session.get(WechatBinding, account_id)
    if bound is not None:
        session.delete(bound)
        session.flush()
    return bound is not None


def unbind_own(session: Session, account_id: int, now: datetime, client: Client = NOWHERE) -> None:
    """As `unbind`, asked for by the teacher, whose records tell of it."""
    if unbind(session, account_id):
        note(session, account_id, refresh_tokens.WECHAT, "unbound", now, client.device, client.address)


def refresh(work: UnitOfWork, using: Collaborators, token: str, now: datetime, client: Client = NOWHERE) -> SignedIn:
    """A new pair for a refresh token. Raises BadToken; a token used again later than the grace ends its family."""
    with work() as session:
        issued = refresh_tokens.rotate(session, token, using.tokens.refresh_seconds, now, client.device)
        if issued is not None:
            return _signed_in(using, issued, now)
    raise errors.BadToken


def log_out(session: Session, token: str, now: datetime) -> None:
    """End the token's family, access tokens included. An unknown token is no error: what was asked for is so."""
    found = refresh_tokens.family_of(session, token)
    if found is not None:
        account_id, family = found
        accounts.lock(session, account_id)
        refresh_tokens.revoke_family(session, account_id, family, now)


def change_password(
    work: UnitOfWork, using: Collaborators, *, seen: Account, family: str, old: str, new: str, now: datetime
) -> None:
    """Set a new password and end every other session at once; the caller's own family goes on.

    `seen` is the caller's account as of this request. Its study lease is released too, so that no player opened elsewhere goes
    on earning. Raises Invalid (the policy), BadCredentials (the old one), AccountLocked, TryAgain.
    """
    number = using.vault.open(seen.id_envelope, seen.id)
    staff = _is_staff(work, seen)
    password_policy.require(new, old=old, id_number=number, staff=staff, policy=using.password_policy)
    right, _ = check(using, seen, old, now)
    new_hash = using.passwords.hash(new) if right else None
    with work() as session:
        account = lockout.settle(session, seen, right, now)
        if account is not None:
            account.password_hash = new_hash
            account.must_change_password = False
            account.password_changed_at = now
            refresh_tokens.revoke_others(session, account.id, family, now)
            staff_sessions.end_all(session, account.id, now)
            session.flush()
            # Last, and before the commit: with Redis away nothing has changed and the teacher tries again.
            using.store.release(account.id)
            return
    raise errors.BadCredentials("原密码不正确。")


def look_up(work: UnitOfWork, using: Collaborators, text: str) -> Account | None:
    """The account as it is now, detached; None also for a text that is no number at all."""
    try:
        number = id_numbers.parse(text)
    except errors.Invalid:
        return None
    with work(read_only=True) as session:
        account = accounts.find(session, using.vault, number)
        if account is not None:
            session.expunge(account)
        return account


def check(using: Collaborators, seen: Account | None, password: str, now: datetime) -> tuple[bool, str | None]:
    """Whether the password is right, and the hash to keep: a new one where the costs have risen since. Takes no transaction."""
    lockout.refuse_if_locked(seen, now)
    right = using.passwords.check(seen, password, using.vault)
    kept = seen.password_hash if seen is not None else None
    if right and using.passwords.needs_rehash(kept):
        kept = using.passwords.hash(password)
    return right, kept


def _bind(session: Session, account: Account, ticket: BindingTicket, now: datetime) -> None:
    if refresh_tokens.exists(session, ticket.id):
        raise errors.BadTicket
    owner = session.scalar(sa.select(WechatBinding.account_id).where(WechatBinding.openid == ticket.openid))
    if owner == account.id:
        return
    if owner is not None:
        raise errors.WechatBoundElsewhere
    if session.get(WechatBinding, account.id) is not None:
        raise errors.AccountBoundElsewhere
    session.add(WechatBinding(account_id=account.id, openid=ticket.openid, bound_at=now))
    try:
        session.flush()
    except IntegrityError as error:  # the account is locked, so it was the openid that another account got first
        raise errors.WechatBoundElsewhere from error


def open_family(
    session: Session,
    using: Collaborators,
    account: Account,
    now: datetime,
    *,
    route: str,
    family: str | None = None,
    client: Client = NOWHERE,
    result: str = "in",
) -> SignedIn:
    """Sign the account in, by the door `route`. It is locked by the caller (services.accounts.lock)."""
    account.last_login_at = now
    note(session, account.id, route, result, now, client.device, client.address)
    issued = refresh_tokens.start(
        session, account, using.tokens.refresh_seconds, now, family, route=route, device=client.device
    )
    return _signed_in(using, issued, now)


def _note_wrong(session: Session, seen: Account | None, route: str, now: datetime, client: Client) -> None:
    if seen is not None:
        note(session, seen.id, route, "wrong_password", now, client.device, client.address)


def _is_staff(work: UnitOfWork, account: Account) -> bool:
    """Whoever was appointed to something; not a teacher who leads a workshop."""
    with work(read_only=True) as session:
        return any(one.appointment_id is not None for one in principals.of_account(session, account))


def must_change_password(account: Account, route: str) -> bool:
    """Whether a first password still stands that this log-in came in with. Who arrives from a portal used none, and may know none."""
    return account.must_change_password and route != refresh_tokens.PORTAL


def _signed_in(using: Collaborators, issued: refresh_tokens.Issued, now: datetime) -> SignedIn:
    claims = AccessClaims(account=issued.account.id, version=issued.account.token_version, family=issued.family)
    return SignedIn(
        access_token=using.tokens.issue_access(claims, now),
        refresh_token=issued.token,
        expires_in=using.tokens.access_seconds,
        must_change_password=must_change_password(issued.account, issued.route),
        must_confirm_profile=issued.account.must_confirm_profile,
    )
