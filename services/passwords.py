"""argon2id with bounded concurrency, and what a password may be checked against.

A random first password that we made ourselves is kept as an HMAC instead, until it is changed (docs/adr/0013): argon2 makes guessing
dear where people chose the word, and 58 random bits need no such help; a roster of 100,000 would take half an hour.

A hash takes about 20 ms and 19 MiB, so only so many are computed at once in a process; a caller waits a moment for its turn and
is then told to come back. Whatever the outcome — no such account, a first password by rule, a changed one — a check costs one
hash, so that its time tells nothing. The policy for new passwords is services.password_policy.
"""

import math
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from models import Account
from services.errors import TryAgain
from services.vault import Vault

LAST_SIX = "last_six"
SHARED = "shared"
RANDOM = "random"

#: Marks what Passwords.digest made; argon2's own begin with $argon2id$.
_DIGEST = "$hmac-sha256$"

#: Letters and digits that cannot be taken for one another in print.
_READABLE_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_READABLE_DIGITS = "23456789"
#: What stands at each place of a random password, and how many there are: 23⁹ · 8⁶ = 2^58.7.
_GROUP = (_READABLE_LETTERS,) * 3 + (_READABLE_DIGITS,) * 2
_RANDOM_SHAPE = (*_GROUP, "-", *_GROUP, "-", *_GROUP)
_RANDOM_PASSWORDS = math.prod(map(len, _RANDOM_SHAPE))


@dataclass(frozen=True)
class FirstPassword:
    """How the first password of new accounts is made.

    last_six: the last six of the ID number, X in capital. shared: one for all, from the notice; hashed once for the whole
    import (Passwords.first_password). random: one for each account, shown once.
    """

    rule: str
    shared_password: str | None = field(default=None, repr=False)
    shared_hash: str | None = field(default=None, repr=False)


class Passwords:
    """`concurrency` hashes at once; a caller waits `patience` seconds at most for its turn."""

    def __init__(self, concurrency: int, patience: float = 1.0) -> None:
        # OWASP's smallest argon2id setting that still resists GPUs: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._turns = threading.BoundedSemaphore(concurrency)
        self._patience = patience
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """argon2id in PHC form. Raises TryAgain."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def verify(self, password_hash: str, candidate: str) -> bool:
        """Whether `candidate` is the password. Raises TryAgain."""
        with self._turn():
            try:
                return self._hasher.verify(password_hash, _normal(candidate))
            except VerifyMismatchError:
                return False
            except (VerificationError, InvalidHashError):  # not a hash of ours: nobody gets in with it
                return False

    def digest(self, random: str, account_id: int, vault: Vault) -> str:
        """What is kept of a random first password: an HMAC under the vault's key, of this account alone."""
        return _DIGEST + vault.digest(_normal(random), account_id)

    def needs_rehash(self, password_hash: str | None) -> bool:
        """Whether the hash was made with other costs than today's. A digest stays one until the password is changed."""
        if password_hash is None or password_hash.startswith(_DIGEST):
            return False
        return self._hasher.check_needs_rehash(password_hash)

    def check(self, account: Account | None, candidate: str, vault: Vault) -> bool:
        """Whether `candidate` opens the account; None stands for "no such account". Raises TryAgain."""
        kept = account.password_hash if account is not None else None
        if kept is not None and not kept.startswith(_DIGEST):
            return self.verify(kept, candidate)
        self.verify(self._nobodys_hash, candidate)
        if account is not None and kept is not None:
            return compare_digest(kept, self.digest(candidate, account.id, vault))
        if account is None or account.first_password != LAST_SIX:
            return False
        expected = last_six(vault.open(account.id_envelope, account.id))
        return compare_digest(_normal(candidate).encode(), expected.encode())

    def first_password(self, rule: str, shared_password: str | None = None) -> FirstPassword:
        """What services.accounts.create needs, made once for an import. Raises ValueError, TryAgain."""
        if rule not in (LAST_SIX, SHARED, RANDOM):
            raise ValueError(f"unknown rule for first passwords: {rule!r}")
        if rule != SHARED:
            return FirstPassword(rule)
        if not shared_password:
            raise ValueError("the rule 'shared' needs the password")
        return FirstPassword(rule, shared_password, self.hash(shared_password))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise TryAgain(retry_after=2)
        try:
            yield
        finally:
            self._turns.release()


def last_six(number: str) -> str:
    """The first password that some notices prescribe: "身份证号后六位，X 大写"."""
    return number[-6:].upper()


def random_password() -> str:
    """Three groups that can be read out: more than 58 bits, letters and digits in each."""
    drawn, characters = secrets.randbelow(_RANDOM_PASSWORDS), []
    for of in _RANDOM_SHAPE:  # one draw for all: a roster makes a hundred thousand
        drawn, which = divmod(drawn, len(of))
        characters.append(of[which])
    return "".join(characters)


def _normal(password: str) -> str:
    """NFKC: one keyboard's full-width ａ１ is another's a1."""
    return unicodedata.normalize("NFKC", password)
