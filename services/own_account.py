"""What staff change of their own: the password, the phone with the second factor, recovery codes, the role they act in, sessions."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Account
from services import accounts, audit, lockout, second_factor, sign_in, staff_passwords, staff_sessions
from services.authority import principals
from services.authority.principals import Principal
from services.collaborators import Collaborators
from services.errors import BadToken, Invalid, NotFound
from services.second_factor import WrongCode, WrongNewCode
from services.sign_in_records import Client
from services.staff_sessions import Recognised
from services.work import UnitOfWork


class WrongPassword(Invalid):
    """现在的密码不正确。"""

    code = "wrong_password"


def change_password(
    work: UnitOfWork, using: Collaborators, here: Recognised, old: str, new: str, now: datetime, client: Client
) -> str:
    """Every other log-in ends, and this one goes on under a new token, which is returned: a copy of its cookie is worth nothing.

    Raises Invalid (the policy), WrongPassword, AccountLocked, TryAgain."""
    right, _ = sign_in.check(using, here.account, old, now)
    new_hash = staff_passwords.hash_new(using, here.account, new) if right else ""
    with work() as session:
        if lockout.settle(session, here.account, right, now) is not None:
            staff_passwords.keep(session, using, here, new_hash, now)
            token = _renewed(session, here)
            _record(session, using, here, client, "change_password", now)
            return token
        _record(session, using, here, client, "change_password", now, result="failed")
    raise WrongPassword


def replace_phone(
    work: UnitOfWork,
    using: Collaborators,
    here: Recognised,
    *,
    password: str,
    current: str,
    key: str,
    typed: str,
    now: datetime,
    client: Client,
) -> tuple[str, list[str]]:
    """The second factor moves to the phone that has `key` and shows `typed`, and every other session ends. Returns the new token of this
    one, and new recovery codes.

    Raises WrongNewCode, WrongPassword, WrongCode (`current`, of the old phone or a recovery code), AccountLocked, TryAgain.
    """
    if not second_factor.shows(key, typed, now):
        raise WrongNewCode
    right, _ = sign_in.check(using, here.account, password, now)
    with work() as session:
        account = lockout.settle(session, here.account, right, now)
        if account is not None and second_factor.answer(session, using.vault, account, current, now).right:
            codes = second_factor.set_up(session, using.vault, account, key, typed, now, replace=True)
            staff_sessions.end_all(session, account.id, now, but=here.session_id)
            token = _renewed(session, here)
            _record(session, using, here, client, "second_factor", now, what="replaced")
            return token, codes
        _record(session, using, here, client, "second_factor", now, result="failed", what="replace")
    raise WrongCode if account is not None else WrongPassword


def new_recovery_codes(
    work: UnitOfWork, using: Collaborators, here: Recognised, typed: str, now: datetime, client: Client
) -> list[str]:
    """Eight new ones for a code; the old ones are void. Raises WrongCode, AccountLocked."""
    with work() as session:
        account = accounts.lock(session, here.account.id)
        if second_factor.answer(session, using.vault, account, typed, now).right:
            codes = second_factor.renew_recovery(session, using.vault, account.id)
            _record(session, using, here, client, "second_factor", now, what="recovery")
            return codes
        _record(session, using, here, client, "second_factor", now, result="failed", what="recovery")
    raise WrongCode


def roles(session: Session, here: Recognised) -> list[Principal]:
    """All that the person may act as, the highest rank first."""
    return principals.of_account(session, session.get_one(Account, here.account.id))


def act_as(
    session: Session, using: Collaborators, here: Recognised, appointment_id: int | None, now: datetime, client: Client
) -> str:
    """Go on in another of the own roles, None as a workshop leader; the session's new token. Raises NotFound."""
    held = roles(session, here)
    chosen = principals.find(held, appointment_id)
    if chosen is None:
        raise NotFound("您没有这个角色，可能已被免去。")
    token = staff_sessions.renew(session, here, state=here.state, appointment_id=appointment_id)
    _record(session, using, here, client, "switch_role", now, to=chosen.role.key, at=chosen.organisation)
    return token


def end_session(
    session: Session, using: Collaborators, here: Recognised, session_id: int | None, now: datetime, client: Client
) -> None:
    """End one of the own sessions, None for all but this one. Raises NotFound for another person's."""
    if session_id is None:
        staff_sessions.end_all(session, here.account.id, now, but=here.session_id)
    elif not staff_sessions.end_own(session, here.account.id, session_id, now):
        raise NotFound
    _record(session, using, here, client, "end_sessions", now, what="all" if session_id is None else "one")


def _renewed(session: Session, here: Recognised) -> str:
    acting = here.principal
    return staff_sessions.renew(
        session, here, state=here.state, appointment_id=acting.appointment_id if acting else None
    )


def _record(
    session: Session,
    using: Collaborators,
    here: Recognised,
    client: Client,
    action: str,
    now: datetime,
    result: audit.Result = "done",
    **detail: str,
) -> None:
    acting = here.principal
    if acting is None:
        raise BadToken
    audit.record(
        session,
        using.vault,
        audit.By(acting, client.address),
        action,
        now,
        target=("account", acting.account_id),
        organisation_id=acting.organisation_id,
        result=result,
        **detail,
    )
