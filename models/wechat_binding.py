from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class WechatBinding(Base):
    """One account, one openid, and back."""

    __tablename__ = "wechat_binding"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), unique=True)
    bound_at: Mapped[datetime]
