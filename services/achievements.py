"""What earns points besides watching (考核记录): read back as evidence for the score."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement, LeaderAchievement
from programmes.evidence import ItemEvidence

#: Columns that are fields of ItemEvidence.
_NAMES = ("part", "at", "item", "words", "grade", "passed", "mark", "count", "hours", "dimension")


def items(session: Session, enrolment_ids: Collection[int]) -> dict[int, list[ItemEvidence]]:
    """The learners' items by enrolment; every id is in the answer."""
    found: dict[int, list[ItemEvidence]] = {enrolment_id: [] for enrolment_id in enrolment_ids}
    query = sa.select(Achievement.enrolment_id, *_values(Achievement)).where(Achievement.enrolment_id.in_(found))
    for enrolment_id, *values in session.execute(query):
        found[enrolment_id].append(_item(values))
    return found


def leader_items(session: Session, workshop_id: int) -> list[ItemEvidence]:
    """The items of the leader of this workshop."""
    query = sa.select(*_values(LeaderAchievement)).where(LeaderAchievement.workshop_id == workshop_id)
    return [_item(values) for values in session.execute(query)]


def _values(of: type[Achievement] | type[LeaderAchievement]) -> list[sa.ColumnElement[Any]]:
    return [getattr(of, name) for name in _NAMES]


def _item(values: Sequence[Any]) -> ItemEvidence:
    return ItemEvidence(**dict(zip(_NAMES, values, strict=True)))
