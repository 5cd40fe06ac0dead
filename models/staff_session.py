"""How staff sign in to the console: a second factor, and sessions that the server can end."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class SecondFactor(Base):
    """The key of a person's authenticator app (动态验证码, TOTP of RFC 6238), sealed for the account."""

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key_envelope: Mapped[bytes] = mapped_column(Bytes)
    #: When the person showed a code made with it.
    confirmed_at: Mapped[datetime]
    #: The time step whose code was used last: a code serves once.
    last_step: Mapped[int] = mapped_column(default=0)
    #: Wrong codes since the last right one. A right password does not forget them, so knowing it buys no guesses.
    failed_codes: Mapped[int] = mapped_column(default=0)
    #: Recovery codes (备用码) that are still good, as digests.
    recovery: Mapped[list[Any]] = mapped_column(JSON, default=list)


class StaffSession(Base):
    """One log-in to the console. The cookie holds a random token; here is only its SHA-256."""

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    #: As which of the person's roles; null as a workshop leader, or before one was chosen.
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    #: A state of services.staff_sessions.
    state: Mapped[str] = mapped_column(String(16), default="password")
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address_masked: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(64), default="")
