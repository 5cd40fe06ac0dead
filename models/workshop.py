from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Workshop(Base):
    """A workshop (工作坊, 坊) of a programme: learners of one stage and subject, and the leader (坊主) who guides them."""

    __tablename__ = "workshop"
    __table_args__ = (UniqueConstraint("programme_slug", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(20), default="")
    subject: Mapped[str] = mapped_column(String(20), default="")
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
