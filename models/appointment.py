"""Who watches over: the roles that people hold at organisations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Appointment(Base):
    """A role that a person holds at an organisation (任职). Ended ones stay: the audit log names them.

    Workshop leaders have none: they are named by the workshop (models.Workshop.leader_id).
    """

    __tablename__ = "appointment"
    __table_args__ = (Index("ix_appointment_organisation_id_role", "organisation_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    #: A key of services.authority.roles.ROLES.
    role: Mapped[str] = mapped_column(String(24))
    #: Null: the whole platform.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    appointed_at: Mapped[datetime]
    appointed_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", name="fk_appointment_appointed_by_account")
    )
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", name="fk_appointment_ended_by_account"))
