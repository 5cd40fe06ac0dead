"""What staff did, in a chain that shows when a link was changed; how people signed in; what they were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class AuditEntry(Base):
    """Who did what, on whom, from where, with which result (审计日志). Never changed; `hash` covers the entry and the one before."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor_id_action_at", "actor_id", "action", "at"),
        Index("ix_audit_entry_target_kind_target_id", "target_kind", "target_id"),
        Index("ix_audit_entry_organisation_id_at", "organisation_id", "at"),
    )

    #: 1, 2, 3, … without a gap.
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    #: Null: the system, or a command on the server.
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(50), default="")
    role: Mapped[str] = mapped_column(String(24), default="")
    #: A key of services.audit.ACTIONS.
    action: Mapped[str] = mapped_column(String(40))
    #: account, enrolment, bill, …; "" with none.
    target_kind: Mapped[str] = mapped_column(String(24), default="")
    target_id: Mapped[str] = mapped_column(String(64), default="")
    #: Where the target belongs: whoever watches over it may read the entry.
    organisation_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(45), default="")
    #: done, refused or failed.
    result: Mapped[str] = mapped_column(String(16))
    #: Plain facts without numbers of people.
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: HMAC-SHA256 in hex.
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The one row that says where the chain ends; locked by whoever appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    #: Up to which serial entries were moved to an archive file, and the hash of that last one.
    archived_serial: Mapped[int] = mapped_column(default=0)
    archived_hash: Mapped[str] = mapped_column(String(64), default="")


class SignInRecord(Base):
    """One try to sign in (登录记录), also a teacher's. Kept six months at least (网络安全法 21 条)."""

    __tablename__ = "sign_in_record"
    __table_args__ = (Index("ix_sign_in_record_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    #: web, wechat, portal or console.
    route: Mapped[str] = mapped_column(String(16))
    #: in, wrong_password, wrong_code, locked, bound, unbound, out.
    result: Mapped[str] = mapped_column(String(16))
    device: Mapped[str] = mapped_column(String(64), default="")
    address_masked: Mapped[str] = mapped_column(String(45), default="")


class Notice(Base):
    """What the system tells a teacher (通知): a reset, a correction that was decided."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    #: password_reset, unlocked, unbound, hours_corrected, hours_refused, profile_corrected, …
    kind: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(String(300))
    read_at: Mapped[datetime | None]
