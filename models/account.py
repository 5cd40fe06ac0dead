from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class Account(Base):
    """A person who logs in. The ID number is held as a blind index and an encrypted envelope, never in clear."""

    __tablename__ = "account"
    __table_args__ = (
        # Names are looked for by how they begin, in whatever language the database sorts by.
        Index("ix_account_name", "name", postgresql_ops={"name": "varchar_pattern_ops"}),
        Index("ix_account_school_id_name", "school_id", "name", postgresql_ops={"name": "varchar_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(24), default="teacher")
    name: Mapped[str] = mapped_column(String(50))
    #: Which document: resident_id, residence_permit, foreign_permanent_resident, passport.
    id_kind: Mapped[str] = mapped_column(String(32))
    #: HMAC-SHA256 of the normalised number under the index key, in hex.
    id_index: Mapped[str] = mapped_column(String(64), unique=True)
    id_envelope: Mapped[bytes] = mapped_column(Bytes)
    mobile_envelope: Mapped[bytes | None] = mapped_column(Bytes)
    #: Finds the mobile as id_index finds the number; null where there is none.
    mobile_index: Mapped[str | None] = mapped_column(String(64), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    stage: Mapped[str | None] = mapped_column(String(20))
    subject: Mapped[str | None] = mapped_column(String(20))

    #: argon2id. Null while the first password follows from the ID number (first_password = "last_six").
    password_hash: Mapped[str | None] = mapped_column(String(200))
    first_password: Mapped[str] = mapped_column(String(16))
    #: When the person chose the present one; null while it is a first password.
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=True)
    must_confirm_profile: Mapped[bool] = mapped_column(default=True)
    #: Part of every access token; raising it ends them all.
    token_version: Mapped[int] = mapped_column(default=1)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
    #: Which version of the privacy text the person agreed to last, and when; null: to none.
    privacy_version: Mapped[str | None] = mapped_column(String(32))
    privacy_agreed_at: Mapped[datetime | None]
