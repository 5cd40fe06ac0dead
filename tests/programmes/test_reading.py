"""A file that cannot be used is refused with line, place and value."""

import pytest

import programmes
from tests.programmes.notices import PHASE2, phase2, phase2_text


def problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(programmes.ProgrammeError) as caught:
        phase2(*changes)
    return caught.value.problems


def line_of(text: str) -> int:
    return PHASE2[: PHASE2.index(text)].count("\n") + 1


class TestTheNotice:
    def test_it_reads(self):
        programme = phase2()
        assert programme.id == "xuchang-2022-phase2"
        assert [(module.title, module.hours) for module in programme.modules] == [
            ("专业理念与师德", 15),
            ("专业知识", 15),
            ("专业能力", 10),
            ("信息技术", 20),
        ]
        assert programme.hours_required == 60
        assert programme.sign_in.first_password.shared == "Haolaoshi123"
        assert programme.sign_in.channels["teacher"] == ("web", "wechat")
        assert programme.modules[2].homework[0].grades == {"优秀": 10, "良好": 8, "中等": 6, "不及格": 4}

    def test_counting_has_the_house_defaults(self):
        counting = phase2().counting
        assert (counting.max_rate, counting.max_silence, counting.beat_every) == (1.0, 180, 20)
        assert (counting.presence.min_seconds, counting.presence.max_seconds) == (480, 900)
        assert counting.presence.answer_within == 120

    def test_line_endings_of_windows_are_read(self):
        assert programmes.load(PHASE2.replace("\n", "\r\n")).id == "xuchang-2022-phase2"


class TestOneBrokenValue:
    def test_broken_toml_names_the_line(self):
        [problem] = problems(("hours = 20", "hours = "))
        assert "TOML 语法错误" in problem
        assert f"line {line_of('hours = 20')}" in problem

    def test_a_wrong_type_names_line_place_and_value(self):
        [problem] = problems(("hours = 20", 'hours = "二十"'))
        line = line_of("hours = 20")
        assert problem == f'第 {line} 行 modules[3].hours = "二十"：Expected `float`, got `str`'

    def test_an_unknown_field_is_named(self):
        [problem] = problems(("points = 20", "points = 20\nbonus = 5"))
        assert f"第 {line_of('points = 20') + 1} 行 modules[3].courses.bonus = 5" in problem

    def test_a_missing_field_names_its_table(self):
        [problem] = problems(("hours = 20\n", ""))
        assert "modules[3]" in problem
        assert "`hours`" in problem

    def test_a_quoted_date_is_refused(self):
        [problem] = problems(("closes = 2022-07-15", 'closes = "2022-07-15"'))
        assert f"第 {line_of('closes = 2022-07-15')} 行 calendar.phases[0].closes" in problem

    @pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e400", "true", "99999999999999999999"])
    def test_hours_must_be_a_sensible_number(self, value):
        assert "modules[0].hours" in problems(("hours = 15", f"hours = {value}"))[0]

    @pytest.mark.parametrize("value", ["9999-12-31", "0001-01-01", "2022-10-31T12:00:00+08:00", "12:00:00", "20221031"])
    def test_a_date_must_be_local_and_of_our_times(self, value):
        assert "calendar.phases[1].closes" in problems(("closes = 2022-10-31", f"closes = {value}"))[0]

    def test_control_characters_are_refused(self):
        assert "phases[0].title" in problems(('title = "登录测试"', 'title = "登录\\u0000测试"'))[0]

    @pytest.mark.parametrize("text", ["", "\0", "= = =", "[" * 10_000, 'id = "a"', "x = " + "[" * 5000])
    def test_anything_else_is_refused_too(self, text):
        with pytest.raises(programmes.ProgrammeError):
            programmes.load(text)


class TestValuesThatDisagree:
    def test_silence_shorter_than_two_beats(self):
        [problem] = problems(("max_silence = 180", "max_silence = 41"))
        assert "counting.max_silence：41 秒太短" in problem
        assert "至少要 42 秒" in problem

    def test_silence_of_exactly_two_beats_and_two_seconds_is_enough(self):
        assert phase2(("max_silence = 180", "max_silence = 42")).counting.max_silence == 42

    def test_phases_out_of_order(self):
        found = problems(("opens = 2022-07-16", "opens = 2022-06-16"))
        assert "“网络研修”开始于 2022-06-16，早于写在它前面的“登录测试”（2022-07-01）" in found[0]

    def test_a_phase_that_ends_before_it_begins(self):
        assert "不晚于开始" in problems(("closes = 2022-10-31", "closes = 2022-07-01"))[0]

    def test_nothing_to_study(self):
        assert "没有一个阶段可以学习" in problems(("study = true", "study = false"))[0]

    def test_a_value_without_a_source(self):
        [problem] = problems(('clause = "标题、落款"\n', ""), ('assumed = "所据文本没有文号和发文日期"\n', ""))
        assert "notice：没有写明出处" in problem

    def test_presence_bounds_the_wrong_way_round(self):
        assert "presence.min_seconds" in problems(("min_seconds = 480", "min_seconds = 901"))[0]

    def test_the_same_module_twice(self):
        assert "modules[1].key：“ethics”出现了不止一次" in problems(('key = "knowledge"', 'key = "ethics"'))[0]

    def test_a_grade_above_the_homework(self):
        assert "“优秀”11 分，超过该作业的 10 分" in problems(('"优秀" = 10', '"优秀" = 11'))[0]

    def test_a_shared_password_that_is_missing(self):
        assert "first_password.shared" in problems(('shared = "Haolaoshi123"\n', ""))[0]

    def test_a_later_version_says_what_changed(self):
        assert "changes" in problems(("version = 1", "version = 2"))[0]

    def test_a_pass_mark_above_the_total(self):
        assert "合格线 101 分高于满分 100 分" in problems(("mark = 90", "mark = 101"))[0]

    def test_all_of_them_are_reported_at_once(self):
        assert len(problems(("max_silence = 180", "max_silence = 30"), ("mark = 90", "mark = 101"))) == 2


def test_the_changed_text_is_what_the_tests_think():
    assert phase2_text(("mark = 90", "mark = 91")).count("mark = 91") == 1
