"""Cells that people typed into tables, read as dates and sums of money; and personal numbers among their words, masked. Pure."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from services import id_numbers
from services.errors import Invalid

_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_SUM = re.compile(r"[¥￥]?(\d{1,12}(?:\.\d{1,2}0*)?)元?")
_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)}
_MOBILE = re.compile(r"(?<!\d)((?:86[ -]?)?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_ID_NUMBER = re.compile(r"\d(?:[ -]?\d){14,}(?:[ -]?[XxＸｘ])?")


def ascii_digits(text: str) -> str:
    """１３９ is 139, and all else stays as it is."""
    return text.translate(_FULL_WIDTH)


def masked(text: str) -> str:
    """Free text with the mobiles and ID numbers in it masked. Another number as long goes with them; that is the lesser harm."""
    without_mobiles = _MOBILE.sub(r"\1****\2", ascii_digits(text))
    return _ID_NUMBER.sub(lambda found: id_numbers.mask(found.group()), without_mobiles)


def day(cell: str) -> date:
    """2021-11-10, 2021/11/10, 2021年11月10日, 20211110, with or without a time. Raises Invalid."""
    text = unicodedata.normalize("NFKC", cell).strip()
    match = _DAY.fullmatch(text)
    if match and (len(match[2]) == len(match[3]) == 2 or not text.isdigit()):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise Invalid(f"日期“{masked(cell)[:20]}”不能识别，应如 2021-11-10")


def fen(cell: str) -> int:
    """A sum in yuan, with at most two decimals, in fen: 1,080.00 is 108000. Raises Invalid."""
    match = _SUM.fullmatch(re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", cell)))
    if not match:
        raise Invalid(f"金额“{masked(cell)[:20]}”不能识别，应如 1080 或 1080.50")
    return int(Decimal(match[1]) * 100)
