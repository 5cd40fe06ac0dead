"""Codes of authenticator apps and recovery codes, without pages: tests/console/test_sign_in.py has those."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Account, SecondFactor
from services import accounts, lockout, second_factor
from services.errors import AccountLocked
from services.vault import Vault
from tests import factories

NOW = datetime(2022, 8, 1, 9, 0, 15, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def vault() -> Vault:
    return Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})


@pytest.fixture
def account(session: Session, vault: Vault) -> Account:
    """With a phone, none of whose codes was used."""
    made = factories.account(session)
    second_factor.set_up(session, vault, made, KEY, second_factor.code_at(KEY, NOW), NOW)
    session.get_one(SecondFactor, made.id).last_step = 0
    session.commit()
    return made


def code(at: datetime) -> str:
    return second_factor.code_at(KEY, at)


@given(st.integers(0, 2**33))
def test_the_codes_are_those_of_rfc_6238(seconds: int) -> None:
    """As an authenticator app computes them: HMAC-SHA1 over the number of half minutes."""
    import base64
    import hashlib
    import hmac

    digest = hmac.digest(base64.b32decode(KEY), (seconds // 30).to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    assert code(datetime.fromtimestamp(seconds, UTC)) == f"{number % 10**6:06d}"


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(
    session: Session, vault: Vault, account: Account, off: int, right: bool
) -> None:
    assert second_factor.answer(session, vault, account, code(NOW + off * HALF_MINUTE), NOW).right is right


def test_after_a_code_no_earlier_one_serves(session: Session, vault: Vault, account: Account) -> None:
    assert second_factor.answer(session, vault, account, code(NOW + HALF_MINUTE), NOW).right
    for earlier in (NOW + HALF_MINUTE, NOW, NOW - HALF_MINUTE):
        assert not second_factor.answer(session, vault, account, code(earlier), NOW).right
    later = NOW + 2 * HALF_MINUTE
    assert second_factor.answer(session, vault, account, code(later), later).right


def test_it_may_be_typed_as_people_type(session: Session, vault: Vault, account: Account) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    typed = code(NOW).translate(wide)
    assert second_factor.answer(session, vault, account, f" {typed[:3]} {typed[3:]}\n", NOW).right


NONSENSE = ("", " ", "1" * 5000, "١٢٣٤٥٦", "\0" * 6, "'; --", "é", "-----", "\ud800")


@pytest.mark.parametrize("typed", NONSENSE)
def test_nonsense_is_wrong_and_counts(session: Session, vault: Vault, account: Account, typed: str) -> None:
    assert not second_factor.answer(session, vault, account, typed, NOW).right
    assert session.get_one(SecondFactor, account.id).failed_codes == 1


def test_without_a_phone_nothing_is_right(session: Session, vault: Vault) -> None:
    nobody = factories.account(session)
    assert not second_factor.answer(session, vault, nobody, code(NOW), NOW).right
    assert not second_factor.is_set_up(session, nobody.id)
    assert not second_factor.remove(session, nobody.id, NOW)


def test_wrong_codes_lock_for_longer_each_time(session: Session, vault: Vault, account: Account) -> None:
    moment = NOW
    for failures in range(1, lockout.FREE_FAILURES + 4):
        assert not second_factor.answer(session, vault, account, "000000", moment).right
        with_lock = lockout.duration(failures)
        if with_lock:
            with pytest.raises(AccountLocked) as refused:
                second_factor.answer(session, vault, account, code(moment), moment)
            assert refused.value.retry_after == with_lock.total_seconds()
            account.failed_logins, account.locked_until = 0, None  # as a right password, or the desk, does
    assert second_factor.answer(session, vault, account, code(moment), moment).right


class TestRecoveryCodes:
    def test_each_serves_once_and_new_ones_make_the_old_void(
        self, session: Session, vault: Vault, account: Account
    ) -> None:
        first = second_factor.renew_recovery(session, vault, account.id)
        assert second_factor.answer(session, vault, account, first[0], NOW) == second_factor.Answer(True, 7)
        assert not second_factor.answer(session, vault, account, first[0], NOW).right
        second = second_factor.renew_recovery(session, vault, account.id)
        assert not second_factor.answer(session, vault, account, first[1], NOW).right
        assert len(set(first + second)) == 2 * second_factor.RECOVERY_CODES
        assert second_factor.answer(session, vault, account, second[1], NOW).right

    def test_the_database_tells_neither_key_nor_codes(self, session: Session, vault: Vault, account: Account) -> None:
        codes = second_factor.renew_recovery(session, vault, account.id)
        held = session.get_one(SecondFactor, account.id)
        assert KEY.encode() not in held.key_envelope
        assert not any(one.replace("-", "") in str(held.recovery) for one in codes)


class TestSetUp:
    def test_a_phone_that_shows_another_code_is_not_taken(self, session: Session, vault: Vault) -> None:
        newcomer = factories.account(session)
        with pytest.raises(second_factor.WrongNewCode):
            second_factor.set_up(session, vault, newcomer, KEY, code(NOW + 5 * HALF_MINUTE), NOW)
        assert not second_factor.is_set_up(session, newcomer.id)

    def test_the_code_that_confirmed_it_does_not_serve_again(self, session: Session, vault: Vault) -> None:
        newcomer = factories.account(session)
        second_factor.set_up(session, vault, newcomer, KEY, code(NOW), NOW)
        assert not second_factor.answer(session, vault, newcomer, code(NOW), NOW).right

    def test_a_second_phone_needs_to_be_meant(self, session: Session, vault: Vault, account: Account) -> None:
        other = second_factor.new_key()
        with pytest.raises(second_factor.SetUpAlready):
            second_factor.set_up(session, vault, account, other, second_factor.code_at(other, NOW), NOW)
        typed = second_factor.code_at(other, NOW)
        second_factor.set_up(session, vault, account, other, typed, NOW, replace=True)
        assert not second_factor.answer(session, vault, account, code(NOW + HALF_MINUTE), NOW).right

    def test_the_address_for_the_app_names_the_person_and_no_number(self) -> None:
        assert second_factor.address(KEY, "窦县局").startswith("otpauth://totp/")
        assert f"secret={KEY}" in second_factor.address(KEY, "窦县局")


def test_of_equal_codes_sent_at_once_one_serves(engine: sa.Engine, vault: Vault) -> None:
    with Session(engine) as session:
        made = factories.account(session)
        second_factor.set_up(session, vault, made, KEY, code(NOW - 9 * HALF_MINUTE), NOW - 9 * HALF_MINUTE)
        account_id = made.id
        session.commit()
    together, right = Barrier(3), []

    def send() -> None:
        with Session(engine) as session:
            together.wait()
            account = accounts.lock(session, account_id)
            right.append(second_factor.answer(session, vault, account, code(NOW), NOW).right)
            session.commit()

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == [False, False, True]
