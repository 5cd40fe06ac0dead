"""What counts as study, each lesson once; and decimals as they are written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.evidence import LessonEvidence, exactly, lesson_seconds, measured, tally
from programmes.schema import HourRule

PRO_RATA = HourRule(clause="一")
ON_COMPLETION = HourRule(clause="一", credit="on_completion")


def lesson(credited: int, duration: int = 2700, **values) -> LessonEvidence:
    return LessonEvidence(values.pop("module", "ethics"), values.pop("lesson", 1), duration, credited, **values)


class TestOneLesson:
    @pytest.mark.parametrize(("credited", "worth"), [(-5, 0), (0, 0), (1, 1), (2700, 2700), (9999, 2700)])
    def test_pro_rata_each_second_counts_up_to_the_duration(self, credited, worth):
        assert lesson_seconds(PRO_RATA, lesson(credited)) == worth

    @pytest.mark.parametrize(("credited", "worth"), [(2564, 0), (2565, 2700), (2700, 2700), (0, 0)])
    def test_on_completion_it_counts_whole_from_95_percent(self, credited, worth):
        assert lesson_seconds(ON_COMPLETION, lesson(credited)) == worth

    @pytest.mark.parametrize("rule", [PRO_RATA, ON_COMPLETION])
    @pytest.mark.parametrize("duration", [0, -1, -2700])
    def test_one_without_a_length_is_worth_nothing(self, rule, duration):
        assert lesson_seconds(rule, lesson(100, duration)) == 0


class TestTally:
    def test_seconds_of_different_lessons_add_up_by_module(self):
        found = tally(PRO_RATA, [lesson(10), lesson(20, lesson=2), lesson(5, module="ability", ability="A1")])
        assert found.modules == {"ethics": 30, "ability": 5}
        assert found.abilities == {("ability", "A1"): 5}

    def test_a_lesson_named_twice_counts_once_with_its_better_self(self):
        assert tally(PRO_RATA, [lesson(10), lesson(20), lesson(15)]).modules == {"ethics": 20}

    def test_not_even_when_it_is_said_to_teach_two_abilities(self):
        found = tally(PRO_RATA, [lesson(100, ability="A1"), lesson(100, ability="B1"), lesson(100)])
        assert found.modules == {"ethics": 100}
        assert found.abilities == {("ethics", "A1"): 100, ("ethics", "B1"): 100}

    def test_of_nothing_is_nothing(self):
        assert tally(PRO_RATA, []).modules == {}


class TestDecimals:
    def test_they_are_what_is_written(self):
        assert exactly(89.7) == Fraction(897, 10)
        assert exactly(0.1) + exactly(0.2) == exactly(0.3)

    @given(st.integers(0, 100_000))
    def test_hundredths_are_exact(self, hundredths):
        assert exactly(hundredths / 100) == Fraction(hundredths, 100)

    @given(st.floats())
    def test_measured_is_within_its_bounds_or_nothing(self, value):
        found = measured(value, 100)
        assert (found is not None) == (0 <= value <= 100)
        assert found is None or 0 <= found <= 100

    @pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -0.01, 100.01, 1e308])
    def test_what_is_no_measure(self, value):
        assert measured(value, 100) is None
