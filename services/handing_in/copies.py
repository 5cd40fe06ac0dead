"""Homework that is another teacher's (雷同): told to whoever grades it, never refused by itself."""

import hashlib
import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Achievement, Enrolment, Programme

#: Shorter texts are alike by chance: 已完成。
LEAST_LETTERS = 20


class Copies(NamedTuple):
    """How many others of the programme handed in the same for the same part, and when the first of them did."""

    others: int
    first_at: datetime

    @property
    def says(self) -> str:
        return f"与他人作业雷同（{self.others} 份）"


def digest(text: str) -> str | None:
    """Equal for texts that differ in nothing but blanks, marks, case and width; None for one too short to compare."""
    bare = "".join(
        character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum()
    )  # emoji, marks and invisible characters are no letters
    return hashlib.sha256(bare.encode()).hexdigest() if len(bare) >= LEAST_LETTERS else None


def of(session: Session, achievement_ids: Collection[int]) -> dict[int, Copies]:
    """The copies of each of these rows among the learners of its programme, in all its versions; rows without any are left out."""
    mine, theirs = aliased(Achievement), aliased(Achievement)
    my_enrolment, their_enrolment = aliased(Enrolment), aliased(Enrolment)
    my_programme, their_programme = aliased(Programme), aliased(Programme)
    query = (
        sa.select(mine.id, sa.func.count(), sa.func.min(theirs.at))
        .join(my_enrolment, my_enrolment.id == mine.enrolment_id)
        .join(my_programme, my_programme.id == my_enrolment.programme_id)
        .join(theirs, sa.and_(theirs.digest == mine.digest, theirs.part == mine.part))
        .join(their_enrolment, their_enrolment.id == theirs.enrolment_id)
        .join(their_programme, their_programme.id == their_enrolment.programme_id)
        .where(
            mine.id.in_(achievement_ids),
            their_programme.slug == my_programme.slug,
            their_enrolment.account_id != my_enrolment.account_id,
        )
        .group_by(mine.id)
    )
    return {row_id: Copies(others, first_at) for row_id, others, first_at in session.execute(query)}
