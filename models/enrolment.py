from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base
from models.programme import Programme

#: Rows that the flusher writes again and again. Room on the page lets PostgreSQL write a row's new version beside the old one, without
#: touching an index; and their statistics hardly change, so they are not worth looking at each time a tenth of the rows has.
REWRITTEN = {"fillfactor": 70, "autovacuum_analyze_scale_factor": 5}


class Enrolment(Base):
    """A teacher takes part in a programme (报名). `credited_seconds` = Σ coverage.credited, kept by the flusher."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("account_id", "programme_id"),
        Index("ix_enrolment_school_id_programme_id", "school_id", "programme_id"),
        {"postgresql_with": REWRITTEN},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    #: Where the teacher works now; who pays (a seconded teacher's, 借调, is the present school).
    school_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshop.id"), index=True)
    #: Which of the programme's tracks (报名项目), "" where it has none.
    track: Mapped[str] = mapped_column(String(64), default="", server_default="")
    #: active, exempt (免修) or withdrawn (退出).
    status: Mapped[str] = mapped_column(String(16), default="active")
    #: What exempts: the certificate and its number.
    exemption: Mapped[str] = mapped_column(String(200), default="", server_default="")
    #: How the teacher belongs to the school (人员类别): 在编, 编外, 支教 or 借调; "" where nobody said.
    staff: Mapped[str] = mapped_column(String(16), default="", server_default="")
    #: A seconded teacher's own school (编制单位), as the roster calls it; it may be one that we do not know.
    home_school: Mapped[str] = mapped_column(String(100), default="", server_default="")
    #: Why staff took the teacher in after the closing date (逾期报名); "" for those who came in time.
    late_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    #: Why there is this enrolment: roster, portal or make_up (补学).
    origin: Mapped[str] = mapped_column(String(16), default="roster", server_default="roster")
    enrolled_at: Mapped[datetime]
    credited_seconds: Mapped[int] = mapped_column(default=0)
    account: Mapped[Account] = relationship()
    programme: Mapped[Programme] = relationship()


class CourseChoice(Base):
    """A course that the teacher chose (选课)."""

    __tablename__ = "course_choice"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    chosen_at: Mapped[datetime]
