"""What a new password must be, and when staff must choose another. Pure.

Eight characters of at least two kinds, one that is not easily guessed from what others know. GB/T 22239-2019 (等保 2.0) asks in
7.1.4.1 a) and 8.1.4.1 a) that it is complex and changed regularly (身份鉴别信息具有复杂度要求并定期更换), and names no numbers: three kinds
and 90 days, for staff, are ours, and what those who assess it expect. The policy `basic` leaves these two out (PASSWORD_POLICY): where
the standard does not bind, NIST SP 800-63B advises against both. Neither is ever asked of teachers.
"""

import string
import unicodedata
from datetime import datetime, timedelta

from models import Account
from services.errors import Invalid

#: The policies: the rules of 等保, and without what they ask of staff alone.
DENGBAO, BASIC = "dengbao", "basic"
POLICIES = (DENGBAO, BASIC)
#: How long staff may keep a password.
LIFETIME = timedelta(days=90)

MIN_LENGTH = 8
MAX_LENGTH = 128
#: This many consecutive characters of the ID number give the password away: six are a first password in two notices.
ID_RUN = 6

#: What anybody tries first, in lower case. The first entry stood in a public notice as everyone's first password.
_COMMON = frozenset(
    {
        "haolaoshi123",
        "a1234567",
        "a12345678",
        "a123456789",
        "aa123456",
        "aa12345678",
        "abc12345",
        "abc123456",
        "abcd1234",
        "admin123",
        "asd12345",
        "hao12345",
        "jiaoshi123",
        "laoshi123",
        "pass1234",
        "password1",
        "password123",
        "q1w2e3r4",
        "qaz12345",
        "qq123456",
        "qwer1234",
        "qwe12345",
        "woaini123",
        "woaini520",
        "woaini1314",
        "zxcv1234",
        "1qaz2wsx",
        "1q2w3e4r",
        "123456aa",
        "12345678a",
        "123456789a",
    }
)


def expired(account: Account, now: datetime, policy: str = DENGBAO) -> bool:
    """Whether somebody of staff must choose a new password at this sign-in (services.sign_in.change_password sets when it was)."""
    return policy == DENGBAO and now - (account.password_changed_at or account.created_at) > LIFETIME


def require(new: str, *, old: str, id_number: str, staff: bool = False, policy: str = DENGBAO) -> None:
    """Raises Invalid with every reason (field new_password). Passwords are compared in NFKC, as they are hashed."""
    reasons = _reasons(_folded(new), _folded(old), id_number)
    if staff and policy == DENGBAO and _kinds(_folded(new)) < 3:
        reasons.append("管理人员的密码须含大写字母、小写字母、数字、符号中的三种")
    if reasons:
        raise Invalid(
            "新密码不符合要求：" + "；".join(reasons) + "。",
            errors=[{"field": "new_password", "reason": reason} for reason in reasons],
        )


def _reasons(new: str, old: str, id_number: str) -> list[str]:
    found = []
    if len(new) < MIN_LENGTH:
        found.append(f"至少 {MIN_LENGTH} 位")
    if len(new) > MAX_LENGTH:
        found.append(f"最多 {MAX_LENGTH} 位")
    if not any(c.isalpha() for c in new) or not any(c in string.digits for c in new):
        found.append("须同时包含字母和数字")
    if new == old:
        found.append("不能与原密码相同")
    if _shares_a_run(new.upper(), id_number.upper()):
        found.append(f"不能包含证件号码中连续的 {ID_RUN} 位")
    if new.casefold() in _COMMON or len(set(new)) < 4:
        found.append("过于常见，容易被猜到")
    return found


def _kinds(password: str) -> int:
    """Capitals, small letters (also those of scripts without case), digits, and all else."""
    capital, digit = [c.isupper() for c in password], [c in string.digits for c in password]
    small = [c.isalpha() and not c.isupper() for c in password]
    other = [not c.isalpha() and c not in string.digits for c in password]
    return sum(map(any, (capital, small, digit, other)))


def _shares_a_run(password: str, id_number: str) -> bool:
    return any(id_number[at : at + ID_RUN] in password for at in range(len(id_number) - ID_RUN + 1))


def _folded(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
