"""New passwords of staff: what they must be, and what ends with the old one."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Account
from services import password_policy, refresh_tokens, staff_sessions
from services.collaborators import Collaborators
from services.errors import Invalid
from services.staff_sessions import Recognised


def hash_new(using: Collaborators, account: Account, new: str) -> str:
    """The hash of a password that may become the account's: outside any transaction, for it takes long.

    Raises Invalid (field new_password), TryAgain.
    """
    number = using.vault.open(account.id_envelope, account.id)
    password_policy.require(new, old="", id_number=number, staff=True, policy=using.password_policy)
    if using.passwords.check(account, new, using.vault):
        raise Invalid.field("new_password", "新密码不能与现在的密码相同")
    return using.passwords.hash(new)


def keep(session: Session, using: Collaborators, here: Recognised, new_hash: str, now: datetime) -> None:
    """From now on this is the password, and every log-in but this one has ended, a teacher's too.

    The account is locked by the caller (services.accounts.lock).
    """
    account = session.get_one(Account, here.account.id)
    account.password_hash, account.password_changed_at = new_hash, now
    account.must_change_password = False
    staff_sessions.end_all(session, account.id, now, but=here.session_id)
    refresh_tokens.revoke_all(session, account.id, now)
    session.flush()
    # With Redis away nothing has changed, and the person tries again: as in services.sign_in.change_password.
    using.store.release(account.id)
