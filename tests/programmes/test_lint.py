"""The linter: nothing in a clean notice, exactly the planted hole in a broken one, and what is known of the real ones."""

import re
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import programmes
from programmes import catalogue, lint
from programmes.lint.finding import num
from tests.programmes.clean import CATALOGUE, NOTICE, clean, found
from tests.programmes.notices import NOTICES, PHASE2
from tests.programmes.planted import PLANTED

REAL = {
    path.parent.name: programmes.load(path.read_text(encoding="utf-8")) for path in NOTICES.glob("*/programme.toml")
}


def one(code: str, *changes: tuple[str, str]) -> lint.Finding:
    [finding] = [finding for finding in lint.findings(clean(*changes)) if finding.code == code]
    return finding


class TestACleanNotice:
    def test_has_no_findings(self):
        assert lint.findings(clean()) == []

    def test_nor_with_a_catalogue_that_suffices(self):
        assert lint.findings(clean(), catalogue.load(CATALOGUE, clean())) == []


@pytest.mark.parametrize(("changes", "expected"), [pytest.param(*rest, id=name) for name, *rest in PLANTED])
def test_exactly_the_planted_hole_is_found(changes, expected):
    assert found(*changes) == expected


class TestPoints:
    def test_the_sum_is_reckoned_in_the_sentence(self):
        finding = one("points_sum", ("points = 25", "points = 20"))
        assert "20 + 20 + 10 + 30 + 5 + 10 = 95 分" in finding.zh
        assert "20 + 20 + 10 + 30 + 5 + 10 = 95" in finding.en
        assert finding.clause == "五"

    def test_grades_that_fail_are_reckoned_one_by_one(self):
        finding = one("grade_cannot_pass", ("mark = 60", "mark = 99"))
        assert "良好 90 + 8 = 98 分，不合格 90 + 0 = 90 分，都不到合格线 99 分" in finding.zh
        assert "优秀" not in finding.zh

    def test_a_grade_called_failed_may_fail(self):
        assert found(("mark = 60", "mark = 98")) == set()

    def test_decimals_are_exact(self):
        tenths = [
            ("points = 20", "points = 19.9"),
            ("points = 25", "points = 25.1"),
            ('assumed = "按学时比例得分"\n', ""),
        ]
        assert found(*tenths) == set()

    @settings(deadline=None, max_examples=40)
    @given(st.integers(0, 60), st.integers(0, 60))
    def test_points_that_do_not_add_up_and_only_those(self, ethics, skills):
        changes = [("points = 25", f"points = {skills}"), ("points = 20", f"points = {ethics}")]
        wanted = {("points_sum", "pass_rule.total")} if ethics + skills != 45 else set()
        wanted |= {("points_rule", "ethics_courses")} if ethics % 20 else set()
        assert found(*changes) - {("grade_cannot_pass", "essay"), ("pass_unreachable", "pass_rule.mark")} == wanted

    @settings(deadline=None, max_examples=40)
    @given(st.integers(1, 100))
    def test_a_grade_fails_just_when_the_rest_cannot_make_up_for_it(self, mark):
        expected = {("grade_cannot_pass", "essay")} if mark > 90 + 8 else set()
        credits_wrong = {("credits_above_pass", "credits")} if mark < 60 else set()
        assert found(("mark = 60", f"mark = {mark}")) == expected | credits_wrong


class TestBands:
    def test_every_gap_is_named_with_a_value_in_it(self):
        finding = one(
            "band_gap", ("below = 85", "most = 84"), ("below = 95", "most = 94.9"), ("most = 100", "most = 99")
        )
        assert "84%与 85%之间（如 84.5%），94.9%与 95%之间（如 94.95%），99%与 100%之间（如 100%）" in finding.zh

    @settings(deadline=None, max_examples=40)
    @given(st.integers(61, 84), st.booleans())
    def test_a_step_ends_where_the_next_begins_or_there_is_a_hole(self, end, half_open):
        """Printed "60 to 84" and "60 up to, but not, 85"."""
        word = "below" if half_open else "most"
        assert found(("below = 85", f"{word} = {end}")) == {("band_gap", "took_part")}

    @settings(deadline=None, max_examples=40)
    @given(st.integers(86, 94), st.booleans())
    def test_or_something_belongs_to_both(self, end, half_open):
        assert found(("below = 85", f"{'below' if half_open else 'most'} = {end}")) == {("band_overlap", "took_part")}

    def test_steps_printed_by_their_beginnings_alone_are_whole(self):
        assert found(("least = 60, below = 85", "least = 60"), ("least = 85, below = 95", "least = 85")) == set()

    def test_whole_scores_never_fall_between_whole_bands(self):
        whole = [('assumed = "按学时比例得分"', 'rule = "all_hours"'), ('kind = "marked"', 'kind = "assessed"')]
        assert found(*whole, ("below = 80", "most = 79")) == set()
        assert found(*whole, ("below = 80", "most = 78")) == {("band_gap", "credits")}


