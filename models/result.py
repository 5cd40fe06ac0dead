from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.enrolment import REWRITTEN


class Result(Base):
    """What an enrolment came to when it was last computed (成绩): for lists, ranks, rates and registers. The score card itself is
    always computed anew. Rounded as on the card."""

    __tablename__ = "result"
    __table_args__ = (
        Index("ix_result_programme_id_passed_score", "programme_id", "passed", "score"),
        {"postgresql_with": REWRITTEN},
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    #: The version by which it was computed.
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    score: Mapped[float] = mapped_column(Double)
    #: The most that can still be reached.
    best: Mapped[float] = mapped_column(Double)
    passed: Mapped[bool]
    hours_credited: Mapped[float] = mapped_column(Double)
    hours_counted: Mapped[float] = mapped_column(Double)
    credits: Mapped[float | None] = mapped_column(Double)
    computed_at: Mapped[datetime]
