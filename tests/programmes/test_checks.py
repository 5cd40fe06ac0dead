"""Values that disagree with one another are refused, all at once, each with its place and clause."""

import pytest

import programmes
from tests.programmes.notices import phase2


def problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(programmes.ProgrammeError) as caught:
        phase2(*changes)
    return caught.value.problems


LEADER = """
[leader]
clause = "六.(二)"
pass_rule = { mark = 90, total = 100, clause = "六.(二)" }

[[leader.parts]]
kind = "rated"
key = "rate"
title = "参训率"
points = 20
clause = "六.(二)"
bands = [{ least = 60, value = 16 }, { least = 85, value = 18 }, { least = 95, value = 20 }]

[enrolment]"""


class TestCounting:
    def test_silence_shorter_than_two_beats(self):
        [problem] = problems(("max_silence = 180", "max_silence = 41"))
        assert "counting.max_silence = 41（通知未规定，假定）：41 秒太短" in problem
        assert "至少要 42 秒" in problem

    def test_silence_of_exactly_two_beats_and_two_seconds_is_enough(self):
        assert phase2(("max_silence = 180", "max_silence = 42")).counting.max_silence == 42

    def test_presence_bounds_the_wrong_way_round(self):
        assert "presence.min_seconds" in problems(("min_seconds = 480", "min_seconds = 901"))[0]


class TestTheCalendar:
    def test_phases_out_of_order(self):
        found = problems(("opens = 2022-07-16", "opens = 2022-06-16"))
        assert "“网络研修”开始于 2022-06-16，早于写在它前面的“登录测试”（2022-07-01）" in found[0]

    def test_a_phase_that_ends_before_it_begins(self):
        assert "不晚于开始" in problems(("closes = 2022-10-31", "closes = 2022-07-01"))[0]

    def test_nothing_to_study(self):
        assert "没有一个阶段可以学习" in problems(('kind = "study"', 'kind = "honours"'))[0]


class TestSources:
    def test_a_value_without_a_source(self):
        [problem] = problems(('clause = "标题、落款"\n', ""), ('assumed = "所据文本没有文号和发文日期"\n', ""))
        assert "notice.clause：没有写明出处" in problem

    def test_spaces_are_no_source(self):
        [problem] = problems(
            ('clause = "标题、落款"', 'clause = " "'), ('assumed = "所据文本没有文号和发文日期"\n', "")
        )
        assert 'notice.clause = " "：没有写明出处' in problem

    def test_where_only_an_assumption_was_written_its_own_line_is_named(self):
        [problem] = problems(
            (
                '[hours]\nassumed = "通知没有定义学时：1 学时为 45 分钟（2700 秒），按有效学习时间累计"',
                '[hours]\nassumed = ""',
            )
        )
        assert 'hours.assumed = ""：没有写明出处' in problem

    def test_a_later_version_says_what_changed(self):
        assert "changes" in problems(("version = 1", "version = 2"))[0]


class TestParts:
    def test_the_same_module_twice(self):
        found = problems(('key = "knowledge"', 'key = "ethics"'))
        assert any('modules[1].key = "ethics"（条款 三）：“ethics”出现了不止一次' in problem for problem in found)

    def test_a_module_that_is_not_there(self):
        assert problems(('modules = ["ethics"]', 'modules = ["cooking"]'))[0].endswith("：没有模块 cooking")

    def test_a_grade_above_the_homework(self):
        assert "“优秀”11 分，超过该项的 10 分" in problems(('"优秀" = 10', '"优秀" = 11'))[0]

    def test_grades_out_of_order(self):
        assert "等级要从高到低写" in problems(('"良好" = 8', '"良好" = 5'))[0]

    def test_a_pass_mark_above_the_total(self):
        assert (
            "pass_rule.mark = 101（条款 三）：合格线 101 分高于满分 100 分" in problems(("mark = 90", "mark = 101"))[0]
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("value = 18", "value = 21"), "21 超过满分 20"),
            (("{ least = 85,", "{ least = 60,"), "有两档都从 60 起"),
            (("value = 18", "value = 15"), "从 85 起的一档反而低于它下面的档"),
            (("least = 60,", "least = 60, most = 50,"), "从 60 起的一档，上限低于下限"),
        ],
    )
    def test_bands(self, change, said):
        text = LEADER.replace(*change, 1)
        assert any(said in problem for problem in problems(("\n[enrolment]", text)))

    def test_a_leaders_table_that_is_right(self):
        assert phase2(("\n[enrolment]", LEADER)).leader.parts[0].key == "rate"


class TestArrangements:
    def test_a_shared_password_that_is_missing(self):
        assert "first_password.shared" in problems(('shared = "Haolaoshi123"\n', ""))[0]

    def test_a_paper_after_payment_by_somebody_else(self):
        assert any("缴费的不是学校" in problem for problem in problems(('payer = "school"', 'payer = "authority"')))

    def test_a_district_of_two_collectors(self):
        assert (
            "“禹州市”属于不止一个收费联系人"
            in problems(('districts = ["禹州市"', 'districts = ["禹州市", "禹州市"'))[0]
        )

    def test_two_collectors_of_all_other_districts(self):
        found = problems(('districts = ["禹州市", "长葛市", "鄢陵县", "建安区"]', "districts = []"))
        for problem, place in zip(found, ("collectors[0]", "collectors[1]"), strict=True):
            assert f"fee.{place}.districts（条款 五.(三)）：不止一个收费联系人没有写地区" in problem


def test_all_of_them_are_reported_at_once():
    assert len(problems(("max_silence = 180", "max_silence = 30"), ("mark = 90", "mark = 101"))) == 2


def test_questions_that_every_colleague_can_answer():
    asked = 'identity_questions = ["name", "school", "mobile_last_four", "birth_date"]'
    [problem] = problems((asked, 'identity_questions = ["name", "school", "stage_subject"]'))
    assert "sign_in.identity_questions" in problem
    assert "同事都知道" in problem
