"""The imports of rosters within somebody's reach, for reading."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Organisation, Programme, RosterImport, Upload
from services import uploads
from services.authority import scope
from services.authority.principals import Principal


class Line(NamedTuple):
    imported: RosterImport
    programme: str
    organisation: str
    by: str
    undone_by: str


class Beside(NamedTuple):
    """What only the one who brought the roster gets. `credentials`: the code of first passwords that were not fetched yet."""

    credentials: str | None
    credentials_gone: bool
    notes: list[str]


def page(session: Session, principal: Principal, before: int | None, size: int) -> list[Line]:
    """The latest ones below the id `before`, and one more where there are more."""
    query = scope.scope(_query(), principal).order_by(RosterImport.id.desc()).limit(size + 1)
    if before is not None:
        query = query.where(RosterImport.id < min(before, scope.GREATEST_ID))
    return [Line._make(row) for row in session.execute(query)]


def line(session: Session, imported: RosterImport) -> Line:
    return Line._make(session.execute(_query().where(RosterImport.id == imported.id)).one())


def beside(session: Session, principal: Principal, imported: RosterImport, now: datetime) -> Beside:
    upload = session.get(Upload, imported.upload_id) if imported.upload_id else None
    if upload is None or upload.uploaded_by != principal.account_id:
        return Beside(None, False, [])
    code = upload.work.get("credentials")
    secret = session.scalar(sa.select(Upload).where(Upload.code == code)) if code else None
    there = secret is not None and secret.expires_at > now and uploads.is_there(session, secret)
    return Beside(code if there else None, bool(code) and not there, upload.work.get("notes", []))


def _query() -> sa.Select[RosterImport, Any, str, str, str]:
    who, undid = aliased(Account), aliased(Account)
    title = (
        sa.select(Programme.title)
        .where(Programme.slug == RosterImport.programme_slug)
        .order_by(Programme.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(
            RosterImport,
            sa.func.coalesce(title, RosterImport.programme_slug),
            sa.func.coalesce(Organisation.name, ""),
            who.name,
            sa.func.coalesce(undid.name, ""),
        )
        .join(who, who.id == RosterImport.imported_by)
        .outerjoin(undid, undid.id == RosterImport.undone_by)
        .outerjoin(Organisation, Organisation.id == RosterImport.organisation_id)
    )
