from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class ProfileCorrection(Base):
    """A teacher says that personal data are wrong; the school's administrator deals with it."""

    __tablename__ = "profile_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    field: Mapped[str] = mapped_column(String(20))
    #: Encrypted: it may be an ID number or a mobile.
    should_be_envelope: Mapped[bytes] = mapped_column(Bytes)
    note: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16), default="open")
    created_at: Mapped[datetime]
