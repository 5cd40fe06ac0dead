from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class ProfileCorrection(Base):
    """A teacher says that personal data are wrong (信息更正); the school's administrator deals with it."""

    __tablename__ = "profile_correction"
    __table_args__ = (Index("ix_profile_correction_status_created_at", "status", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    field: Mapped[str] = mapped_column(String(20))
    #: Encrypted: it may be an ID number or a mobile.
    should_be_envelope: Mapped[bytes] = mapped_column(Bytes)
    note: Mapped[str] = mapped_column(String(500))
    #: open, accepted or refused.
    status: Mapped[str] = mapped_column(String(16), default="open")
    created_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", name="fk_profile_correction_decided_by_account")
    )
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    decided_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
