"""Locks an account for a while after wrong passwords, for longer each time.

By account and never by address: hundreds of teachers share their school's. The count rises and falls under the account's row lock,
after the password was checked: of guesses sent at once, only as many as are free are ever told whether they were right.
"""

import math
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import Account
from services import accounts
from services.errors import AccountLocked, TryAgain

#: The failure that first locks the account.
FREE_FAILURES = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=1)


def duration(failures: int) -> timedelta:
    """How long the account stays locked after this many failures in a row: 1 minute at the fifth, doubling, 1 hour at most."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES, 16)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


def refuse_if_locked(account: Account | None, now: datetime) -> None:
    """Raises AccountLocked with the seconds that remain."""
    if account is not None and account.locked_until is not None and account.locked_until > now:
        raise AccountLocked(retry_after=math.ceil((account.locked_until - now).total_seconds()))


def settle(session: Session, seen: Account | None, right: bool, now: datetime) -> Account | None:
    """Write down how a check of the password of `seen` ended; the locked account, or None where the answer is no.

    The caller must commit in both cases and refuse afterwards. Raises AccountLocked where others locked it meanwhile, TryAgain
    where the password was changed meanwhile.
    """
    if seen is None:
        return None
    account = accounts.lock(session, seen.id)
    refuse_if_locked(account, now)
    if account.password_hash != seen.password_hash:
        raise TryAgain(retry_after=1)
    if right:
        account.failed_logins = 0
        account.locked_until = None
        return account
    account.failed_logins += 1
    if account.failed_logins >= FREE_FAILURES:
        account.locked_until = now + duration(account.failed_logins)
    return None
