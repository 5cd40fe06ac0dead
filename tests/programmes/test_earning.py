"""How each kind of part turns what was found into points."""

from fractions import Fraction

import pytest

from programmes import parts
from programmes.basics import Band
from programmes.earning import EARNERS, Found, most_of
from programmes.evidence import ItemEvidence
from programmes.outcome import Earned, ModuleOutcome
from tests.programmes.notices import local

AT = local("2022-08-01T09:00")
BASE = {"key": "part", "title": "考核项", "clause": "一"}


def earn(part: parts.Part, *items: dict, modules: tuple[ModuleOutcome, ...] = ()) -> Earned:
    return EARNERS[type(part)](part, Found([ItemEvidence(part="part", at=AT, **values) for values in items], modules))


def reasons(earned: Earned) -> list[str]:
    return [why for _, why in earned.ignored]


def module(seconds: int, need: int, *, complete: bool | None = None) -> ModuleOutcome:
    done = seconds >= need if complete is None else complete
    return ModuleOutcome("module", seconds, Fraction(min(seconds, need)), Fraction(need), 0, done)


class TestCourses:
    def test_per_hour_points_follow_the_hours_of_all_its_modules(self):
        part = parts.CoursesPart(points=20, modules=("a", "b"), **BASE)
        assert earn(part, modules=(module(900, 1000), module(0, 500))).points == 12

    def test_all_hours_are_everything_or_nothing(self):
        part = parts.CoursesPart(points=50, modules=("a", "b"), rule="all_hours", **BASE)
        assert earn(part, modules=(module(1000, 1000), module(499, 500))).points == 0
        assert earn(part, modules=(module(1000, 1000), module(500, 500))).points == 50

    def test_hours_without_the_micro_abilities_asked_for_are_not_all(self):
        part = parts.CoursesPart(points=50, modules=("a",), rule="all_hours", **BASE)
        assert earn(part, modules=(module(1000, 1000, complete=False),)).points == 0


class TestSubmitted:
    def test_once_is_all_the_points(self):
        part = parts.SubmittedPart(points=10, **BASE)
        assert (earn(part).points, earn(part, {}).points, earn(part, {}, {"item": "2"}).points) == (0, 10, 10)

    def test_so_many_are_needed_for_any(self):
        part = parts.SubmittedPart(points=10, least=3, **BASE)
        assert earn(part, {"item": "1"}, {"item": "2"}).points == 0
        assert earn(part, {"item": "1"}, {"item": "2"}, {"item": "3"}).points == 10
        assert earn(part, {"count": 3}).points == 10

    def test_each_earns_its_own_up_to_the_whole(self):
        bulletins = parts.SubmittedPart(points=15, each=5, **BASE)
        assert [earn(bulletins, {"count": count}).points for count in range(5)] == [0, 5, 10, 15, 15]
        assert (earn(bulletins, {"count": 1}).have, earn(bulletins, {}).need) == (1, 3)

    def test_the_same_one_twice_is_one(self):
        part = parts.SubmittedPart(points=10, least=2, **BASE)
        assert earn(part, {"item": "1"}, {"item": "1"}).points == 0

    @pytest.mark.parametrize(("words", "points"), [(None, 0), (0, 0), (299, 0), (300, 10), (10**9, 10)])
    def test_short_texts_do_not_count(self, words, points):
        found = earn(parts.SubmittedPart(points=10, min_words=300, **BASE), {"words": words})
        assert found.points == points
        assert reasons(found) == ([] if points else ["too_short"])

    def test_what_was_refused_does_not_count(self):
        found = earn(parts.SubmittedPart(points=10, **BASE), {"passed": False})
        assert (found.points, reasons(found)) == (0, ["not_passed"])

    @pytest.mark.parametrize("count", [-1, 10_001, 10**30])
    def test_counts_that_cannot_be(self, count):
        found = earn(parts.SubmittedPart(points=10, **BASE), {"count": count})
        assert (found.points, reasons(found)) == (0, ["no_number"])


class TestGraded:
    part = parts.GradedPart(points=10, grades={"优秀": 10, "良好": 8, "中等": 6}, **BASE)

    @pytest.mark.parametrize(("grade", "points"), [("优秀", 10), ("良好", 8), ("中等", 6)])
    def test_points_by_grade(self, grade, points):
        found = earn(self.part, {"grade": grade})
        assert (found.points, found.hoped, found.settled, found.grade) == (points, points, True, grade)

    def test_ungraded_it_waits_and_may_still_be_excellent(self):
        found = earn(self.part, {})
        assert (found.points, found.hoped, found.waiting, found.settled) == (0, 10, 1, False)

    def test_the_best_of_several_counts(self):
        assert earn(self.part, {"grade": "中等"}, {"item": "2", "grade": "良好"}).points == 8

    def test_handed_in_again_it_waits_again(self):
        found = earn(self.part, {"grade": "良好"}, {"item": "2"})
        assert (found.points, found.hoped, found.waiting, found.settled) == (8, 10, 1, False)

    def test_after_the_best_grade_nothing_waits(self):
        found = earn(self.part, {"grade": "优秀"}, {"item": "2"})
        assert (found.waiting, found.settled) == (0, True)

    def test_a_grade_that_the_notice_does_not_know(self):
        found = earn(self.part, {"grade": "特优"})
        assert (found.points, found.told, reasons(found)) == (0, False, ["unknown_grade"])

    def test_nobody_can_earn_more_than_the_best_grade(self):
        assert most_of(parts.GradedPart(points=10, grades={"优秀": 8}, **BASE)) == 8


