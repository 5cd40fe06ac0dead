"""Which programme a page is about: ?slug=…, else the one published last of those in which somebody within reach takes part."""

from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from models import Programme
from services import programmes
from services.authority.principals import Principal
from services.enrolling import taking_part


@dataclass(frozen=True)
class Choice:
    """`programme` None: there is none to choose. `others`: all that may be chosen, it among them."""

    programme: Programme | None
    others: list[Programme]

    @property
    def slug(self) -> str:
        return self.programme.slug if self.programme else ""


def chosen(session: Session, principal: Principal) -> Choice:
    """Raises NotFound for a programme that there is not."""
    return of(session, reached(session, principal))


def of(session: Session, rows: list[Programme]) -> Choice:
    slug = request.args.get("slug", "") or request.form.get("slug", "")
    if slug:
        return Choice(programmes.latest(session, slug), rows)
    return Choice(rows[0] if rows else None, rows)


def reached(session: Session, principal: Principal) -> list[Programme]:
    """The newest version of each programme in which somebody within reach takes part, the latest published first."""
    newest: dict[str, list[Programme]] = {}
    for row in programmes.every(session):
        newest.setdefault(row.slug, []).append(row)
    found = [
        versions[0]
        for versions in newest.values()
        if taking_part.anybody(session, principal, [row.id for row in versions])
    ]
    return sorted(found, key=lambda row: row.published_at, reverse=True)
