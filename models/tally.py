"""How far the schools are (统计): kept by a job, so that a county's page is quick; frozen once a day for bulletins."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Double, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class _Counts:
    """Of the teachers of one school in one programme, all its versions together. Counts are of enrolments."""

    #: Neither withdrawn nor exempt: whom the notice's rates are of.
    enrolled: Mapped[int] = mapped_column(Integer)
    exempt: Mapped[int] = mapped_column(Integer)
    withdrawn: Mapped[int] = mapped_column(Integer)
    #: Of the enrolled: who ever signed in, who has a credited second, who passed.
    signed_in: Mapped[int] = mapped_column(Integer)
    studying: Mapped[int] = mapped_column(Integer)
    passed: Mapped[int] = mapped_column(Integer)
    #: Of the enrolled: by the rule of services.watching.at_risk.
    at_risk: Mapped[int] = mapped_column(Integer)
    #: Sums over the enrolled; hours and scores as on their cards.
    credited_seconds: Mapped[int]
    hours_credited: Mapped[float] = mapped_column(Double)
    score_sum: Mapped[float] = mapped_column(Double)


class SchoolTally(_Counts, Base):
    """As of `counted_at`."""

    __tablename__ = "school_tally"

    programme_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: 0: teachers without a school.
    school_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]


class DailyTally(_Counts, Base):
    """As it stood at the end of a local day (每日快照); never changed."""

    __tablename__ = "daily_tally"
    __table_args__ = (Index("ix_daily_tally_programme_slug_school_id", "programme_slug", "school_id"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]


class Bulletin(Base):
    """A bulletin (通报) that was issued: its figures are frozen, whatever is counted, renamed or moved later."""

    __tablename__ = "bulletin"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64), index=True)
    #: Of the units below this one; null: of the whole platform.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: As it stands at the head: 〔2022〕第3期.
    number: Mapped[str] = mapped_column(String(50), default="")
    title: Mapped[str] = mapped_column(String(200))
    #: The snapshot whose figures it shows.
    day: Mapped[date] = mapped_column(Date)
    remarks: Mapped[str] = mapped_column(String(2000), default="")
    #: What it shows, as services.watching.bulletins.Figures in plain JSON.
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    issued_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    issued_at: Mapped[datetime]
