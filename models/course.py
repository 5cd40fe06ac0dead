from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class Course(Base):
    """A course (课程) of a programme's catalogue; belongs to one module."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("programme_slug", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    module: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    #: Empty: for every stage (学段) or subject (学科).
    stage: Mapped[str] = mapped_column(String(20), default="")
    subject: Mapped[str] = mapped_column(String(20), default="")
    #: The micro-ability (微能力点) that it teaches and the dimension (维度) of that; empty where the programme has none.
    ability: Mapped[str] = mapped_column(String(64), default="", server_default="")
    dimension: Mapped[str] = mapped_column(String(64), default="", server_default="")
    lessons: Mapped[list["Lesson"]] = relationship(back_populates="course", order_by="Lesson.position")


class Lesson(Base):
    """One video (课时) of `duration` whole media seconds, numbered 0 … duration−1."""

    __tablename__ = "lesson"
    __table_args__ = (UniqueConstraint("course_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(Integer)
    duration: Mapped[int] = mapped_column(Integer)
    media: Mapped[str] = mapped_column(String(300))
    course: Mapped[Course] = relationship(back_populates="lessons")
