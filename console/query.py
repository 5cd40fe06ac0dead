"""What an address says after its question mark, read with care."""

from flask import request

from services.authority.scope import GREATEST_ID
from services.errors import NotFound

#: Beyond it nobody turns pages; the database would count through them all.
MOST_PAGES = 200


def number(name: str) -> int | None:
    """An id; None where there is none. Raises NotFound for what cannot be one."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and 0 < int(text) <= GREATEST_ID):
        raise NotFound
    return int(text)


def page_number() -> int:
    """1 for anything that is no page."""
    text = request.args.get("page", "1")
    return max(1, min(int(text), MOST_PAGES)) if text.isascii() and text.isdecimal() and len(text) <= 4 else 1
