"""What the desk does short of a reset: lift a lock (解锁), take a WeChat off an account (解除绑定). The caller is known as for a reset."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Account
from services import audit, identity_check, notices, once, people, refresh_tokens, sign_in
from services.collaborators import Collaborators
from services.identity_check import Checked, Given
from services.password_reset import require_staff, told


def unlock(
    session: Session, using: Collaborators, by: audit.By, account_id: int, given: Given, form: str, now: datetime
) -> Checked:
    """Wrong passwords are forgotten; nothing happens where the check did not pass. Raises as password_reset.reset does."""
    account, checked = _checked(session, using, by, account_id, given, form, now)
    if checked.passed:
        account.failed_logins, account.locked_until = 0, None
        notices.tell(session, account.id, "unlocked", told(by.principal, "解除锁定", now, "账号"), now)
        _record(session, using, by, account, "unlock", checked, now)
    return checked


def unbind(
    session: Session, using: Collaborators, by: audit.By, account_id: int, given: Given, form: str, now: datetime
) -> Checked:
    """The WeChat no longer signs in, and where it signed in it is out; number and password go on. Raises as password_reset.reset does."""
    account, checked = _checked(session, using, by, account_id, given, form, now)
    if checked.passed:
        sign_in.unbind(session, account.id)
        refresh_tokens.revoke_route(session, account.id, refresh_tokens.WECHAT, now)
        notices.tell(session, account.id, "unbound", told(by.principal, "解除绑定", now, "微信"), now)
        _record(session, using, by, account, "unbind_wechat", checked, now)
    return checked


def _checked(
    session: Session, using: Collaborators, by: audit.By, account_id: int, given: Given, form: str, now: datetime
) -> tuple[Account, Checked]:
    who = require_staff(by)
    account = people.target(session, who, account_id)
    once.use_form(session, form, who.account_id, now)
    return account, identity_check.check(session, using, by, account, given, now)


def _record(
    session: Session,
    using: Collaborators,
    by: audit.By,
    account: Account,
    action: str,
    checked: Checked,
    now: datetime,
) -> None:
    audit.record(
        session,
        using.vault,
        by,
        action,
        now,
        target=("account", account.id),
        organisation_id=account.school_id,
        identity=checked.how,
        questions=list(checked.matches),
    )
