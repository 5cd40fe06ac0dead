"""Score cards and course lists from the credited seconds in SQL."""

import pytest
from sqlalchemy.orm import Session

from services import progress
from services.enrolling import enrolments
from services.errors import Invalid
from tests import factories
from tests.services.studying import NOW, cast


class TestScoreCard:
    def test_seconds_become_hours_by_module(self, engine):
        with Session(engine) as session:
            them = cast(session)
            them.studied(them.ethics.lessons[0], 2700)
            them.studied(them.ethics.lessons[1], 1350)
            them.studied(them.ability.lessons[0], 270)
            card = progress.score_card(session, them.enrolment, NOW)
            assert [module.hours_credited for module in card.modules] == [1.5, 0, 0.1, 0]
            assert (card.score, card.hours_credited, card.hours_required) == (1.6, 1.6, 60)

    def test_nothing_studied(self, session):
        assert progress.score_card(session, cast(session).enrolment, NOW).score == 0

    def test_seconds_count_even_where_the_choice_is_missing(self, session):
        them = cast(session)
        them.studied(them.ethics.lessons[0], 2700)
        assert progress.score_card(session, them.enrolment, NOW).hours_credited == 1

    def test_anothers_seconds_do_not_count(self, session):
        them = cast(session)
        other = factories.account(session)
        empty = enrolments.enrol(session, other, them.programme, None, NOW)
        them.studied(them.ethics.lessons[0], 2700)
        assert progress.score_card(session, empty, NOW).hours_credited == 0

    def test_the_overview_has_a_card_for_each_enrolment(self, session):
        them = cast(session)
        them.studied(them.ethics.lessons[0], 2700)
        [(enrolment, card)] = progress.overview(session, them.teacher.id, NOW)
        assert (enrolment.id, card.score) == (them.enrolment.id, 1)
        assert progress.overview(session, factories.account(session).id, NOW) == []


class TestCourses:
    def test_they_come_by_module_in_the_notices_order(self, session):
        them = cast(session)
        assert [item.course.code for item in progress.courses(session, them.enrolment)] == ["E1", "A1"]

    def test_only_one_module(self, session):
        them = cast(session)
        assert [item.course.code for item in progress.courses(session, them.enrolment, "ability")] == ["A1"]

    def test_an_unknown_module_is_refused_with_the_known_ones(self, session):
        them = cast(session)
        with pytest.raises(Invalid, match="ethics、knowledge、ability、technology"):
            progress.courses(session, them.enrolment, "gardening")

    def test_chosen_and_not_chosen(self, session):
        them = cast(session)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        assert [item.course.code for item in progress.courses(session, them.enrolment, chosen=True)] == ["E1"]
        assert [item.course.code for item in progress.courses(session, them.enrolment, chosen=False)] == ["A1"]

    def test_credited_seconds_by_lesson(self, session):
        them = cast(session)
        first, second = them.ethics.lessons
        them.studied(second, 77)
        [item] = progress.courses(session, them.enrolment, "ethics")
        assert item.credited == {first.id: 0, second.id: 77}
        assert item.chosen
