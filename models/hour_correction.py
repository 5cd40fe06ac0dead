from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class HourCorrection(Base):
    """Seconds of a lesson that staff asked to credit (学时更正), and what a second person decided. Never an edit of what was counted."""

    __tablename__ = "hour_correction"
    __table_args__ = (
        Index("ix_hour_correction_state_asked_at", "state", "asked_at"),
        Index("ix_hour_correction_asked_by_asked_at", "asked_by", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"))
    #: Half-open [first, last) whole media seconds of the lesson.
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(300))
    #: What shows it: a session's id, a screenshot's place, a report of an outage.
    evidence: Mapped[str] = mapped_column(String(500))
    #: asked, approved or refused.
    state: Mapped[str] = mapped_column(String(16), default="asked")
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id", name="fk_hour_correction_asked_by_account"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", name="fk_hour_correction_decided_by_account")
    )
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    decided_note: Mapped[str] = mapped_column(String(300), default="")
    #: Which of these seconds were new when it was approved, as models.study.Coverage holds them; and how many.
    bitmap: Mapped[bytes | None] = mapped_column(Bytes)
    credited: Mapped[int] = mapped_column(Integer, default=0)
