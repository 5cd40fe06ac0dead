"""Places (名额): taken by enrolling, one after the other, never more than there are."""

import pytest
from sqlalchemy.orm import Session

from models import Enrolment
from services import programmes
from services.enrolling import enrolments, quotas
from services.enrolling.quotas import QuotaBelowUse, QuotaFull, QuotaMissing
from services.errors import Invalid
from tests import factories
from tests.programmes.notices import QUOTA, TRACKS, phase2_text
from tests.services.studying import NOW


@pytest.fixture
def school(session):
    county = factories.school(session, kind="county", name="示范县")
    return factories.school(session, name="示范第一小学", parent_id=county.id)


@pytest.fixture
def programme(session):
    return programmes.publish(session, phase2_text(QUOTA, TRACKS), NOW)


@pytest.fixture
def give(session, programme, school):
    """give(3, track="senior", to=county)"""

    def give(places, track="", to=school):
        return quotas.put(session, programmes.get(session, programme.id), to, track, places)

    return give


@pytest.fixture
def enrol(session, programme, school):
    def enrol(stage="小学", at=school) -> Enrolment:
        return enrolments.enrol(session, factories.account(session, stage=stage), programme, at.id, NOW)

    return enrol


class TestTaking:
    def test_a_unit_without_places_enrols_nobody_and_is_told_whom_to_ask(self, enrol):
        with pytest.raises(QuotaMissing, match=r"“示范第一小学”还没有分配名额，请联系许昌市教育局"):
            enrol()

    def test_a_teacher_without_school_finds_no_place(self, session, programme, give):
        give(5)
        with pytest.raises(QuotaMissing):
            enrolments.enrol(session, factories.account(session, stage="小学"), programme, None, NOW)

    def test_beyond_the_places_it_is_said_how_many_are_left(self, enrol, give):
        give(2)
        enrol()
        enrol()
        with pytest.raises(QuotaFull, match=r"共 2 个名额，还剩 0 个") as refused:
            enrol()
        assert refused.value.extra == {"places": 2, "left": 0}

    def test_who_is_enrolled_already_takes_no_second_place(self, session, enrol, give, programme, school):
        give(1)
        one = enrol()
        assert enrolments.enrol(session, one.account, programme, school.id, NOW) is one

    def test_each_track_has_its_own(self, enrol, give):
        give(1, "senior")
        give(1, "junior")
        enrol("小学")
        enrol("高中")
        with pytest.raises(QuotaFull, match="初中小学"):
            enrol("初中")

    def test_places_of_one_track_are_no_places_of_another(self, enrol, give):
        give(1, "senior")
        with pytest.raises(QuotaMissing):
            enrol("小学")

    def test_those_of_the_county_bind_its_schools_too(self, session, enrol, give, school):
        county = session.get(type(school), school.parent_id)
        other = factories.school(session, parent_id=county.id)
        give(2, to=county)
        give(5)
        enrol()
        enrol(at=other)
        with pytest.raises(QuotaFull, match="“示范县”共 2 个名额"):
            enrol()

    def test_a_circle_of_units_ends(self, session, enrol, give, school):
        county = session.get(type(school), school.parent_id)
        county.parent_id = school.id
        give(1)
        enrol()

    def test_who_withdrew_leaves_a_place_and_may_find_none_later(self, session, enrol, give):
        give(1)
        first = enrol()
        enrolments.withdraw(first)
        enrol()
        with pytest.raises(QuotaFull):
            enrolments.reinstate(session, first)
        assert first.status == "withdrawn"

    def test_where_the_notice_gives_no_places_nobody_asks(self, session):
        programme = programmes.publish(session, phase2_text(), NOW)
        enrolments.enrol(session, factories.account(session), programme, None, NOW)


class TestGiving:
    def test_more_and_fewer_but_never_fewer_than_are_used(self, enrol, give):
        assert give(2) == 0
        enrol()
        enrol()
        assert give(3) == 2
        assert give(2) == 2
        with pytest.raises(QuotaBelowUse, match="已经用了 2 个名额，不能改为 1 个"):
            give(1)

    @pytest.mark.parametrize(("places", "track"), [(-1, ""), (10**7, ""), (1, "nowhere")])
    def test_nonsense_is_refused(self, give, places, track):
        with pytest.raises(Invalid):
            give(places, track)

    def test_a_programme_without_places_takes_none(self, session, school):
        notice = programmes.get(session, programmes.publish(session, phase2_text(), NOW).id)
        with pytest.raises(Invalid, match="不按名额"):
            quotas.put(session, notice, school, "", 1)

    def test_the_list_says_what_is_used(self, session, programme, enrol, give, school):
        give(3, "junior")
        enrol()
        [line] = quotas.lines(session, programmes.get(session, programme.id))
        assert (line.code, line.track, line.places, line.used) == (school.code, "junior", 3, 1)


def test_the_lock_works_on_every_database(engine):
    with Session(engine) as session:
        programme = programmes.publish(session, phase2_text(QUOTA), NOW)
        school = factories.school(session)
        notice = programmes.get(session, programme.id)
        quotas.put(session, notice, school, "", 1)
        quotas.put(session, notice, school, "", 2)
        enrolments.enrol(session, factories.account(session), programme, school.id, NOW)
        session.commit()
        assert quotas.lines(session, notice)[0].used == 1
