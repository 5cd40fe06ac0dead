"""Places in a lesson and lengths of study as people write them: 12:30 is 750 seconds. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from services.errors import Invalid

_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):([0-5]\d)")


def told(seconds: int) -> str:
    """750 is 12:30, and 4500 is 1:15:00."""
    minutes, rest = divmod(seconds, 60)
    hours, left = divmod(minutes, 60)
    return f"{hours}:{left:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def told_span(first: int, last: int) -> str:
    """Half-open [first, last): 0:00–12:30."""
    return f"{told(first)}–{told(last)}"


def told_spans(spans: Iterable[tuple[int, int]]) -> str:
    """0:00–12:30、15:00–16:00; "" for none."""
    return "、".join(told_span(first, last) for first, last in spans)


def read(text: str, field: str = "time") -> int:
    """Seconds of 12:30 or 1:15:00; also with full-width signs, and of minutes beyond 59. Raises Invalid for this field."""
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", text).strip().replace(" ", ""))
    if found is None or (found[1] and int(found[2]) > 59):
        raise Invalid.field(field, "时间请写成“分:秒”，例如 12:30；满一小时可写 1:15:00")
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
