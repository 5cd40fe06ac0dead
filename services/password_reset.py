"""A password that was forgotten (忘记密码，由管理员重置): the account gets a random first password, and every log-in ends."""

from datetime import datetime

from sqlalchemy.orm import Session

from services import accounts, refresh_tokens
from services.collaborators import Collaborators
from services.passwords import RANDOM, random_password


def reset(session: Session, using: Collaborators, account_id: int, now: datetime) -> str:
    """The new first password: shown once, kept nowhere, to be changed at the next log-in. A lock is lifted. Raises NotFound."""
    account = accounts.lock(session, account_id)
    password = random_password()
    account.password_hash = using.passwords.digest(password, account.id, using.vault)
    account.first_password = RANDOM
    account.must_change_password = True
    account.failed_logins, account.locked_until = 0, None
    refresh_tokens.revoke_all(session, account.id, now)
    session.flush()
    # Last, and before the commit: with Redis away nothing has changed, as in services.sign_in.change_password.
    using.store.release(account.id)
    return password
