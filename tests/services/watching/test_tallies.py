"""The rollups beside a full count."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Enrolment, Programme, Result, SchoolTally
from services import programmes
from services.watching import at_risk, tallies
from services.watching.tallies import Counts
from tests.services.watching import world
from tests.services.watching.world import EARLY, LATE, MIDDLE, OVER, SLUG

people = st.lists(
    st.fixed_dictionaries(
        {
            "school": st.integers(0, 3),
            "version": st.integers(0, 1),
            "status": st.sampled_from(["active", "active", "exempt", "withdrawn"]),
            "signed_in": st.booleans(),
            "seconds": st.sampled_from([0, 0, 1, 100_000]),
            "hours": st.sampled_from([None, 0.0, 1.5, 12.3, 24.9, 49.9, 72.0]),
            "passed": st.booleans(),
            "best": st.sampled_from([59.9, 60.0, 100.0]),
        }
    ),
    max_size=25,
)


def naive(session: Session, now) -> dict[int, Counts]:
    """Every enrolment looked at, one after the other."""
    found: dict[int, Counter] = {}
    for one in session.scalars(sa.select(Enrolment)):
        counts = found.setdefault(one.school_id or 0, Counter())
        if one.status != "active":
            counts[one.status] += 1
            continue
        result = session.get(Result, one.id)
        notice = programmes.get(session, one.programme_id)
        limit = at_risk.threshold(notice, now)
        counts["enrolled"] += 1
        counts["signed_in"] += one.account.last_login_at is not None
        counts["studying"] += one.credited_seconds > 0
        counts["credited_seconds"] += one.credited_seconds
        passed = bool(result and result.passed)
        hopeful = result is None or result.best >= notice.pass_rule.mark
        counts["passed"] += passed
        counts["at_risk"] += bool(
            limit and not passed and hopeful and (result.hours_counted if result else 0) < limit.hours
        )
        counts["hours_credited"] += result.hours_credited if result else 0
        counts["score_sum"] += result.score if result else 0
    return {school: Counts(*(counts[name] for name in Counts._fields)) for school, counts in found.items()}


def counted(session: Session) -> dict[int, Counts]:
    rows = session.scalars(sa.select(SchoolTally).execution_options(populate_existing=True))
    return {row.school_id: Counts(*(getattr(row, name) for name in Counts._fields)) for row in rows}


def same(one: dict[int, Counts], other: dict[int, Counts]) -> bool:
    return one.keys() == other.keys() and all(
        tuple(counts) == pytest.approx(tuple(other[school]), abs=1e-5) for school, counts in one.items()
    )


class TestTheCount:
    @pytest.fixture
    def published(self, engine):
        with Session(engine) as session:
            here = world.make(session)
            again = programmes.publish(
                session, world.TEXT.replace("version = 1", 'version = 2\nchanges = "改期"', 1), EARLY
            )
            session.commit()
            return (
                here.programme.id,
                again.id,
                [0, here.east_schools[0].id, here.east_schools[1].id, here.west_school.id],
            )

    @given(some=people, now=st.sampled_from([EARLY, MIDDLE, LATE, OVER]))
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agrees_with_a_full_count(self, engine, published, some, now):
        *versions, schools = published
        with Session(engine) as session:
            here = world.World(session, session.get(Programme, versions[0]), *[None] * 6)
            for one in some:
                made = here.teacher(
                    None,
                    hours=one["hours"],
                    passed=one["passed"],
                    best=one["best"],
                    programme=session.get(Programme, versions[one["version"]]),
                    school_id=schools[one["school"]] or None,
                    status=one["status"],
                    credited_seconds=one["seconds"],
                    last_login_at=EARLY if one["signed_in"] else None,
                )
                assert made.id
            assert tallies.count(session, SLUG, now) == len(naive(session, now))
            assert same(counted(session), naive(session, now))
            session.rollback()

    def test_again_is_harmless_and_an_older_count_does_not_undo_a_newer_one(self, engine):
        with Session(engine) as session:
            here = world.make(session)
            here.teacher(here.west_school)
            tallies.count(session, SLUG, MIDDLE)
            tallies.count(session, SLUG, MIDDLE)
            here.teacher(here.west_school)
            tallies.count(session, SLUG, MIDDLE - timedelta(minutes=5))
            assert counted(session)[here.west_school.id].enrolled == 1
            tallies.count(session, SLUG, MIDDLE + timedelta(minutes=5))
            assert counted(session)[here.west_school.id].enrolled == 2

    def test_a_school_that_everybody_left_is_counted_no_more(self, here, session):
        moved = here.teacher(here.west_school)
        tallies.count(session, SLUG, MIDDLE)
        moved.school_id = here.city_school.id
        session.flush()
        tallies.count(session, SLUG, LATE)
        assert counted(session).keys() == {here.city_school.id}
