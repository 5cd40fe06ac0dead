"""Signing in to the console: number and password, then the second factor, then the change of a first password.

    password → code, or setting it up → (changing) → open

Only who holds a role gets past the password. A password is hashed outside any transaction, and a failure is committed before it is
answered (services.work, services.lockout).
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from models import Account
from services import (
    accounts,
    addresses,
    audit,
    errors,
    lockout,
    password_policy,
    second_factor,
    sign_in,
    staff_passwords,
    staff_sessions,
)
from services.authority import principals
from services.authority.principals import Principal
from services.collaborators import Collaborators
from services.second_factor import WrongCode
from services.sign_in_records import CONSOLE, Client, note, refusals_noted
from services.staff_sessions import CHANGING, OPEN, Recognised
from services.work import UnitOfWork


class NotStaff(errors.Forbidden):
    """您的账号不是管理人员，请在小程序学习。"""

    code = "not_staff"


@dataclass(frozen=True)
class Passed:
    """A step that was taken: the session's new token, what it is open to now, and what is shown once.

    `recovery` the new recovery codes; `recovery_left` how many are good still, where one was used.
    """

    token: str = field(repr=False)
    state: str
    recovery: list[str] = field(default_factory=list, repr=False)
    recovery_left: int | None = None


def with_password(
    work: UnitOfWork, using: Collaborators, number: str, password: str, now: datetime, client: Client
) -> str:
    """The token of a session that waits for the second factor, in the person's highest role.

    Raises BadCredentials alike for an unknown number and a wrong password; AccountLocked; TryAgain; NotStaff, after a right password only.
    """
    seen = sign_in.look_up(work, using, number)
    with refusals_noted(work, seen.id if seen else None, CONSOLE, now, client):
        right, better_hash = sign_in.check(using, seen, password, now)
        with work() as session:
            account = lockout.settle(session, seen, right, now)
            if account is not None:
                account.password_hash = better_hash
                held = principals.of_account(session, account)
                if held:
                    return staff_sessions.open_session(
                        session,
                        account,
                        now,
                        appointment_id=held[0].appointment_id,
                        address_masked=addresses.masked(client.address),
                        device=client.device,
                    )
            if seen is not None:
                result = "refused" if account is not None else "wrong_password"
                note(session, seen.id, CONSOLE, result, now, client.device, client.address)
                _audit_wrong_password(session, using, seen, now, client)
    if account is not None:
        raise NotStaff
    using.failed_sign_ins.add(client.address, number, now)
    raise errors.BadCredentials


def with_code(
    work: UnitOfWork, using: Collaborators, here: Recognised, typed: str, now: datetime, client: Client
) -> Passed:
    """Go on by a code of the phone, or a recovery code. Raises WrongCode, AccountLocked, NotStaff, BadToken."""
    with refusals_noted(work, here.account.id, CONSOLE, now, client), work() as session:
        account = accounts.lock(session, here.account.id)
        staff_sessions.require_still(session, here)
        acting = _highest(session, account)
        told = second_factor.answer(session, using.vault, account, typed, now)
        if told.right:
            token, state = _go_on(session, using, here, account, acting, now, client)
            return Passed(token, state, recovery_left=told.recovery_left)
        note(session, account.id, CONSOLE, "wrong_code", now, client.device, client.address)
        audit.record(
            session,
            using.vault,
            audit.By(acting, client.address),
            "second_factor",
            now,
            target=("account", account.id),
            organisation_id=acting.organisation_id,
            result="failed",
            what="code",
        )
    raise WrongCode


def with_new_phone(
    work: UnitOfWork, using: Collaborators, here: Recognised, key: str, typed: str, now: datetime, client: Client
) -> Passed:
    """Go on by setting the second factor up, the first time: `typed` shows that the phone has the key.

    Raises WrongNewCode, SetUpAlready, NotStaff, BadToken.
    """
    with work() as session:
        account = accounts.lock(session, here.account.id)
        staff_sessions.require_still(session, here)
        acting = _highest(session, account)
        codes = second_factor.set_up(session, using.vault, account, key, typed, now)
        token, state = _go_on(session, using, here, account, acting, now, client, what="set_up")
        return Passed(token, state, recovery=codes)


def with_new_password(
    work: UnitOfWork, using: Collaborators, here: Recognised, new: str, now: datetime, client: Client
) -> Passed:
    """Go on by changing a first password, or one that is too old. Raises Invalid (the policy), NotStaff, BadToken, TryAgain."""
    new_hash = staff_passwords.hash_new(using, here.account, new)
    with work() as session:
        account = accounts.lock(session, here.account.id)
        acting = _highest(session, account)
        staff_passwords.keep(session, using, here, new_hash, now)
        token = staff_sessions.renew(session, here, state=OPEN, appointment_id=acting.appointment_id)
        _record_sign_in(session, using, acting, now, client)
        return Passed(token, OPEN)


def out(work: UnitOfWork, using: Collaborators, here: Recognised, now: datetime, client: Client) -> None:
    """End the session, whatever step it is at."""
    with work() as session:
        staff_sessions.end(session, here.session_id, now)
        note(session, here.account.id, CONSOLE, "out", now, client.device, client.address)
        by = audit.By(here.principal, client.address)
        unit = here.principal.organisation_id if here.principal else None
        audit.record(
            session, using.vault, by, "sign_out", now, target=("account", here.account.id), organisation_id=unit
        )


def _go_on(
    session: Session,
    using: Collaborators,
    here: Recognised,
    account: Account,
    acting: Principal,
    now: datetime,
    client: Client,
    what: str = "",
) -> tuple[str, str]:
    """After the second factor: the new token and state. What is written down comes last."""
    must_change = account.must_change_password or password_policy.expired(account, now, using.password_policy)
    state = CHANGING if must_change else OPEN
    token = staff_sessions.renew(session, here, state=state, appointment_id=acting.appointment_id)
    if what:
        by = audit.By(acting, client.address)
        unit = acting.organisation_id
        target = ("account", account.id)
        audit.record(session, using.vault, by, "second_factor", now, target=target, organisation_id=unit, what=what)
    if state == OPEN:
        _record_sign_in(session, using, acting, now, client)
    return token, state


def _record_sign_in(session: Session, using: Collaborators, acting: Principal, now: datetime, client: Client) -> None:
    note(session, acting.account_id, CONSOLE, "in", now, client.device, client.address)
    audit.record(
        session,
        using.vault,
        audit.By(acting, client.address),
        "sign_in",
        now,
        target=("account", acting.account_id),
        organisation_id=acting.organisation_id,
    )


def _audit_wrong_password(session: Session, using: Collaborators, seen: Account, now: datetime, client: Client) -> None:
    """Of staff alone: who it was that typed is not known, so the entry has no actor."""
    held = principals.of_account(session, seen)
    if held:
        audit.record(
            session,
            using.vault,
            audit.By(None, client.address),
            "sign_in",
            now,
            target=("account", seen.id),
            organisation_id=held[0].organisation_id,
            result="failed",
        )


def _highest(session: Session, account: Account) -> Principal:
    """The role in which the person begins. Raises NotStaff where the last one was taken away meanwhile."""
    held = principals.of_account(session, account)
    if not held:
        raise NotStaff
    return held[0]
