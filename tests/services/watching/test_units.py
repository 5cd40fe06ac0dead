"""A unit and what is below it."""

import pytest

from services.errors import NotFound
from services.watching import tallies, units
from tests import factories
from tests.services.watching.world import MIDDLE, SLUG, acting


@pytest.fixture
def full(here, session):
    for school, number in (
        (here.east_schools[0], 3),
        (here.east_schools[1], 2),
        (here.west_school, 1),
        (here.city_school, 4),
    ):
        for _ in range(number):
            here.teacher(school)
    here.teacher(here.east)  # a teaching researcher of the bureau
    here.teacher(None)
    tallies.count(session, SLUG, MIDDLE)
    return here


def shown(board):
    return {line.name: line.counts.enrolled for line in board.lines}


class TestABoard:
    def test_of_a_city_has_its_counties_and_its_own_schools_as_a_group(self, full, session):
        board = units.board(session, acting("city_admin", full.city), SLUG, None)
        assert shown(board) == {"虚构东县": 6, "虚构西县": 1, "市直学校": 4}
        assert board.total.enrolled == 11
        assert board.counted_at == MIDDLE
        opened = units.board(session, acting("city_admin", full.city), SLUG, full.city.id, direct=True)
        assert shown(opened) == {"市直一中": 4}

    def test_of_a_county_has_its_schools_and_who_works_at_the_bureau(self, full, session):
        board = units.board(session, acting("city_admin", full.city), SLUG, full.east.id)
        assert shown(board) == {"东县一小": 3, "东县二小": 2, units.OWN: 1}
        assert [above.name for above in board.trail] == ["虚构市"]

    def test_of_a_school_has_its_numbers_and_nothing_below(self, full, session):
        board = units.board(session, acting("school_admin", full.west_school), SLUG, None)
        assert (board.lines, board.total.enrolled, board.trail) == ([], 1, [])

    def test_of_the_platform_has_also_who_is_at_no_school(self, full, session):
        board = units.board(session, acting("operator", None), SLUG, None)
        assert shown(board) == {"虚构市": 11, units.NOWHERE: 1}

    def test_of_a_unit_without_anybody_is_all_zeros(self, full, session):
        empty = units.board(session, acting("county_admin", full.east), "no-such-programme", None)
        assert set(shown(empty).values()) == {0}
        assert empty.counted_at is None

    def test_lines_sum_up_to_the_total_at_each_level(self, full, session):
        who = acting("city_admin", full.city)
        for unit in (full.city, full.east, full.west):
            board = units.board(session, who, SLUG, unit.id)
            assert sum(line.counts.enrolled for line in board.lines) == board.total.enrolled

    @pytest.mark.parametrize("role", ["county_admin", "school_admin", "workshop_leader"])
    def test_of_a_foreign_unit_is_not_found(self, full, session, role):
        for unit in (full.city, full.west, full.west_school):
            with pytest.raises(NotFound):
                units.board(session, acting(role, full.east), SLUG, unit.id)

    def test_nobody_without_a_unit_but_an_operator_sees_the_platform(self, full, session):
        with pytest.raises(NotFound):
            units.board(session, acting("workshop_leader", None), SLUG, None)

    def test_of_the_platform_counts_schools_that_were_put_below_no_county(self, full, session):
        lost = factories.school(session, name="无县小学")
        full.teacher(lost)
        tallies.count(session, SLUG, MIDDLE)
        board = units.board(session, acting("operator", None), SLUG, None)
        assert shown(board) == {"虚构市": 11, "未归入县市的学校": 1, units.NOWHERE: 1}
        assert board.total.enrolled == 13
        assert shown(units.board(session, acting("operator", None), SLUG, None, direct=True)) == {"无县小学": 1}

    def test_of_a_unit_with_schools_alone_has_no_group_of_them(self, full, session):
        board = units.board(session, acting("county_admin", full.east), SLUG, None, direct=True)
        assert (board.direct, board.total.enrolled) == (False, 6)
