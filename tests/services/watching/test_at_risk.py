"""Who is at risk, and when."""

import pytest

import programmes
from services.watching import at_risk
from tests.programmes.notices import local
from tests.services.watching.world import BEFORE, EARLY, LATE, MIDDLE, OVER, TEXT

NOTICE = programmes.load(TEXT)


class TestTheThreshold:
    @pytest.mark.parametrize("moment", [BEFORE, OVER, local("2022-05-01T00:00")])
    def test_is_none_outside_of_the_study_time(self, moment):
        assert at_risk.threshold(NOTICE, moment) is None

    def test_is_nothing_in_the_first_quarter(self):
        assert at_risk.threshold(NOTICE, EARLY).hours == 0

    def test_is_half_of_the_pace_later(self):
        found = at_risk.threshold(NOTICE, MIDDLE)
        assert found.gone == pytest.approx(92.5 / 181)
        assert found.hours == pytest.approx(50 * found.gone / 2)

    def test_is_four_fifths_of_the_hours_in_the_last_two_weeks(self):
        found = at_risk.threshold(NOTICE, LATE)
        assert (found.hours, found.days_left) == (40, 11)

    def test_never_falls_and_never_exceeds_what_is_required(self):
        moments = [local(f"2022-0{month}-{day:02}T08:00") for month in range(1, 5) for day in range(1, 29)]
        hours = [at_risk.threshold(NOTICE, moment).hours for moment in moments]
        assert hours == sorted(hours)
        assert max(hours) <= 50

    def test_does_not_count_the_time_in_which_nobody_can_study(self):
        closure = '[[calendar.closures]]\ntitle = "停学"\nopens = 2021-12-01\ncloses = 2021-12-31\nassumed = "虚构"\n\n'
        closed = programmes.load(TEXT.replace("[[modules]]", f"{closure}[[modules]]", 1))
        assert at_risk.threshold(closed, MIDDLE).gone == pytest.approx((92.5 - 31) / (181 - 31))
