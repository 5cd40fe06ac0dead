"""Which programme a page is about: ?slug=…, else the one published last of those in which somebody within reach takes part."""

from dataclasses import dataclass

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from models import Enrolment, Programme
from services import programmes
from services.authority import scope
from services.authority.principals import Principal


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
    found = []
    for versions in newest.values():
        learner = sa.select(Enrolment.id).where(Enrolment.programme_id.in_([row.id for row in versions]))
        if session.scalar(sa.select(scope.scope(learner, principal).exists())):
            found.append(versions[0])
    return sorted(found, key=lambda row: row.published_at, reverse=True)
