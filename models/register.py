"""What was handed to a register (登记系统) or a bureau, and what came back; who speaks for a school; who was drawn for inspection."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class RegisterExport(Base):
    """One file that was made (登记导出). The same data make the same digest."""

    __tablename__ = "register_export"
    __table_args__ = (UniqueConstraint("programme_slug", "form", "organisation_id", "serial"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: The key of the form in the programme.
    form: Mapped[str] = mapped_column(String(64))
    #: Of the units below this one; 0 (nulls are never equal to a database): of all.
    organisation_id: Mapped[int] = mapped_column(default=0, server_default="0")
    #: 1 for the first export of the form; one more for each that differs from the one before.
    serial: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)
    #: SHA-256 over the columns and the rows' digests in their order, in hex.
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(50))


class RegisterRow(Base):
    """A row of an export, for the difference to the next one and for receipts. Numbers of people are in it only masked."""

    __tablename__ = "register_row"

    export_id: Mapped[int] = mapped_column(ForeignKey("register_export.id"), primary_key=True)
    #: What the row is about: an enrolment's, school's or remittance's id; of statistics by stage "id/stage".
    about: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: HMAC of the row as exported, in hex: numbers cannot be guessed from it.
    digest: Mapped[str] = mapped_column(String(64))
    #: {title of the column: what stood there}, personal numbers masked.
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)


class RegisterReceipt(Base):
    """What the register answered to one export (回执)."""

    __tablename__ = "register_receipt"
    __table_args__ = (UniqueConstraint("export_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("register_export.id"))
    #: SHA-256 of what it says, in hex: the same receipt again is recorded once.
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    accepted: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    #: [{about, reason}] of the rows that were refused.
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    #: Who recorded it, in words.
    recorded_by: Mapped[str] = mapped_column(String(50), default="")


class SchoolContact(Base):
    """Whom a school named for a programme (联系人、责任人)."""

    __tablename__ = "school_contact"

    programme_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    #: The telephone, sealed for the school's id.
    contact_envelope: Mapped[bytes] = mapped_column(Bytes)
    noted_at: Mapped[datetime]


class Sample(Base):
    """A draw of teachers for inspection (抽查)."""

    __tablename__ = "sample"
    __table_args__ = (UniqueConstraint("programme_slug", "organisation_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: Of the schools below this unit; 0: of all.
    organisation_id: Mapped[int] = mapped_column(default=0, server_default="0")
    #: What the inspection is called; one draw each.
    round: Mapped[str] = mapped_column(String(50))
    #: The same seed draws the same of the same teachers. "": the round's name is the seed.
    seed: Mapped[str] = mapped_column(String(64), default="", server_default="")
    share: Mapped[float] = mapped_column(Double)
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[str] = mapped_column(String(50))


class SampleEntry(Base):
    """One teacher who was drawn."""

    __tablename__ = "sample_entry"

    sample_id: Mapped[int] = mapped_column(ForeignKey("sample.id"), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    #: The school at the time of the draw.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
