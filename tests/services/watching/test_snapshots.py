"""Daily snapshots stay as they are."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import DailyTally
from services.errors import Invalid
from services.watching import snapshots, tallies
from tests.programmes.notices import local
from tests.services.watching import world
from tests.services.watching.world import BEFORE, MIDDLE, OVER, SLUG

DAY = date(2022, 2, 1)
NIGHT = local("2022-02-02T00:10")


def frozen(session):
    return [row._mapping for row in session.execute(sa.select(*DailyTally.__table__.columns))]


class TestFreezing:
    def test_keeps_the_figures_of_a_day_whatever_is_counted_or_frozen_later(self, engine):
        with Session(engine) as session:
            here = world.make(session)
            here.teacher(here.west_school)
            tallies.count(session, SLUG, NIGHT)
            assert snapshots.freeze(session, SLUG, DAY, NIGHT) == 1
            before = frozen(session)
            for _ in range(3):
                here.teacher(here.west_school, credited_seconds=99, last_login_at=NIGHT)
            here.teacher(here.city_school)
            tallies.count(session, SLUG, NIGHT + timedelta(hours=1))
            assert snapshots.freeze(session, SLUG, DAY, NIGHT + timedelta(hours=1)) == 0
            assert frozen(session) == before

    @pytest.mark.parametrize("day", [DAY - timedelta(days=1), DAY + timedelta(days=2), date(1, 1, 1), date.max])
    def test_of_a_day_that_cannot_be_counted_any_more_or_yet_is_refused(self, here, session, day):
        with pytest.raises(Invalid):
            snapshots.freeze(session, SLUG, day, NIGHT)

    def test_of_nobody_writes_nothing(self, here, session):
        tallies.count(session, SLUG, NIGHT)
        assert snapshots.freeze(session, SLUG, DAY, NIGHT) == 0


class TestWhatIsDue:
    def test_is_yesterday_from_ten_past_midnight_until_it_is_there(self, here, session):
        here.teacher(here.west_school)
        assert snapshots.due(session, local("2022-02-02T00:09")) == []
        assert snapshots.due(session, NIGHT) == [(SLUG, DAY)]
        assert snapshots.due(session, NIGHT + timedelta(hours=10)) == [(SLUG, DAY)]
        tallies.count(session, SLUG, NIGHT)
        snapshots.freeze(session, SLUG, DAY, NIGHT)
        assert snapshots.due(session, NIGHT + timedelta(minutes=5)) == []

    def test_is_nothing_for_a_programme_without_anybody_or_long_over(self, here, session):
        assert snapshots.due(session, NIGHT) == []
        here.teacher(here.west_school)
        assert snapshots.due(session, OVER + timedelta(days=50)) != []
        assert snapshots.due(session, OVER + timedelta(days=70)) == []

    def test_counting_is_due_while_study_lasts(self, here, session):
        found = [snapshots.in_study(session, moment) for moment in (BEFORE, MIDDLE, OVER)]
        assert found == [[], [SLUG], []]


def test_the_trend_is_of_the_unit_with_all_below_it_and_leaves_out_days_without_a_snapshot(here, session):
    for day, school in ((1, here.west_school), (2, here.east_schools[0]), (4, here.east_schools[1])):
        here.teacher(school)
        night = local(f"2022-02-{day + 1:02}T00:10")
        tallies.count(session, SLUG, night)
        snapshots.freeze(session, SLUG, date(2022, 2, day), night)
    city, east = (snapshots.trend(session, SLUG, unit.id, date(2022, 2, 5)) for unit in (here.city, here.east))
    assert [(point.day.day, point.counts.enrolled) for point in city] == [(1, 1), (2, 2), (4, 3)]
    assert [(point.day.day, point.counts.enrolled) for point in east] == [(2, 1), (4, 2)]
