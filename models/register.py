"""What was handed to a register (登记系统) or a bureau, and what came back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class RegisterExport(Base):
    """One file that was made (登记导出). The same data make the same digest."""

    __tablename__ = "register_export"
    __table_args__ = (UniqueConstraint("programme_slug", "form", "serial"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: The key of the form in the programme.
    form: Mapped[str] = mapped_column(String(64))
    serial: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)
    #: SHA-256 over the rows, in hex.
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(50))


class RegisterRow(Base):
    """A row of an export, for the difference to the next one. Numbers of people are not in it."""

    __tablename__ = "register_row"

    export_id: Mapped[int] = mapped_column(ForeignKey("register_export.id"), primary_key=True)
    #: What the row is about: an enrolment's, school's, bill's or remittance's id.
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: SHA-256 of the row as exported, keyed, in hex.
    digest: Mapped[str] = mapped_column(String(64))
    #: {column: value} without personal numbers.
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)


class RegisterReceipt(Base):
    """What the register answered (回执)."""

    __tablename__ = "register_receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("register_export.id"), index=True)
    received_at: Mapped[datetime]
    accepted: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    #: [{subject, reason}] of the rows that were refused.
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(String(300), default="")
