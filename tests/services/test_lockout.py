from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import Account
from services import lockout
from services.errors import AccountLocked, TryAgain
from tests import factories

NOW = datetime(2022, 8, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class TestDuration:
    def test_the_fifth_failure_locks_for_a_minute_and_each_further_one_for_twice_as_long(self):
        minutes = [lockout.duration(failures) / MINUTE for failures in range(13)]
        assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]

    def test_it_stays_an_hour_however_many_there_are(self):
        assert lockout.duration(10**9) == timedelta(hours=1)


class TestRefuseIfLocked:
    def test_it_tells_the_seconds_that_remain_rounded_up(self):
        locked = Account(locked_until=NOW + timedelta(seconds=30, milliseconds=1))
        with pytest.raises(AccountLocked) as refused:
            lockout.refuse_if_locked(locked, NOW)
        assert refused.value.retry_after == 31

    def test_the_lock_ends_at_its_moment(self):
        lockout.refuse_if_locked(Account(locked_until=NOW), NOW)
        lockout.refuse_if_locked(Account(locked_until=None), NOW)
        lockout.refuse_if_locked(None, NOW)


class TestSettle:
    def test_a_password_that_was_changed_while_it_was_checked_counts_neither_way(self, session: Session):
        account = factories.account(session, password_hash="new")
        seen = Account(id=account.id, password_hash="old")
        with pytest.raises(TryAgain):
            lockout.settle(session, seen, right=True, now=NOW)
        assert account.failed_logins == 0

    def test_a_right_guess_that_arrives_after_the_lock_is_not_told_so(self, session: Session):
        account = factories.account(session, failed_logins=5, locked_until=NOW + MINUTE)
        with pytest.raises(AccountLocked):
            lockout.settle(session, Account(id=account.id, password_hash=None), right=True, now=NOW)
        assert account.failed_logins == 5

    def test_success_forgets_all_failures(self, session: Session):
        account = factories.account(session, failed_logins=7, locked_until=NOW)
        assert lockout.settle(session, Account(id=account.id, password_hash=None), right=True, now=NOW) is account
        assert (account.failed_logins, account.locked_until) == (0, None)
