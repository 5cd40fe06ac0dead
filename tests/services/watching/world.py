"""A city with two counties and a school of its own, a notice, and people put into it by hand."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from models import Enrolment, Organisation, Programme, Result
from services import programmes
from services.authority.principals import Principal
from services.authority.roles import ROLES
from tests import factories
from tests.programmes.notices import NOTICES, local

SLUG = "yangcheng-2021"
TEXT = (NOTICES / SLUG / "programme.toml").read_text(encoding="utf-8")
#: Study lasts from 1 November 2021 to the end of April 2022; 50 hours of it on the platform.
BEFORE, EARLY, MIDDLE = local("2021-10-20T12:00"), local("2021-11-10T12:00"), local("2022-02-01T12:00")
LATE, OVER = local("2022-04-20T12:00"), local("2022-05-02T12:00")


@dataclass(frozen=True)
class World:
    session: Session
    programme: Programme
    city: Organisation
    east: Organisation
    west: Organisation
    east_schools: tuple[Organisation, Organisation]
    west_school: Organisation
    city_school: Organisation

    def teacher(
        self,
        school: Organisation | None,
        *,
        hours: float | None = None,
        passed: bool = False,
        best: float = 100.0,
        **changes: Any,
    ) -> Enrolment:
        """`hours` None: no result was computed yet. `last_login_at` goes to the account, all else to the enrolment."""
        account = factories.account(
            self.session, school_id=school.id if school else None, last_login_at=changes.pop("last_login_at", None)
        )
        version = changes.pop("programme", self.programme)
        made = factories.enrolment(self.session, account, version, **changes)
        if hours is not None:
            score = 90.0 if passed else hours
            self.session.add(
                Result(
                    enrolment_id=made.id, programme_id=version.id, score=score, best=best, passed=passed,
                    hours_credited=hours, hours_counted=hours, computed_at=EARLY,
                )
            )  # fmt: skip
            self.session.flush()
        return made


def make(session: Session) -> World:
    def unit(kind: str, name: str, parent: Organisation | None = None) -> Organisation:
        return factories.school(session, kind=kind, name=name, parent_id=parent.id if parent else None)

    city = unit("city", "虚构市")
    east, west = unit("county", "虚构东县", city), unit("county", "虚构西县", city)
    schools = unit("school", "东县一小", east), unit("school", "东县二小", east)
    programme = programmes.publish(session, TEXT, BEFORE)
    return World(
        session,
        programme,
        city,
        east,
        west,
        schools,
        unit("school", "西县一小", west),
        unit("school", "市直一中", city),
    )


def acting(role: str, at: Organisation | None, account_id: int = 0) -> Principal:
    return Principal(account_id, "虚构", ROLES[role], 1, at.id if at else None, at.name if at else "")
