"""A programme for which schools pay, and schools with learners."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Organisation, Programme
from services.vault import Vault
from tests import factories
from tests.programmes.notices import PHASE2

VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
SLUG = "xuchang-2022-phase2"


@dataclass
class Paying:
    programme: Programme
    county: Organisation
    school: Organisation


def paying(session: Session, learners: int = 3, county: str = "长葛市", school: str = "长葛市第一小学") -> Paying:
    known = session.query(Programme).filter_by(slug=SLUG).first()
    programme = known or factories.programme(session, slug=SLUG, document=PHASE2)
    city = factories.school(session, kind="city", name="许昌市")
    place = factories.school(session, kind="county", name=county, parent_id=city.id)
    at = factories.school(session, name=school, parent_id=place.id)
    for _ in range(learners):
        factories.enrolment(session, factories.account(session, school_id=at.id), programme)
    return Paying(programme, place, at)