class TestDates:
    @pytest.mark.parametrize(("said", "wrong"), [(365, False), (366, False), (340, True), (400, True)])
    def test_a_year_is_about_a_year(self, said, wrong):
        expected = {("announced_length", "follow_up")} if wrong else set()
        assert found(("announced_days = 365", f"announced_days = {said}")) == expected

    def test_the_days_are_counted_in_the_sentence(self):
        finding = one("announced_length", ("closes = 2026-07-20", "closes = 2025-12-20"))
        assert "写明 365 天（约 12 个月）" in finding.zh
        assert "153 天（约 5 个月），相差 212 天" in finding.zh

    def test_neither_honours_a_week_later_nor_a_holiday_between_two_terms_is_a_hole(self):
        assert found(("opens = 2025-07-01\ncloses = 2025-07-20", "opens = 2025-07-08\ncloses = 2025-07-20")) == set()
        autumn = (
            '[[calendar.phases]]\nkey = "autumn"\ntitle = "秋季研修"\nkind = "study"\nclause = "三"\n'
            "opens = 2025-09-01\ncloses = 2025-12-31\n\n"
        )
        text = NOTICE.replace("opens = 2025-07-21", "opens = 2026-01-01").replace("announced_days = 365\n", "")
        text = text.replace("opens = 2025-07-01\ncloses = 2025-07-20", "opens = 2026-01-01\ncloses = 2026-01-20")
        first, second = text.split('[[calendar.phases]]\nkey = "honours"')
        assert lint.findings(programmes.load(f'{first}{autumn}[[calendar.phases]]\nkey = "honours"{second}')) == []

    def test_a_beginning_is_told_by_its_own_day(self):
        finding = one("phase_order", ("closes = 2025-02-28", "closes = 2025-03-01"))
        assert "从 2025-03-01 00:00就开始" in finding.zh

    def test_honours_before_there_is_anything_to_honour(self):
        text = NOTICE.replace("opens = 2025-07-01\ncloses = 2025-07-20", "opens = 2025-02-15\ncloses = 2025-07-20")
        first, second = text.split('[[calendar.phases]]\nkey = "honours"')
        honours, rest = second.split("[[calendar.phases]]", 1)
        before, trial = first.split('[[calendar.phases]]\nkey = "trial"')
        text = f'{before}[[calendar.phases]]\nkey = "honours"{honours}[[calendar.phases]]\nkey = "trial"{trial}[[calendar.phases]]{rest}'
        assert {(one.code, one.at) for one in lint.findings(programmes.load(text))} == {("phase_order", "honours")}


class TestRules:
    HELD = '[[pass_rule.conditions]]\nkind = "dimensions"\ntitle = "三个维度"\npart = "certificates"\nleast = 3\nclause = "五"\n\n'
    CONDITION = ("[[pass_rule.dimensions]]", f"{HELD}[[pass_rule.dimensions]]")

    @pytest.mark.parametrize("name", ["dimensions", "三个维度", "pass_rule.conditions", "pass_rule.conditions[0]"])
    def test_one_that_only_a_condition_holds_is_in_no_score(self, name):
        rule = ('used_by = ["essay"]', f'used_by = ["{name}"]')
        assert found(self.CONDITION, rule) == {("rule_unscored", "总结不少于 300 字")}

    def test_one_that_a_part_scores_as_well_is(self):
        assert found(self.CONDITION, ('used_by = ["essay"]', 'used_by = ["dimensions", "certificates"]')) == set()

    @pytest.mark.parametrize(
        "name",
        ["ethics", "took_part", "completion", "study", "劳动节", "all", "national", "hours", "counting.presence"],
    )
    def test_keys_titles_and_paths_may_be_named(self, name):
        assert found(('used_by = ["fee"]', f'used_by = ["{name}"]')) == set()


class TestTheCatalogue:
    def findings(self, *changes: tuple[str, str]) -> set[tuple[str, str]]:
        text = CATALOGUE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return {(one.code, one.at) for one in lint.findings(clean(), catalogue.load(text, clean()))}

    def test_too_few_hours_in_a_module(self):
        found = self.findings(*[("duration = 13500", "duration = 60")] * 6)
        assert ("catalogue_short", "ethics") in found
        assert ("catalogue_short", "小学/语文") in found

    def test_too_few_abilities(self):
        assert self.findings(('ability = "A3"', 'ability = "A2"')) == {("catalogue_short", "skills")}

    def test_too_few_for_one_subject_alone(self):
        courses = ('code = "C0"', 'code = "C0"\nstage = "小学"')
        assert self.findings(courses) == {("catalogue_short", "ethics"), ("catalogue_short", "初中/语文")}


