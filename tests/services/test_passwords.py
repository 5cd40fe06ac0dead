import re
import threading

import pytest
from argon2 import PasswordHasher

from models import Account
from services import passwords as module
from services.errors import TryAgain
from services.passwords import Passwords
from services.vault import Vault
from tests.factories import resident_id

vault = Vault(b"i" * 32, {"k": b"e" * 32})
NUMBER = next(n for n in map(resident_id, range(100)) if n.endswith("X"))


@pytest.fixture(scope="module", autouse=True)
def _true_cost():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PasswordHasher", PasswordHasher)
        yield


@pytest.fixture(scope="module")
def passwords(_true_cost):
    return Passwords(concurrency=2)


@pytest.fixture
def counted(passwords, monkeypatch):
    """How many hashes were computed."""
    hashes = []
    real = passwords._hasher.verify
    monkeypatch.setattr(passwords._hasher.__class__, "verify", lambda self, *a: hashes.append(1) or real(*a))
    return hashes


def account(rule: str = "last_six", password_hash: str | None = None) -> Account:
    return Account(id=7, first_password=rule, password_hash=password_hash, id_envelope=vault.seal(NUMBER, 7))


class TestCheck:
    def test_the_last_six_with_capital_x_open_an_account_that_has_no_hash_yet(self, passwords):
        assert passwords.check(account(), NUMBER[-6:], vault)
        assert not passwords.check(account(), NUMBER[-6:].lower(), vault)
        assert not passwords.check(account(), NUMBER[-7:], vault)
        assert not passwords.check(account(), "", vault)

    def test_once_there_is_a_hash_the_last_six_are_worth_nothing(self, passwords):
        changed = account(password_hash=passwords.hash("changed-2022"))
        assert passwords.check(changed, "changed-2022", vault)
        assert not passwords.check(changed, NUMBER[-6:], vault)

    def test_without_hash_and_without_that_rule_nothing_opens(self, passwords):
        assert not passwords.check(account(rule="random"), NUMBER[-6:], vault)

    def test_no_account_is_never_opened(self, passwords):
        assert not passwords.check(None, "anything", vault)

    def test_every_answer_costs_one_hash(self, passwords, counted):
        known = passwords.hash("known-2022")
        for asked in (None, account(), account(rule="random"), account(password_hash=known)):
            counted.clear()
            passwords.check(asked, "guess", vault)
            assert len(counted) == 1

    def test_full_width_letters_are_the_same_letters(self, passwords):
        assert passwords.verify(passwords.hash("ｍｉｍａ１２３４"), "mima1234")

    def test_a_damaged_hash_opens_nothing(self, passwords):
        assert not passwords.verify("not a hash", "anything")


class TestHash:
    def test_it_is_argon2id_at_the_agreed_cost(self, passwords):
        assert passwords.hash("mima1234").startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_cheaper_hashes_are_to_be_made_again(self, passwords):
        assert not passwords.needs_rehash(None)
        assert not passwords.needs_rehash(passwords.hash("mima1234"))
        assert passwords.needs_rehash(passwords.hash("mima1234").replace("t=2", "t=1"))


class TestConcurrency:
    def test_beyond_the_bound_one_is_told_to_try_again(self):
        busy = Passwords(concurrency=1, patience=0.01)
        inside, leave = threading.Event(), threading.Event()

        def occupy():
            with busy._turn():
                inside.set()
                leave.wait(10)

        other = threading.Thread(target=occupy)
        other.start()
        inside.wait(10)
        with pytest.raises(TryAgain) as refused:
            busy.verify(busy._nobodys_hash, "x")
        assert refused.value.retry_after
        leave.set()
        other.join()
        assert not busy.verify(busy._nobodys_hash, "x")


class TestFirstPassword:
    def test_a_shared_one_is_hashed_once_for_all(self, passwords):
        first = passwords.first_password("shared", "Haolaoshi123")
        assert passwords.verify(first.shared_hash, "Haolaoshi123")
        assert "Haolaoshi" not in repr(first)

    def test_a_random_one_can_be_read_out(self):
        made = {module.random_password() for _ in range(200)}
        assert len(made) == 200
        assert all(re.fullmatch(r"([a-z]{3}[2-9]{2}-){2}[a-z]{3}[2-9]{2}", one) for one in made)
        assert not any(set(one) & set("iloIO01") for one in made)

    @pytest.mark.parametrize(("rule", "shared"), [("shared", None), ("shared", ""), ("first_six", None)])
    def test_rules_that_cannot_be_followed_are_refused(self, passwords, rule, shared):
        with pytest.raises(ValueError, match="rule"):
            passwords.first_password(rule, shared)
