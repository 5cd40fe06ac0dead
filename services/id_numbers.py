"""The number a person logs in with: normalised, told apart by its shape, checked as far as its shape allows. Pure.

    resident_id                 18 characters, GB 11643: region (6), birthday (8), serial (3), check character (ISO 7064 MOD 11-2)
    residence_permit            the same shape, region 810000, 820000 or 830000: residents of Hong Kong, Macao and Taiwan
    foreign_permanent_resident  the same shape, beginning with 9 (cards since 2023); or 3 letters and 12 digits (older cards)
    passport                    a letter and 6–10 letters and digits, five digits at least; or 9 digits; no check character

The kind follows from the number alone, so log-in needs no choice of document. Region 999999, which nobody has, counts as
foreign_permanent_resident: invented people for tests and demonstrations live there.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from services.errors import Invalid

RESIDENT = "resident_id"
PERMIT = "residence_permit"
FOREIGNER = "foreign_permanent_resident"
PASSPORT = "passport"

#: GB/T 2260: the first two digits of every region.
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for code in range(first, last + 1)
)
_PERMITS = frozenset({"81", "82", "83"})
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT = re.compile(r"(?=(?:[A-Z]*[0-9]){5})[A-Z][A-Z0-9]{6,10}|[0-9]{9}")
_SEEN_IN_PASTES = re.compile(r"[\s\u200b-\u200f\u2060\ufeff-]+")

_CHECK_CHARACTERS = "10X98765432"


@dataclass(frozen=True)
class IdNumber:
    """A valid number in its normal form. Its text is kept out of repr, and so out of logs and tracebacks."""

    kind: str
    number: str = field(repr=False)


def normalise(text: str) -> str:
    """Full-width characters become ASCII, x becomes X; spaces, hyphens and invisible characters go."""
    return _SEEN_IN_PASTES.sub("", unicodedata.normalize("NFKC", text)).upper()


def parse(text: str, today: date | None = None) -> IdNumber:
    """The number in `text`. With `today` a birthday to come is refused too. Raises Invalid (field id_number), never naming the text."""
    number = normalise(text)
    if _EIGHTEEN.fullmatch(number):
        return IdNumber(_kind_of_eighteen(number, today), number)
    if _OLD_FOREIGNER.fullmatch(number):
        return IdNumber(FOREIGNER, number)
    if _PASSPORT.fullmatch(number):
        return IdNumber(PASSPORT, number)
    raise Invalid.field("id_number", _why_not(number))


def mask(number: str) -> str:
    """The first six characters at most, and none of the last six: those are the first password in some programmes."""
    shown = max(0, min(6, len(number) - 6))
    return number[:shown] + "*" * (len(number) - shown)


def check_character(first_seventeen: str) -> str:
    """ISO 7064 MOD 11-2 as GB 11643 uses it: weights 2^(17 − i) mod 11, the remainder chooses the character."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first_seventeen))
    return _CHECK_CHARACTERS[total % 11]


def _kind_of_eighteen(number: str, today: date | None) -> str:
    if number[:2] in _PROVINCES:
        kind = RESIDENT
    elif number[:2] in _PERMITS:
        kind = PERMIT
    elif number[0] == "9":
        kind = FOREIGNER
    else:
        raise Invalid.field("id_number", "证件号码前两位不是有效的地区码，请核对")
    if not _plausible_birthday(number[6:14], today):
        raise Invalid.field("id_number", "证件号码中的出生日期不正确，请核对第 7–14 位")
    if check_character(number[:17]) != number[17]:
        raise Invalid.field("id_number", "证件号码的校验码（最后一位）不正确，请逐位核对")
    return kind


def _plausible_birthday(digits: str, today: date | None) -> bool:
    try:
        birthday = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return birthday.year >= 1900 and (today is None or birthday <= today)


def _why_not(number: str) -> str:
    if not number:
        return "请填写证件号码"
    if re.fullmatch(r"[0-9]{15}", number):
        return "15 位的旧身份证号已停用，请填写 18 位身份证号"
    if re.fullmatch(r"[0-9X]+", number):
        if len(number) == 18:
            return "证件号码中字母 X 只能在最后一位"
        return f"证件号码长度不正确：身份证号应为 18 位，现在是 {len(number)} 位"
    return "证件号码格式不正确：请填写 18 位身份证号、居住证号、永久居留身份证号或护照号"
