"""What earns points besides watching: handed in, graded, certified, attended, marked."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class _Achieved:
    """One item of one part (考核项) of the programme. Which of the values are set depends on the part's kind."""

    id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(String(64))
    #: Tells items of one part apart: a micro-ability (微能力点), the number of a discussion post; "" where there is only one.
    item: Mapped[str] = mapped_column(String(64), default="")
    #: When it was handed in or took place: what counts for the deadline.
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(String(200), default="")
    #: Words as Chinese readers count them (programmes.words).
    words: Mapped[int | None] = mapped_column(Integer)
    grade: Mapped[str | None] = mapped_column(String(20))
    passed: Mapped[bool | None]
    #: 0 to 100, of a part that is marked.
    mark: Mapped[float | None] = mapped_column(Double)
    #: How many, of a part that counts.
    count: Mapped[int | None] = mapped_column(Integer)
    #: Credit hours attended.
    hours: Mapped[float | None] = mapped_column(Double)
    dimension: Mapped[str] = mapped_column(String(64), default="")
    #: What whoever judged or entered it says about it.
    comment: Mapped[str] = mapped_column(String(500), default="")
    entered_at: Mapped[datetime]
    #: What stood here before, the oldest first: [{at, by, grade, passed, mark, …}].
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class Achievement(_Achieved, Base):
    """A learner's (考核记录)."""

    __tablename__ = "achievement"
    __table_args__ = (UniqueConstraint("enrolment_id", "part", "item"),)

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    #: What the teacher wrote; for files, where they are.
    text: Mapped[str | None] = mapped_column(Text().with_variant(Text(2**22), "mysql", "mariadb"))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    graded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    graded_at: Mapped[datetime | None]
    #: Sent back for revision (退回): counts nothing until it is handed in again or judged after all.
    returned_at: Mapped[datetime | None]
    #: SHA-256 of the bare text, in hex (services.handing_in.copies): equal ones are copies of each other. Null: nothing to compare.
    digest: Mapped[str | None] = mapped_column(String(64), index=True)
    #: The leader recommends it (推优).
    recommended: Mapped[bool] = mapped_column(default=False)


class LeaderAchievement(_Achieved, Base):
    """A workshop leader's (坊主考核记录): bulletins, announcements, and rates that were measured elsewhere."""

    __tablename__ = "leader_achievement"
    __table_args__ = (UniqueConstraint("workshop_id", "part", "item"),)

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
