"""In which programmes somebody within reach takes part: asked on nearly every page of staff."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Organisation
from services.authority import scope
from services.authority.principals import Principal


def anybody(session: Session, principal: Principal, programme_ids: Collection[int]) -> bool:
    """Whether somebody within reach is enrolled in one of these programmes.

    School by school: one look into the index each, until there is one. Asked as a whole, a database that believes there to be many reads a
    million enrolments of others to find none.
    """
    wanted = Enrolment.programme_id.in_(programme_ids)
    if principal.everywhere or principal.leads:
        return bool(session.scalar(sa.select(scope.scope(sa.select(Enrolment.id).where(wanted), principal).exists())))
    one = sa.select(Enrolment.id).where(Enrolment.school_id == Organisation.id, wanted).limit(1)
    schools = scope.scope(sa.select(Organisation.id), principal)
    found = schools.where(one.correlate(Organisation).scalar_subquery().is_not(None)).limit(1)
    return session.scalar(found) is not None