class TestCertified:
    part = parts.CertifiedPart(points=30, count=3, each=10, **BASE)

    def test_each_that_passed_up_to_so_many(self):
        items = [{"item": f"{n}", "passed": True} for n in range(5)]
        assert [earn(self.part, *items[:n]).points for n in range(6)] == [0, 10, 20, 30, 30, 30]

    def test_refused_and_waiting_ones_earn_nothing_yet(self):
        found = earn(self.part, {"item": "A", "passed": False}, {"item": "B"})
        assert (found.points, found.hoped, found.waiting, reasons(found)) == (0, 10, 1, ["not_passed"])

    def test_one_that_was_refused_and_then_passed_has_passed(self):
        found = earn(self.part, {"item": "A", "passed": False}, {"item": "A", "passed": True})
        assert (found.points, reasons(found)) == (10, [])

    def test_dimensions_are_those_of_the_passed(self):
        found = earn(
            self.part,
            {"item": "A", "passed": True, "dimension": "甲"},
            {"item": "B", "passed": True, "dimension": "甲"},
            {"item": "C", "passed": False, "dimension": "乙"},
            {"item": "D", "dimension": "丙"},
        )
        assert (found.spread, found.hoped_spread) == (1, 2)

    def test_entering_one_again_never_takes_a_dimension_away(self):
        two = [{"item": "A", "passed": True, "dimension": "甲"}, {"item": "B", "passed": True, "dimension": "乙"}]
        assert earn(self.part, *two).spread == 2
        assert earn(self.part, *two, {"item": "A", "passed": True, "dimension": "乙"}).spread == 2
        assert earn(self.part, *two, {"item": "A", "passed": True, "dimension": "丙"}).spread == 2


class TestAssessed:
    part = parts.AssessedPart(points=10, **BASE)

    @pytest.mark.parametrize(
        ("items", "points", "hoped", "told"),
        [
            ([], 0, 0, False),
            ([{}], 0, 10, False),
            ([{"passed": False}], 0, 0, True),
            ([{"passed": True}], 10, 10, True),
            ([{"passed": False}, {"passed": True}], 10, 10, True),
        ],
    )
    def test_passed_or_not(self, items, points, hoped, told):
        found = earn(self.part, *items)
        assert (found.points, found.hoped, found.told) == (points, hoped, told)


class TestMarked:
    part = parts.MarkedPart(points=25, **BASE)

    def test_points_are_the_marks_share_exactly(self):
        assert earn(self.part, {"mark": 89.7}).points == Fraction(22425, 1000)
        assert earn(self.part, {"mark": 100.0}).settled

    def test_the_best_mark_counts(self):
        assert earn(self.part, {"mark": 60.0}, {"mark": 80.0}, {"mark": 70.0}).points == 20

    def test_without_a_mark_it_waits(self):
        found = earn(self.part, {})
        assert (found.points, found.hoped, found.waiting, found.told) == (0, 25, 1, False)

    def test_hours_entered_beside_the_mark_wait_for_no_other(self):
        assert earn(self.part, {"hours": 22.0}).waiting == 1
        found = earn(self.part, {"mark": 78.0}, {"hours": 22.0})
        assert (found.points, found.hoped, found.waiting) == (Fraction(39, 2), Fraction(39, 2), 0)
        judged = earn(TestAssessed.part, {"passed": False}, {"hours": 22.0})
        assert (judged.hoped, judged.waiting) == (0, 0)

    def test_a_mark_of_nothing_is_a_mark(self):
        found = earn(self.part, {"mark": 0.0})
        assert (found.points, found.told, found.waiting) == (0, True, 0)

    @pytest.mark.parametrize("mark", [float("nan"), float("inf"), float("-inf"), -1.0, 100.1, 1e308])
    def test_marks_that_cannot_be(self, mark):
        found = earn(self.part, {"mark": mark})
        assert (found.points, found.hoped, found.told, reasons(found)) == (0, 0, False, ["no_number"])


class TestAttended:
    part = parts.AttendedPart(points=20, hours=8, **BASE)

    def test_hours_of_different_occasions_add_up(self):
        assert earn(self.part, {"item": "1", "hours": 3.0}, {"item": "2", "hours": 1.0}).points == 10
        assert earn(self.part, {"item": "1", "hours": 3.0}, {"item": "1", "hours": 1.0}).points == Fraction(15, 2)

    def test_more_than_asked_for_is_not_more(self):
        assert earn(self.part, {"hours": 80.0}).points == 20

    @pytest.mark.parametrize("hours", [float("nan"), float("inf"), -3.0, 1e308])
    def test_hours_that_cannot_be(self, hours):
        found = earn(self.part, {"hours": hours})
        assert (found.points, reasons(found)) == (0, ["no_number"])


class TestRated:
    part = parts.RatedPart(points=20, bands=(Band(60, 16, most=84), Band(85, 18, most=94), Band(95, 20)), **BASE)

    @pytest.mark.parametrize(
        ("rate", "points"),
        [(0.0, 0), (59.99, 0), (60.0, 16), (84.5, 16), (85.0, 18), (94.99, 18), (95.0, 20), (100.0, 20), (101.0, 0)],
    )
    def test_half_open_steps(self, rate, points):
        assert earn(self.part, {"mark": rate}).points == points

    def test_no_rate_no_points(self):
        found = earn(self.part)
        assert (found.points, found.told) == (0, False)


class TestTheMostThatAnybodyCanEarn:
    def test_certificates_that_never_come_to_the_points(self):
        assert most_of(parts.CertifiedPart(points=30, count=2, each=10, **BASE)) == 20

    def test_bands_that_end_below_them(self):
        assert most_of(parts.RatedPart(points=20, bands=(Band(60, 16),), **BASE)) == 16

    def test_else_the_points(self):
        assert most_of(parts.AssessedPart(points=3.3, **BASE)) == Fraction(33, 10)