class TestReview:
    ACCEPTED = '\n[[accepted]]\ncode = "{}"\nat = "{}"\nreason = "照原文执行"\nby = "某人"\non = 2025-02-01\n'

    def review(self, text: str) -> lint.Review:
        return lint.review(programmes.load(text))

    def test_a_finding_is_open_until_somebody_accepts_it(self):
        broken = NOTICE.replace("per_head = 125", "per_head = 120")
        assert [finding.code for finding in self.review(broken).open] == ["fee_arithmetic"]
        review = self.review(broken + self.ACCEPTED.format("fee_arithmetic", "fee"))
        assert review.open == review.stale == ()
        [(finding, acceptance)] = review.accepted
        assert (finding.at, acceptance.by) == ("fee", "某人")

    def test_an_acceptance_of_another_place_does_not_count(self):
        broken = NOTICE.replace("per_head = 125", "per_head = 120")
        review = self.review(broken + self.ACCEPTED.format("fee_arithmetic", "fee.per_head"))
        assert len(review.open) == len(review.stale) == 1

    def test_what_was_mended_leaves_a_stale_acceptance(self):
        [stale] = self.review(NOTICE + self.ACCEPTED.format("fee_arithmetic", "fee")).stale
        assert stale.code == "fee_arithmetic"

    def test_nobody_knows_without_the_catalogue_whether_it_is_short(self):
        text = NOTICE + self.ACCEPTED.format("catalogue_short", "小学/语文")
        assert self.review(text).stale == ()
        programme = programmes.load(text)
        assert len(lint.review(programme, catalogue.load(CATALOGUE, programme)).stale) == 1


@pytest.mark.parametrize("name", sorted(REAL))
class TestTheRealNotices:
    def test_nothing_is_open_and_no_acceptance_is_stale(self, name):
        review = lint.review(REAL[name])
        assert [(finding.code, finding.at) for finding in review.open] == []
        assert review.stale == ()

    def test_each_finding_has_a_place_of_its_own_and_says_what_it_means_in_both_languages(self, name):
        findings = lint.findings(REAL[name])
        places = [(finding.code, finding.at) for finding in findings]
        assert len(places) == len(set(places))
        for finding in findings:
            assert finding.code in ("rule_unused", "payment_no_deadline") or re.search(r"\d", finding.zh), finding
            assert finding.zh.endswith("。")
            assert finding.en.endswith(".")


#: What is known to be wrong with the five (code, at, what the sentence reckons).
KNOWN = [
    ("xuchang-2022-phase2", "points_sum", "pass_rule.total", "15 + 10 + 15 + 10 + 10 + 20 + 10 = 90"),
    ("xuchang-2022-phase2", "grade_cannot_pass", "summary", "良好 80 + 8 = 88"),
    ("xuchang-2022-phase2", "first_password_public", "sign_in.first_password", "全体共用 1 个"),
    ("xuchang-2021-phase1", "band_gap", "took_part", "94%与 95%之间（如 94.5%）"),
    ("xuchang-2021-phase1", "band_gap", "passed", "84%与 85%之间（如 84.5%）"),
    ("xuchang-2021-phase1", "points_rule", "ethics", "15 学时计 20 分"),
    ("xuchang-2021-phase1", "announced_length", "follow_up", "约 5 个月"),
    ("yangcheng-2021", "fee_arithmetic", "fee", "2.5 × 50 = 125 元"),
    ("yangcheng-2021", "fee_arithmetic", "fee", "2.5 × 72 = 180 元"),
    ("yangcheng-2021", "band_gap", "credits", "如 69.5 分"),
    ("yangcheng-2021", "weights_missing", "parts", "没有规定"),
    ("kaifeng-2018", "weights_missing", "parts", "没有规定"),
    ("kaifeng-2018", "pass_mark_missing", "pass_rule", "没有写多少分合格"),
    ("shexian-2022", "rule_unscored", "微能力维度不少于 3 个", "没有一项为它计分"),
    *((name, "hour_undefined", "hours", "没有说 1 学时是多长") for name in sorted(REAL)),
]


@pytest.mark.parametrize(("name", "code", "at", "reckoned"), KNOWN)
def test_what_is_known_to_be_wrong_is_found(name, code, at, reckoned):
    [finding] = [one for one in lint.findings(REAL[name]) if (one.code, one.at) == (code, at)]
    assert reckoned in finding.zh


def test_phase_2_mended_point_by_point_is_clean_of_points():
    mended = PHASE2.replace("points = 15", "points = 20", 2).replace("total = 100", "total = 100")
    codes = {finding.code for finding in lint.findings(programmes.load(mended))}
    assert not codes & {"points_sum", "grade_cannot_pass", "pass_unreachable"}


@given(st.fractions(0, 1000))
def test_numbers_are_shown_shortly_and_never_above_themselves(value):
    shown = Fraction(num(value))
    assert 0 <= value - shown < Fraction(1, 100)


def test_findings_are_plain_data():
    findings = lint.findings(REAL["xuchang-2022-phase2"])
    assert msgspec.json.decode(msgspec.json.encode(findings), type=list[lint.Finding]) == findings
