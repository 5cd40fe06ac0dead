"""Certificates (证书) and honours (评优)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Paper(Base):
    """A certificate as it was issued; what it says is kept, so that it prints the same for ever."""

    __tablename__ = "paper"
    __table_args__ = (UniqueConstraint("account_id", "programme_slug", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: The key of the paper in the programme.
    kind: Mapped[str] = mapped_column(String(64))
    #: What stands on it: 编号.
    number: Mapped[str] = mapped_column(String(40), unique=True)
    #: Random, in the QR code: who holds the paper may verify it.
    code: Mapped[str] = mapped_column(String(32), unique=True)
    #: As printed: the fields of services.papers.says.Says.
    says: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str] = mapped_column(String(300), default="")


class PaperSeries(Base):
    """The numbers of one programme's papers: the last that was given. Whoever raises it holds the row until the paper stands."""

    __tablename__ = "paper_series"

    programme_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class HonourList(Base):
    """Who receives an honour, frozen (评优名单)."""

    __tablename__ = "honour_list"
    __table_args__ = (UniqueConstraint("programme_slug", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: The key of the honour's paper in the programme.
    kind: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime]
    #: Who froze it, in words.
    frozen_by: Mapped[str] = mapped_column(String(50))


class HonourEntry(Base):
    """One candidate of a frozen list, with the rank and why it was awarded or not."""

    __tablename__ = "honour_entry"

    list_id: Mapped[int] = mapped_column(ForeignKey("honour_list.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"))
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshop.id"))
    rank: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Double)
    awarded: Mapped[bool]
    because: Mapped[str] = mapped_column(String(200), default="")


class Recommendation(Base):
    """A workshop leader recommends a learner for an honour (推荐)."""

    __tablename__ = "recommendation"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    #: The key of the honour's paper in the programme.
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")
