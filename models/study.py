"""What the flusher writes: coverage, hours a day, and one row of evidence a session."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.enrolment import REWRITTEN
from models.types import Bytes


class Coverage(Base):
    """The media seconds of one lesson credited to one enrolment (覆盖). Only grows; merged by OR."""

    __tablename__ = "coverage"
    __table_args__ = ({"postgresql_with": REWRITTEN},)

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True)
    #: Second s is the bit 7 − s % 8 of byte s // 8, as Redis numbers bits.
    bitmap: Mapped[bytes] = mapped_column(Bytes)
    #: How many bits are set: seconds.
    credited: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime]


class StudyDay(Base):
    """Seconds credited to an enrolment on one local day (Asia/Shanghai); merged by the greater."""

    __tablename__ = "study_day"
    __table_args__ = ({"postgresql_with": REWRITTEN},)

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    credited: Mapped[int] = mapped_column(Integer)


class StudySession(Base):
    """The evidence of one open player: what it reported and what became of it. Tallies are seconds."""

    __tablename__ = "study_session"
    __table_args__ = (
        Index("ix_study_session_enrolment_id_lesson_id", "enrolment_id", "lesson_id"),
        Index("ix_study_session_account_id_opened_at", "account_id", "opened_at"),
        {"postgresql_with": REWRITTEN},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"))
    device: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str | None] = mapped_column(String(64))
    #: The refresh-token family, one log-in on one device, that opened it; null in rows from before this was kept.
    family_id: Mapped[str | None] = mapped_column(String(32))
    #: The client's address with its last part removed.
    address_masked: Mapped[str] = mapped_column(String(45))
    opened_at: Mapped[datetime]
    last_beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: ended, lapsed or displaced; null while open.
    end_reason: Mapped[str | None] = mapped_column(String(16))
    #: The last beat that is merged here, and how often the session had changed by then.
    seq: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=0)
    position: Mapped[int] = mapped_column(default=0)
    reported: Mapped[int] = mapped_column(default=0)
    credited: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    #: {reason: seconds}; the reasons are those of heartbeat.state.
    withheld: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    checks_asked: Mapped[int] = mapped_column(Integer, default=0)
    checks_answered: Mapped[int] = mapped_column(Integer, default=0)
    checks_missed: Mapped[int] = mapped_column(Integer, default=0)
