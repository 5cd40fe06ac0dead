from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Programme(Base):
    """A published version of a notice (培训项目). Never edited; superseded by a higher version."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    #: The programme.toml as published.
    document: Mapped[str] = mapped_column(Text().with_variant(Text(2**22), "mysql", "mariadb"))
    published_at: Mapped[datetime]
