"""From credited seconds to the score card."""

import time
from datetime import datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from programmes.scoring import LessonEvidence, ScoreCard, score
from tests.programmes.notices import local, phase2

IN_SUMMER = local("2022-08-01T09:00")
MODULES = ("ethics", "knowledge", "ability", "technology")
PRO_RATA = phase2()
ON_COMPLETION = phase2(('credit = "pro_rata"', 'credit = "on_completion"'))
ALL_HOURS = phase2(("points = 15\n", 'points = 15\nrule = "all_hours"\n'))


def hours(module: str, count: float, lesson: str = "1") -> LessonEvidence:
    return LessonEvidence(module, lesson, 10_000_000, round(count * 2700))


def card(*evidence: LessonEvidence, of=PRO_RATA, on: datetime = IN_SUMMER) -> ScoreCard:
    return score(of, evidence, on)


class TestProRata:
    def test_nothing_studied_is_nothing_earned_and_everything_missing(self):
        empty = card()
        assert (empty.score, empty.hours_credited, empty.passed) == (0, 0, False)
        assert empty.missing == (
            "专业理念与师德还差 15 学时",
            "专业知识还差 15 学时",
            "专业能力还差 10 学时",
            "信息技术还差 20 学时",
        )

    def test_points_follow_the_hours(self):
        assert card(hours("ability", 6.8)).modules[2].points == 6.8
        assert "专业能力还差 3.2 学时" in card(hours("ability", 6.8)).missing

    def test_more_than_required_is_shown_but_does_not_count(self):
        ethics = card(hours("ethics", 40)).modules[0]
        assert (ethics.hours_credited, ethics.hours_counted, ethics.hours_missing, ethics.points) == (40, 15, 0, 15)

    def test_the_whole_card_counts_capped_hours(self):
        both = card(hours("ethics", 40), hours("ability", 1))
        assert (both.hours_credited, both.hours_counted, both.score) == (41, 16, 16)

    def test_one_second_short_is_not_reached(self):
        short = card(LessonEvidence("ethics", "1", 40500, 40499))
        assert short.modules[0].points == 14.99
        assert short.modules[0].hours_missing == 0.1

    def test_a_lesson_named_twice_counts_once(self):
        assert card(hours("ethics", 3), hours("ethics", 2)).modules[0].hours_credited == 3

    def test_seconds_beyond_the_duration_do_not_count(self):
        assert card(LessonEvidence("ethics", "1", 2700, 9999)).modules[0].hours_credited == 1

    def test_another_modules_evidence_is_ignored(self):
        assert card(hours("gardening", 5)).hours_credited == 0


class TestOnCompletion:
    def test_a_lesson_counts_whole_at_95_percent(self):
        assert card(LessonEvidence("ethics", "1", 2700, 2565), of=ON_COMPLETION).modules[0].hours_credited == 1

    def test_and_not_at_all_a_second_before(self):
        assert card(LessonEvidence("ethics", "1", 2700, 2564), of=ON_COMPLETION).modules[0].hours_credited == 0


class TestAllHours:
    def test_nothing_before_the_last_hour(self):
        assert card(hours("ethics", 14.9), of=ALL_HOURS).modules[0].points == 0

    def test_everything_with_it(self):
        assert card(hours("ethics", 15), of=ALL_HOURS).modules[0].points == 15


class TestPassing:
    everything = tuple(hours(key, need) for key, need in zip(MODULES, (15, 15, 10, 20), strict=True))

    def test_all_hours_alone_are_60_of_the_90_needed(self):
        full = card(*self.everything)
        assert (full.score, full.pass_mark, full.passed, full.missing) == (60, 90, False, ())

    def test_what_is_not_counted_yet_is_said(self):
        full = card(*self.everything)
        assert full.note == "活动和作业的得分尚未计入，最多还有 30 分"
        assert [(part.kind, part.title) for module in full.modules for part in module.not_counted] == [
            ("activity", "您身边的师生故事"),
            ("homework", "我的培训总结"),
            ("activity", "信息技术研讨"),
        ]

    def test_exactly_the_mark_passes(self):
        assert card(*self.everything, of=phase2(("mark = 90", "mark = 60"))).passed

    def test_a_rounded_mark_does_not(self):
        easy = phase2(("mark = 90", "mark = 15"))
        assert not card(LessonEvidence("ethics", "1", 40500, 40499), of=easy).passed
        assert card(LessonEvidence("ethics", "1", 40500, 40500), of=easy).passed


class TestTheMoment:
    def test_after_the_deadline_the_card_says_there_is_no_make_up(self):
        late = card(hours("ethics", 15), on=local("2022-11-01T00:00"))
        assert late.missing[-1] == "学习时间已经结束，不能补学"
        assert (late.phase, late.phase_title, late.study_open, late.study_closes_at) == (None, "已结束", False, None)

    def test_during_study_it_says_until_when(self):
        assert card().study_closes_at == local("2022-11-01T00:00")
        assert card().study_open


class TestProperties:
    lessons = st.builds(
        LessonEvidence,
        module=st.sampled_from((*MODULES, "unknown")),
        lesson=st.integers(0, 5),
        duration=st.integers(1, 40_000),
        credited=st.integers(-5, 50_000),
    )
    evidence = st.lists(lessons, max_size=30)
    rules = st.sampled_from((PRO_RATA, ON_COMPLETION, ALL_HOURS))

    @given(evidence, lessons, rules)
    def test_more_evidence_never_lowers_a_number(self, evidence, more, of):
        before, after = card(*evidence, of=of), card(*evidence, more, of=of)
        assert after.score >= before.score
        assert after.hours_credited >= before.hours_credited
        assert after.hours_counted >= before.hours_counted
        assert after.passed >= before.passed
        for old, new in zip(before.modules, after.modules, strict=True):
            assert new.points >= old.points
            assert new.hours_missing <= old.hours_missing

    @given(evidence, rules)
    def test_nothing_exceeds_the_notices_own_maximum(self, evidence, of):
        whole = card(*evidence, of=of)
        assert 0 <= whole.score <= 60 <= whole.total
        assert whole.hours_counted <= whole.hours_required == 60
        for module in whole.modules:
            assert 0 <= module.points <= module.points_max
            assert 0 <= module.hours_counted <= module.hours_required
            assert (module.hours_missing == 0) == (module.hours_counted == module.hours_required)

    @given(st.data())
    def test_the_order_of_evidence_does_not_matter(self, data):
        evidence = data.draw(self.evidence)
        of = data.draw(self.rules)
        assert card(*evidence, of=of) == card(*data.draw(st.permutations(evidence)), of=of)


def test_a_card_takes_well_under_five_milliseconds():
    evidence = [LessonEvidence(MODULES[n % 4], n, 2700, 2000) for n in range(100)]
    started = time.perf_counter()
    for _ in range(20):
        score(PRO_RATA, evidence, IN_SUMMER)
    assert (time.perf_counter() - started) / 20 < 0.005


def test_a_card_is_plain_data():
    assert msgspec.json.decode(msgspec.json.encode(card()))["modules"][0]["key"] == "ethics"
