"""What an entry of the timeline is, and where a page of it begins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from services.errors import Invalid

Kind = Literal["sign_in", "study", "password", "money", "correction", "enrolment"]
KINDS: dict[Kind, str] = {
    "sign_in": "登录",
    "study": "学习",
    "password": "密码与绑定",
    "money": "缴费证书",
    "correction": "更正",
    "enrolment": "报名与调动",
}
Tone = Literal["green", "red", "yellow", "blue", "secondary"]
#: Entries on a page, and how many of one moment a page may begin after.
PAGE = 50
_MOST_SKIPPED = 1000


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `key` orders what happened in one moment; `by`: who of the staff did it.

    `session_id`, `enrolment_id`, `lesson_id` are those of a study session, to ask further; `enrolment_id` 0 for none.
    """

    at: datetime
    kind: Kind
    key: str
    title: str
    lines: tuple[str, ...] = ()
    tone: Tone = "secondary"
    by: str = ""
    session_id: str = ""
    enrolment_id: int = 0
    lesson_id: int = 0


class Cursor(NamedTuple):
    """A page begins at this moment, after the first `skip` entries of it."""

    at: datetime
    skip: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{self.skip}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises Invalid."""
        moment, _, skip = text.partition("-")
        try:
            at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            skipped = int(skip) if skip.isdecimal() and len(skip) <= 4 else -1
        except ValueError:
            skipped, at = -1, datetime.min.replace(tzinfo=UTC)
        if not 0 <= skipped <= _MOST_SKIPPED:
            raise Invalid.field("before", "这个页码不正确，请回到第一页")
        return cls(at, skipped)


class Page(NamedTuple):
    """`older`: where the next page begins; None at the end."""

    entries: list[Entry]
    older: Cursor | None
