"""Bulletins are frozen as they were issued."""

from datetime import date, timedelta

import pytest

from services.errors import Invalid, NotFound
from services.watching import bulletins, snapshots, tallies, units
from services.watching.bulletins import NoSnapshot, NumberUsed, Wanted
from tests import factories
from tests.programmes.notices import local
from tests.services.watching.world import SLUG, acting

DAY = date(2022, 2, 1)
NIGHT = local("2022-02-02T00:10")
WANTED = Wanted(SLUG, DAY, number="〔2022〕第1期", title="进展通报", remarks="请抓紧。")


@pytest.fixture
def frozen(here, session):
    for passed in (True, True, False):
        here.teacher(here.east_schools[0], hours=1.0, passed=passed, credited_seconds=1)
        here.teacher(here.west_school, hours=1.0, passed=passed, credited_seconds=1)
    here.teacher(here.east_schools[1], hours=1.0, passed=True)
    tallies.count(session, SLUG, NIGHT)
    snapshots.freeze(session, SLUG, DAY, NIGHT)
    return here


def issue(session, unit, role="county_admin", wanted=WANTED):
    who = acting(role, unit, factories.account(session).id)
    return bulletins.issue(session, who, wanted, NIGHT)


def test_it_shows_the_snapshot_whatever_is_counted_renamed_or_moved_later(frozen, session):
    made = issue(session, frozen.city, "city_admin")
    before = bulletins.figures_of(made)
    frozen.west_school.name, frozen.west_school.parent_id = "改了名", frozen.east.id
    frozen.east.name = "改了名的县"
    frozen.teacher(frozen.west_school)
    tallies.count(session, SLUG, NIGHT + timedelta(hours=1))
    session.flush()
    session.expire_all()
    assert bulletins.figures_of(made) == before
    assert [(row.rank, row.name, row.counts.enrolled) for row in before.rows] == [
        (1, "虚构东县", 4),
        (2, "虚构西县", 3),
        (None, "市直学校", 0),
    ]
    assert before.total.passed == 5


def test_units_that_did_as_well_share_a_place(frozen, session):
    best, next_one, empty = units.board(session, acting("city_admin", frozen.city), SLUG, None, day=DAY).lines
    rows = bulletins._ranked([empty, next_one, best, best])
    assert [(row.rank, row.name) for row in rows] == [
        (1, "虚构东县"),
        (1, "虚构东县"),
        (3, "虚构西县"),
        (None, "市直学校"),
    ]


def test_without_a_snapshot_there_is_none(frozen, session):
    with pytest.raises(NoSnapshot):
        issue(session, frozen.city, "city_admin", Wanted(SLUG, date(2022, 1, 1), title="通报"))


@pytest.mark.parametrize(
    "changes",
    [{"title": " "}, {"title": "长" * 201}, {"number": "长" * 51}, {"remarks": "长" * 2001}, {"remarks": "\x00"}],
)
def test_what_cannot_be_printed_is_refused(frozen, session, changes):
    values = {"title": "通报"} | changes
    with pytest.raises(Invalid):
        issue(session, frozen.east, wanted=Wanted(SLUG, DAY, **values))


def test_it_is_listed_within_reach_and_no_further(frozen, session):
    made = issue(session, frozen.east)
    seen = {
        (role, unit.name): [one.id for one, _ in bulletins.within(session, acting(role, unit))]
        for role, unit in (("city_admin", frozen.city), ("county_admin", frozen.east), ("county_admin", frozen.west))
    }
    assert list(seen.values()) == [[made.id], [made.id], []]
    with pytest.raises(NotFound):
        issue(session, frozen.east, wanted=Wanted(SLUG, DAY, frozen.west.id, title="通报"))


def test_numbers_go_on_within_the_year(frozen, session):
    who = acting("county_admin", frozen.east)
    assert bulletins.suggested(session, who, SLUG, None, DAY)[0] == "〔2022〕第1期"
    issue(session, frozen.east)
    issue(session, frozen.west)
    assert bulletins.suggested(session, who, SLUG, None, DAY)[0] == "〔2022〕第2期"


def test_a_form_that_is_sent_twice_issues_one(frozen, session):
    issue(session, frozen.east)
    with pytest.raises(NumberUsed):
        issue(session, frozen.east)
    assert issue(session, frozen.west).number == WANTED.number  # another unit's own numbers
    unnumbered = Wanted(SLUG, DAY, title="通报")
    assert issue(session, frozen.east, wanted=unnumbered).id != issue(session, frozen.east, wanted=unnumbered).id
