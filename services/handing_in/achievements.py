"""What earns points besides watching (考核记录): read back as evidence for the score, and changed so that nothing is lost."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from models import Achievement, LeaderAchievement
from programmes.evidence import ItemEvidence
from services.errors import Invalid

Row = TypeVar("Row", Achievement, LeaderAchievement)

#: Columns that are fields of ItemEvidence.
_NAMES = ("part", "at", "item", "words", "grade", "passed", "mark", "count", "hours", "dimension")
#: What of a row is kept in its history, where it says anything.
_KEPT = (
    *(
        "at",
        "title",
        "words",
        "grade",
        "passed",
        "mark",
        "count",
        "hours",
        "dimension",
        "comment",
        "entered_at",
        "entered_by",
    ),
    *("graded_by", "graded_at", "returned_at", "recommended"),
)
#: One spelling for each thing: databases differ in whether a1 is A1.
ITEM = re.compile(r"[0-9A-Z\u4e00-\u9fff][0-9A-Z\u4e00-\u9fff_.·-]{0,63}")


def items(session: Session, enrolment_ids: Collection[int]) -> dict[int, list[ItemEvidence]]:
    """The learners' items by enrolment; every id is in the answer."""
    found: dict[int, list[ItemEvidence]] = {enrolment_id: [] for enrolment_id in enrolment_ids}
    query = sa.select(Achievement.enrolment_id, *_values(Achievement)).where(
        Achievement.enrolment_id.in_(found), counting()
    )
    for enrolment_id, *values in session.execute(query):
        found[enrolment_id].append(_item(values))
    return found


def counting() -> sa.ColumnElement[bool]:
    """Which rows of Achievement are evidence: what was sent back (退回) is not, until it is handed in again."""
    return Achievement.returned_at.is_(None)


def leader_items(session: Session, workshop_id: int) -> list[ItemEvidence]:
    """The items of the leader of this workshop."""
    query = sa.select(*_values(LeaderAchievement)).where(LeaderAchievement.workshop_id == workshop_id)
    return [_item(values) for values in session.execute(query)]


def item_code(text: str) -> str:
    """How an item is called in the table: `a1` and `Ａ１ ` are A1. Raises Invalid (field item)."""
    code = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    if not ITEM.fullmatch(code):
        raise Invalid.field("item", "编号只能由汉字、字母、数字和 - _ . 组成，不超过 64 个字")
    return code


def of_enrolment(session: Session, enrolment_id: int) -> list[Achievement]:
    """All rows of one enrolment without their texts and histories, by part and in the order of their items' numbers."""
    query = sa.select(Achievement).where(Achievement.enrolment_id == enrolment_id)
    query = query.options(defer(Achievement.text), defer(Achievement.history))
    return sorted(session.scalars(query), key=lambda row: (row.part, row.item.zfill(5), row.id))


def locked(session: Session, row: type[Row], **key: Any) -> Row | None:
    """The row with this owner, part and item as it is now, kept from other writers until the transaction ends."""
    query = sa.select(row).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def added(session: Session, row: Row, **key: Any) -> tuple[Row, bool]:
    """`row` in the table, and True; or the one that somebody else put there since we looked, locked, and False."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        there = locked(session, type(row), **key)
        if there is None:  # refused for another reason
            raise
        return there, False
    return row, True


def change(row: Achievement | LeaderAchievement, values: dict[str, Any], *, keep_text: bool = False) -> bool:
    """Set these columns; what stood before goes into the history. False where nothing differs, and nothing is written then."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    row.history = [*row.history, before(row, keep_text=keep_text)]
    for name, value in values.items():
        setattr(row, name, value)
    return True


def before(row: Achievement | LeaderAchievement, *, keep_text: bool = False) -> dict[str, Any]:
    """The row as its history keeps it; the text only where it is about to be replaced."""
    names = (*_KEPT, "text") if keep_text else _KEPT
    told = {name: getattr(row, name, None) for name in names}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in told.items()
        if value not in (None, "") and (name != "recommended" or value)
    }


def _values(of: type[Achievement] | type[LeaderAchievement]) -> list[sa.ColumnElement[Any]]:
    return [getattr(of, name) for name in _NAMES]


def _item(values: Sequence[Any]) -> ItemEvidence:
    return ItemEvidence(**dict(zip(_NAMES, values, strict=True)))
