"""Training fees (培训费): what a school owes, what arrived, and who confirmed it. Money is whole fen (分), 1/100 yuan."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class Bill(Base):
    """What one school owes for one programme (缴费单): headcount × fee. A new one for the same school voids the last."""

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("programme_slug", "school_id", "serial"),
        Index("ix_bill_programme_slug_state", "programme_slug", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: 1 for the school's first bill of the programme, 2 for the one that replaced it, …
    serial: Mapped[int] = mapped_column(Integer)
    #: open, confirmed or void.
    state: Mapped[str] = mapped_column(String(16), default="open")
    headcount: Mapped[int] = mapped_column(Integer)
    per_head_fen: Mapped[int] = mapped_column(Integer)
    amount_fen: Mapped[int]
    #: Which collector (收费联系人) of the programme confirms it.
    collector: Mapped[str] = mapped_column(String(64))
    handler: Mapped[str] = mapped_column(String(50))
    #: The handler's telephone, sealed for this bill's id.
    contact_envelope: Mapped[bytes] = mapped_column(Bytes)
    #: {title, tax_number, …}: what the invoice must say.
    invoice: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    issued_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: Who confirmed it, in words, and why where the sum differed.
    confirmed_note: Mapped[str] = mapped_column(String(300), default="")


class Remittance(Base):
    """Money that arrived (汇款), as the bank told it. It never opens anything by itself."""

    __tablename__ = "remittance"
    __table_args__ = (UniqueConstraint("programme_slug", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    #: The bank's own number of the transfer.
    reference: Mapped[str] = mapped_column(String(64))
    payer: Mapped[str] = mapped_column(String(100))
    #: What the payer wrote on the slip (摘要), mobiles masked.
    summary: Mapped[str] = mapped_column(String(300), default="")
    amount_fen: Mapped[int]
    paid_on: Mapped[date]
    #: Null: nobody knows yet whose it is.
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bill.id"), index=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
