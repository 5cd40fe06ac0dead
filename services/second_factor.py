"""The second factor of staff (动态验证码): six digits of RFC 6238 from an authenticator app, or a recovery code (备用码).

A code is good for its own half minute and the ones before and after, and serves once: `last_step` only rises, under the account's row
lock. Wrong codes lock the account as wrong passwords do, but are counted apart: only a right code forgets them. So whoever knows the
password cannot earn guesses with it, here or at the teachers' door.

The key stands in the database sealed for the account; recovery codes only as keyed digests.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

import pyotp
from sqlalchemy.orm import Session

from models import Account, SecondFactor
from services import lockout, staff_sessions
from services.errors import Conflict, Invalid
from services.vault import Vault

STEP_S = 30
#: A phone's clock may be this many steps off.
DRIFT = 1
DIGITS = 6
RECOVERY_CODES = 8
ISSUER = "学时管理后台"
#: Characters that cannot be taken for one another; ten of them are 49 bits.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH = 10


class WrongCode(Invalid):
    """验证码不正确，或已经用过。请等手机上出现新的验证码后再输入。"""

    code = "wrong_code"


class WrongNewCode(Invalid):
    """新手机上的验证码不正确。请确认已扫描本页的二维码，并输入新出现的验证码。"""

    code = "wrong_new_code"


class SetUpAlready(Conflict):
    """动态验证码已经设置过，请直接输入手机上的验证码。"""

    code = "second_factor_set_up"


@dataclass(frozen=True)
class Answer:
    """Whether a code was right; `recovery_left` where a recovery code served: how many are good still."""

    right: bool
    recovery_left: int | None = None


def new_key() -> str:
    """160 random bits in base32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def address(key: str, name: str) -> str:
    """What the QR code says: the otpauth:// address that authenticator apps read. `name` is a person's, never their number."""
    return pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=ISSUER)


def code_at(key: str, moment: datetime) -> str:
    """The six digits that an authenticator app shows then."""
    return pyotp.HOTP(key).at(_step(moment))


def is_set_up(session: Session, account_id: int) -> bool:
    return session.get(SecondFactor, account_id) is not None


def recovery_left(session: Session, account_id: int) -> int:
    held = session.get(SecondFactor, account_id)
    return len(held.recovery) if held is not None else 0


def shows(key: str, typed: str, now: datetime) -> bool:
    """Whether the code was made with this key just now: proof that the phone has it."""
    return _matching_step(key, typed, now) is not None


def set_up(
    session: Session, vault: Vault, account: Account, key: str, typed: str, now: datetime, *, replace: bool = False
) -> list[str]:
    """Keep the key of a phone that shows the right code; the recovery codes, to be shown once. The account is locked by the caller.

    Raises WrongNewCode, SetUpAlready (without `replace`).
    """
    step = _matching_step(key, typed, now)
    if step is None:
        raise WrongNewCode
    held = session.get(SecondFactor, account.id, populate_existing=True)
    if held is not None and not replace:
        raise SetUpAlready
    if held is None:
        held = SecondFactor(account_id=account.id)
        session.add(held)
    held.key_envelope = vault.seal(key, account.id)
    held.confirmed_at, held.last_step, held.failed_codes = now, step, 0
    return _new_recovery(vault, held)


def answer(session: Session, vault: Vault, account: Account, typed: str, now: datetime) -> Answer:
    """Take a code. The account is locked by the caller, who commits in both cases and refuses afterwards.

    Raises AccountLocked. Without a second factor no code is right.
    """
    lockout.refuse_if_locked(account, now)
    held = session.get(SecondFactor, account.id, populate_existing=True)
    if held is None:
        return Answer(False)
    step = _matching_step(vault.open(held.key_envelope, account.id), typed, now, after=held.last_step)
    if step is not None:
        held.last_step, held.failed_codes = step, 0
        return Answer(True)
    digest = _digest(vault, account.id, typed)
    left = [good for good in held.recovery if not compare_digest(good, digest)]
    if len(left) < len(held.recovery):
        held.recovery, held.failed_codes = left, 0
        return Answer(True, len(left))
    held.failed_codes += 1
    if held.failed_codes >= lockout.FREE_FAILURES:
        account.locked_until = now + lockout.duration(held.failed_codes)
    return Answer(False)


def renew_recovery(session: Session, vault: Vault, account_id: int) -> list[str]:
    """New recovery codes, to be shown once; the old ones are void. The account has a second factor, and is locked by the caller."""
    return _new_recovery(vault, session.get_one(SecondFactor, account_id))


def remove(session: Session, account_id: int, now: datetime) -> bool:
    """Forget the phone, and end every session: the person sets up anew at the next sign-in. False where there was none.

    The account is locked by the caller.
    """
    held = session.get(SecondFactor, account_id, populate_existing=True)
    if held is not None:
        session.delete(held)
    staff_sessions.end_all(session, account_id, now)
    session.flush()
    return held is not None


def _step(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_S


def _matching_step(key: str, typed: str, now: datetime, after: int = 0) -> int | None:
    """The step later than `after` whose code this is. Every step is tried, so the time tells nothing."""
    code = _plain(typed)
    hotp, here = pyotp.HOTP(key, digits=DIGITS), _step(now)
    steps = [step for step in range(here - DRIFT, here + DRIFT + 1) if step >= 0]
    found = [step for step in steps if compare_digest(hotp.at(step).encode(), code.encode())]
    return next((step for step in found if step > after), None)


def _new_recovery(vault: Vault, held: SecondFactor) -> list[str]:
    codes = ["".join(secrets.choice(_READABLE) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    held.recovery = [_digest(vault, held.account_id, code) for code in codes]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(vault: Vault, account_id: int, code: str) -> str:
    return vault.fingerprint("recovery code", f"{account_id}\0{_plain(code)}")


def _plain(typed: str) -> str:
    """What was meant: full-width digits, blanks and hyphens are forgiven."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed[:64]) if c.isalnum()).lower()
