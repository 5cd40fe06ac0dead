"""What a grader had before them, as a short text that goes along with the grade: the text that was read is the text that is graded."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models import Achievement
from services.errors import Conflict

_JUDGED = ("grade", "passed", "mark", "hours", "count", "comment", "recommended", "returned_at", "graded_at")


class HandedInMeanwhile(Conflict):
    """学员刚刚重新提交了，请看新的。"""

    code = "handed_in_meanwhile"


class JudgedMeanwhile(Conflict):
    """刚刚有人批阅过这一份，请看现在的结果。"""

    code = "judged_meanwhile"


def of(row: Achievement) -> str:
    """Two digests: what was handed in, and what was said of it."""
    written = (row.id, row.entered_at, row.title, row.dimension, row.text)
    return f"{_digest(written)}-{_digest(tuple(getattr(row, name) for name in _JUDGED))}"


def require(row: Achievement | None, seen: str, wanted: Mapping[str, Any] | None = None) -> None:
    """Whether the row is still what was `seen`; "" asks nothing. Who says only what is said already (`wanted`) may.

    Raises HandedInMeanwhile (also where it was withdrawn), JudgedMeanwhile.
    """
    if not seen:
        return
    if row is None:
        raise HandedInMeanwhile("学员刚刚撤回了这一份。")
    text, _, judgement = of(row).partition("-")
    if seen.partition("-")[0] != text:
        raise HandedInMeanwhile
    said = wanted is not None and all(getattr(row, name) == value for name, value in wanted.items())
    if seen.partition("-")[2] != judgement and not said:
        raise JudgedMeanwhile


def _digest(values: tuple[Any, ...]) -> str:
    told = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else repr(value) for value in values]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
