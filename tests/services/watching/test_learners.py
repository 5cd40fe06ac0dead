"""Lists of whom to call."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Account, Workshop
from services.errors import NotFound
from services.watching import learners, workshops
from services.watching.learners import Asked, Place
from tests.services.paying import VAULT
from tests.services.watching.world import EARLY, LATE, SLUG, acting


@pytest.fixture
def full(here, session):
    here.teacher(here.east_schools[0], last_login_at=EARLY, hours=50.0, passed=True, credited_seconds=9)
    here.teacher(here.east_schools[0], last_login_at=EARLY, hours=0.0)
    here.teacher(here.east_schools[1], last_login_at=EARLY, hours=39.9, credited_seconds=9)
    here.teacher(here.east_schools[1], last_login_at=EARLY, hours=40.0, credited_seconds=9)
    here.teacher(here.east_schools[1], last_login_at=EARLY, hours=1.0, best=59.0, credited_seconds=9)
    here.teacher(here.east_schools[1])
    here.teacher(here.east_schools[1], status="exempt", exemption="国培证书")
    here.teacher(here.east_schools[1], status="withdrawn")
    here.teacher(here.west_school)
    session.commit()
    return here


def ids(session, who, limit=50, **asked):
    found, after = [], None
    while True:
        page = learners.page(session, VAULT, who, Asked(SLUG, **asked), LATE, after, limit)
        found += [row.enrolment_id for row in page.rows]
        after = page.after
        if after is None:
            return found


class TestAList:
    @pytest.mark.parametrize(
        ("shown", "number"),
        [("all", 7), ("never", 1), ("idle", 1), ("at_risk", 3), ("not_passed", 5), ("passed", 1), ("exempt", 1)],
    )
    def test_has_those_it_says(self, full, session, shown, number):
        assert len(ids(session, acting("county_admin", full.east), shown=shown)) == number

    def test_of_another_name_is_not_found(self, full, session):
        with pytest.raises(NotFound):
            ids(session, acting("county_admin", full.east), shown="everybody")

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
    def test_comes_whole_by_pages_of_any_size(self, full, session, limit):
        who = acting("county_admin", full.east)
        assert ids(session, who, limit) == ids(session, who)

    def test_stops_at_the_own_reach(self, full, session):
        who = acting("school_admin", full.east_schools[0])
        assert len(ids(session, who)) == 2
        for unit in (full.city, full.east, full.west_school):
            with pytest.raises(NotFound):
                ids(session, who, organisation_id=unit.id)

    def test_says_what_is_missing_and_masks_numbers(self, full, session):
        one = full.teacher(full.west_school, hours=1.0)
        account = session.get(Account, one.account_id)
        account.id_envelope = VAULT.seal("999999198001010018", account.id)
        account.mobile_envelope = VAULT.seal("19900001234", account.id)
        session.flush()
        row = learners.page(session, VAULT, acting("county_admin", full.west), Asked(SLUG), LATE, None).rows[-1]
        assert (row.id_number, row.mobile) == ("999999************", "199****1234")
        assert row.missing.startswith("还差 50 学时")

    def test_of_a_workshop_has_its_learners_within_reach(self, full, session):
        shop = Workshop(programme_slug=SLUG, code="w1", title="语文一坊")
        session.add(shop)
        session.flush()
        mine, other = (full.teacher(school, workshop_id=shop.id) for school in (full.west_school, full.city_school))
        assert ids(session, acting("county_admin", full.west), workshop_id=shop.id) == [mine.id]
        assert ids(session, acting("operator", None), workshop_id=shop.id) == [mine.id, other.id]
        rows = workshops.listed(session, acting("county_admin", full.west), SLUG, None)
        assert [(row.title, row.learners) for row in rows] == [("语文一坊", 1)]

    def test_that_is_too_long_for_a_file_is_refused_before_it_is_begun(self, full, session):
        who = acting("county_admin", full.east)
        assert len(list(learners.every(session, VAULT, who, Asked(SLUG), LATE, most=7))) == 7
        with pytest.raises(learners.TooManyToExport):
            learners.every(session, VAULT, who, Asked(SLUG), LATE, most=6)


class TestAPlace:
    @given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_is_read_as_it_was_written(self, school, enrolment):
        assert Place.read(str(Place(school, enrolment))) == (school, enrolment)

    @pytest.mark.parametrize("text", ["", "-", "1", "1-", "-1", "a-b", "1-2-3", "٣-٤", "9" * 30 + "-1", "1' or 1=1"])
    def test_that_is_none_is_the_first_page(self, text):
        assert Place.read(text) is None
