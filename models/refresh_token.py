from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class RefreshToken(Base):
    """One rotation of a refresh-token family; only the SHA-256 of the token is kept."""

    __tablename__ = "refresh_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[str] = mapped_column(String(32), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: By which door the log-in came: web, wechat or portal.
    route: Mapped[str] = mapped_column(String(16), default="web", server_default="web")
    #: What the log-in came from, as services.devices names it; "" where that is not known.
    device: Mapped[str] = mapped_column(String(64), default="", server_default="")
    #: When the family began; null in rows from before this was kept.
    signed_in_at: Mapped[datetime | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
