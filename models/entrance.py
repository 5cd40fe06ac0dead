"""How people come to be enrolled: places, moves between schools, tickets of a province's portal."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Quota(Base):
    """How many teachers a unit may enrol (名额), in one track of the programme or in all ("")."""

    __tablename__ = "quota"

    programme_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    track: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    places: Mapped[int] = mapped_column(Integer)


class EnrolmentMove(Base):
    """An enrolment went from one school to another (调动); what was earned stays with it."""

    __tablename__ = "enrolment_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    from_school_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    to_school_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    moved_at: Mapped[datetime]
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")


class UsedTicket(Base):
    """A portal's ticket that was shown (单点登录票据): kept until it would have expired, so that it is good once."""

    __tablename__ = "used_ticket"

    #: SHA-256 of issuer and ticket id, in hex.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
