"""The four rates of a workshop, and what the leader earns by them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Workshop
from programmes.evidence import exactly
from services import programmes
from services.marks import grading, leader_entries, leader_rates
from services.marks.judgements import Judgement
from services.marks.leader_rates import Rate
from services.marks.staff import Staff
from tests.programmes.notices import phase2_text
from tests.services.handing_in.class_room import NOW, OTHER_TEXT, OVER, class_of


@pytest.fixture
def them(session):
    return class_of(session, 3)


def rates(session, them, now=NOW):
    return {name: (rate.part, rate.whole) for name, rate in leader_rates.of(session, them.workshop, now).items()}


def rated(session, them, now=NOW):
    outcome = leader_rates.leader_outcome(session, them.workshop, now)
    return {part.part.key: float(part.points) for part in outcome.parts}


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_rate_is_exact_to_a_millionth_and_never_more_than_it_is(part, whole):
    rate = exactly(Rate(part, whole).per_cent)
    assert 0 <= exactly(100) * part / whole - rate < exactly(0.000001)
    assert (rate >= 95) == (100 * part >= 95 * whole)


def test_nothing_of_nothing_is_nothing():
    assert (Rate(0, 0).per_cent, Rate(0, 0).says) == (0.0, "没有可统计的对象，按 0% 计")
    assert Rate(2, 3).says == "2 / 3"


class TestRates:
    def test_of_an_empty_workshop_and_of_one_that_does_nothing(self, session, them):
        assert set(rates(session, them).values()) == {(0, 3), (0, 0)}
        assert leader_rates.leader_outcome(session, them.workshop, NOW).score == 0
        for enrolment in them.learners:
            enrolment.workshop_id = None
        session.flush()
        assert set(rates(session, them).values()) == {(0, 0)}

    def test_who_has_a_credited_second_took_part(self, session, them):
        them.learners[0].credited_seconds = 1
        assert rates(session, them)["took_part"] == (1, 3)

    def test_who_is_exempt_or_withdrew_is_not_counted(self, session, them):
        them.learners[0].credited_seconds = 1
        them.hand_in(them.learners[0])
        them.learners[0].status = "exempt"
        session.flush()
        assert rates(session, them) == {"took_part": (0, 2), "passed": (0, 2), "graded": (0, 0), "recommended": (0, 0)}

    def test_homework_graded_and_recommended_of_what_was_handed_in(self, session, them):
        staff = Staff(them.leader.id, them.workshop.id)
        one, two = them.learners[:2]
        them.hand_in(them.learner())
        for enrolment in (one, two):
            them.hand_in(enrolment)
            them.hand_in(enrolment, "stories", text=OTHER_TEXT)
        grading.record(session, staff, one.id, "summary", Judgement(grade="优秀"), now=NOW)
        grading.recommend(session, staff, one.id, "summary", now=NOW)
        assert rates(session, them)["graded"] == rates(session, them)["recommended"] == (1, 2)
        grading.send_back(session, staff, two.id, "summary", comment="再改改", now=NOW)
        assert rates(session, them)["graded"] == (1, 1)

    def test_who_passes_by_the_card_of_this_moment(self, session, them):
        staff = Staff(None)
        one = them.learners[0]
        for part, judgement in (
            ("stories", Judgement(count=1)),
            ("discussion", Judgement(count=1)),
            ("posts", Judgement(count=3)),
            ("school", Judgement(passed=True)),
            ("exam", Judgement(mark=100)),
            ("offline", Judgement(hours=8)),
        ):
            grading.record(session, staff, one.id, part, judgement, now=NOW)
        for number in range(3):
            grading.record(session, staff, one.id, "abilities", Judgement(passed=True), item=f"A{number}", now=NOW)
        assert rates(session, them)["passed"] == (1, 3)
        assert rates(session, them, NOW - timedelta(days=1))["passed"] == (0, 3)


class TestOutcome:
    def test_the_rates_earn_by_bands_beside_what_was_entered(self, session, them):
        staff = Staff(them.leader.id, them.workshop.id)
        for enrolment in them.learners[:2]:
            enrolment.credited_seconds = 60
        for enrolment in them.learners:
            them.hand_in(enrolment)
            grading.record(session, staff, enrolment.id, "summary", Judgement(grade="优秀"), now=NOW)
        leader_entries.record(session, staff, them.workshop.id, "bulletins", title="第一期", now=NOW)
        earned = {"bulletins": 5, "office": 0, "took_part": 16, "passed": 0, "graded": 20, "recommended": 0}
        assert rated(session, them) == earned

    def test_after_the_assessment_is_over_the_rates_still_stand(self, session, them):
        them.hand_in(them.learners[0])
        grading.record(session, Staff(None), them.learners[0].id, "summary", Judgement(grade="优秀"), now=NOW)
        assert rated(session, them, OVER + timedelta(days=300))["graded"] == 20

    def test_a_notice_that_does_not_assess_leaders(self, session):
        programme = programmes.publish(session, phase2_text(), NOW)
        workshop = Workshop(programme_slug=programme.slug, code="W1", title="一坊")
        session.add(workshop)
        session.flush()
        assert leader_rates.leader_outcome(session, workshop, NOW) is None
        assert leader_rates.items(session, workshop, NOW) == []
