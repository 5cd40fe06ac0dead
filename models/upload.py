"""Files that staff hand in, and what an import of one did, so that it can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Bytes


class Upload(Base):
    """A file that somebody uploaded or may download (上传文件), sealed for its uploader; gone after `expires_at`."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Random letters: what its addresses hold.
    code: Mapped[str] = mapped_column(String(32), unique=True)
    #: roster, roster_errors, credentials, marks, remittances, …
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(200))
    #: SHA-256 of the content, in hex.
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    uploaded_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    #: What was filled in beside the file, and how far the page that goes on with it is; no numbers of people.
    work: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class UploadPart(Base):
    """A piece of at most 1 MB of the sealed content, for databases that take no larger parameters."""

    __tablename__ = "upload_part"

    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    envelope: Mapped[bytes] = mapped_column(Bytes)


class RosterImport(Base):
    """A roster that was taken in through the console (名单导入)."""

    __tablename__ = "roster_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_slug: Mapped[str] = mapped_column(String(64))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    #: Within whose reach it was made; null for the whole platform.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    imported_by: Mapped[int] = mapped_column(ForeignKey("account.id", name="fk_roster_import_imported_by_account"))
    imported_at: Mapped[datetime]
    #: {added, changed, known, wrong}: rows.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Ids of the schools that it made.
    schools: Mapped[list[Any]] = mapped_column(JSON, default=list)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", name="fk_roster_import_undone_by_account"))


class RosterImportRow(Base):
    """What an import did to one person."""

    __tablename__ = "roster_import_row"

    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    #: The enrolment that was made; null where the person was enrolled already.
    enrolment_id: Mapped[int | None]
    made_account: Mapped[bool]
    #: What was changed, as services.rosters.traces writes it: the account's and the enrolment's columns before and after; envelopes in
    #: base64.
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
