"""A file that cannot be used is refused with line, place, value and clause."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import programmes
from programmes.places import lines_of
from tests.programmes.notices import NOTICES, PHASE2, phase2, phase2_text


def problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(programmes.ProgrammeError) as caught:
        phase2(*changes)
    return caught.value.problems


def line_of(text: str) -> int:
    return PHASE2[: PHASE2.index(text)].count("\n") + 1


GRADED = 'kind = "graded"'


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
        assert programme.part("summary").grades == {"优秀": 10, "良好": 8, "中等": 6, "不及格": 4}

    def test_counting_has_the_house_defaults(self):
        counting = phase2().counting
        assert (counting.max_rate, counting.max_silence, counting.beat_every) == (1.0, 180, 20)
        assert (counting.presence.min_seconds, counting.presence.max_seconds) == (480, 900)
        assert counting.presence.answer_within == 120

    def test_line_endings_of_windows_are_read(self):
        assert programmes.load(PHASE2.replace("\n", "\r\n")).id == "xuchang-2022-phase2"


class TestOneBrokenValue:
    def test_broken_toml_names_the_line_and_the_clause_of_its_table(self):
        [problem] = problems(("hours = 20", "hours = "))
        assert problem.startswith(f"第 {line_of('hours = 20')} 行 hours =（条款 三）：TOML 语法错误")

    def test_a_wrong_type_names_line_place_value_and_clause(self):
        [problem] = problems(("hours = 20", 'hours = "二十"'))
        line = line_of("hours = 20")
        assert problem == f'第 {line} 行 modules[3].hours = "二十"（条款 三）：应为数字，写的是文字'

    def test_where_nothing_but_an_assumption_stands_it_says_so(self):
        [problem] = problems(("hour_seconds = 2700", "hour_seconds = 59"))
        line = line_of("hour_seconds = 2700")
        assert problem == f"第 {line} 行 hours.hour_seconds = 59（通知未规定，假定）：不能小于 60"

    def test_the_clause_of_the_nearest_table_is_named(self):
        [problem] = problems(('"良好" = 8', '"良好" = "八"'))
        assert f'第 {line_of(GRADED) + 5} 行 parts[4].grades.良好 = "八"（条款 三）' in problem
        [problem] = problems(('districts = ["禹州市"', 'districts = [5, "禹州市"'))
        assert "fee.collectors[0].districts[0] = 5（条款 五.(三)）" in problem

    def test_an_unknown_field_is_named_with_those_that_there_are(self):
        [problem] = problems(("points = 20", "points = 20\nbonus = 5"))
        assert (
            f"第 {line_of('points = 20') + 1} 行 parts[5].bonus = 5（条款 三）：这里没有 bonus 这个字段，可用 "
            in problem
        )
        assert "modules、rule" in problem

    def test_a_missing_field_names_its_table(self):
        [problem] = problems(("hours = 20\n", ""))
        assert f"第 {line_of('hours = 20') - 3} 行 modules[3]（条款 三）：缺少 hours" in problem

    def test_a_missing_field_of_the_whole_file(self):
        assert problems(('id = "xuchang-2022-phase2"\n', "")) == ["文件：缺少 id"]

    def test_a_quoted_date_is_refused(self):
        [problem] = problems(("closes = 2022-07-15", 'closes = "2022-07-15"'))
        line = line_of("closes = 2022-07-15")
        assert f'第 {line} 行 calendar.phases[0].closes = "2022-07-15"（条款 三）：应为本地日期' in problem

    @pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e400", "true", "99999999999999999999"])
    def test_hours_must_be_a_sensible_number(self, value):
        assert "modules[0].hours" in problems(("hours = 15", f"hours = {value}"))[0]

    @pytest.mark.parametrize("value", ["9999-12-31", "0001-01-01", "2022-10-31T12:00:00+08:00", "12:00:00", "20221031"])
    def test_a_date_must_be_local_and_of_our_times(self, value):
        assert "calendar.phases[1].closes" in problems(("closes = 2022-10-31", f"closes = {value}"))[0]

    def test_control_characters_are_refused(self):
        assert "phases[0].title" in problems(('title = "登录测试"', 'title = "登录\\u0000测试"'))[0]

    def test_a_long_value_is_cut(self):
        [problem] = problems(("hours = 20", f'hours = "{"二" * 5000}"'))
        assert len(problem) < 200

    @pytest.mark.parametrize("text", ["", "\0", "= = =", "[" * 10_000, 'id = "a"', "x = " + "[" * 5000])
    def test_anything_else_is_refused_too(self, text):
        with pytest.raises(programmes.ProgrammeError):
            programmes.load(text)

    def test_a_great_bound_is_written_out(self):
        assert "不能大于 1000000" in problems(("version = 1", "version = 99999999"))[0]

    def test_what_is_no_toml_names_the_clause_of_the_table_around_it(self):
        [problem] = problems(('city_admin = ["web"]', "city_admin = 网页"))
        assert f"第 {line_of('city_admin')} 行 city_admin = 网页（条款 四.1）：TOML 语法错误" in problem

    def test_or_that_it_is_assumed(self):
        [problem] = problems(("hour_seconds = 2700", "hour_seconds = 四十五"))
        assert f"第 {line_of('hour_seconds')} 行 hour_seconds = 四十五（通知未规定，假定）：TOML 语法错误" in problem

    @pytest.mark.parametrize("url", ["", "zzz", "javascript:alert(1)", "http:// x"])
    def test_an_address_is_one(self, url):
        text = (NOTICES / "shexian-2022" / "programme.toml").read_text(encoding="utf-8")
        with pytest.raises(programmes.ProgrammeError, match="应为网址"):
            programmes.load(text.replace("http://www.hbte.com.cn", url))


class TestAPartOfSomeKind:
    def test_a_wrong_kind_is_told_those_that_there_are(self):
        [problem] = problems((GRADED, 'kind = "gradde"'))
        assert problem == (
            f'第 {line_of(GRADED)} 行 parts[4].kind = "gradde"（条款 三）：没有“gradde”这个选项，'
            "可用 courses、submitted、graded、certified、assessed、marked、attended、rated"
        )

    def test_so_is_one_without_a_kind(self):
        [problem] = problems((GRADED + "\n", ""))
        assert f"第 {line_of(GRADED) - 1} 行 parts[4]（条款 三）：缺少 kind，可用 courses、submitted" in problem

    def test_a_kind_that_is_no_word(self):
        assert f"第 {line_of(GRADED)} 行 parts[4].kind = 5" in problems((GRADED, "kind = 5"))[0]

    def test_a_field_of_another_kind(self):
        [problem] = problems((GRADED, 'kind = "submitted"'))
        assert f"第 {line_of('grades = {')} 行 parts[4].grades（条款 三）：这里没有 grades 这个字段" in problem
        assert "min_words" in problem

    def test_a_part_that_lacks_a_field_of_its_kind(self):
        [problem] = problems(('modules = ["ethics"]\n', ""))
        assert f"第 {line_of('[[parts]]')} 行 parts[0]（条款 三）：缺少 modules" in problem

    def test_an_empty_list(self):
        assert "parts[0].modules（条款 三）：至少 1 项" in problems(('modules = ["ethics"]', "modules = []"))[0]

    def test_an_element_of_a_list(self):
        [problem] = problems(('modules = ["ethics"]', 'modules = ["ethics", "Ethics"]'))
        assert 'parts[0].modules[1] = "Ethics"（条款 三）：只能用小写英文字母' in problem

    def test_a_row_of_an_inline_table_within_a_list_over_many_lines(self):
        row = '{ title = "汇款人", field = "payer" }'
        [problem] = problems((row, '{ title = "汇款人" }'))
        assert f"第 {line_of(row)} 行 forms[1].columns[2]（条款 五.(四).1、2）：缺少 field" in problem


class TestAChoice:
    def test_of_values(self):
        [problem] = problems(('payer = "school"', 'payer = "schol"'))
        assert "没有“schol”这个选项，可用 authority、school、school_budget" in problem

    def test_of_keys(self):
        [problem] = problems(("teacher = [", "teachers = ["))
        assert "sign_in.channels.teachers" in problem
        assert (
            "没有“teachers”这个选项，可用 city_admin、county_admin、school_admin、teacher、workshop_leader" in problem
        )

    def test_within_a_dict_of_lists(self):
        [problem] = problems(('teacher = ["web", "wechat"]', 'teacher = ["web", "wechatt"]'))
        assert (
            'sign_in.channels.teacher[1] = "wechatt"（条款 四.1）：没有“wechatt”这个选项，可用 portal、web、wechat'
            in problem
        )


#: Every value of the notice, with what no field takes in its place.
_VALUES = sorted(
    (number, line)
    for number, line in enumerate(PHASE2.splitlines(), 1)
    if " = " in line
    and not line.startswith("#")
    and not line.startswith((" ", "[", "grades"))
    and not line.rstrip().endswith("[")
)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(_VALUES), st.sampled_from(["1979-05-27T07:32:00Z", "{ x = 1 }", "[[[1]]]"]))
def test_any_single_value_broken_is_refused_on_its_own_line(value, broken):
    _, line = value
    text = PHASE2.replace("\n" + line + "\n", "\n" + line.split(" = ", 1)[0] + f" = {broken}\n", 1)
    if text == PHASE2:
        return
    changed = next(
        place for place, (a, b) in enumerate(zip(text.splitlines(), PHASE2.splitlines(), strict=True), 1) if a != b
    )
    with pytest.raises(programmes.ProgrammeError) as caught:
        programmes.load(text)
    assert caught.value.problems[0].startswith(f"第 {changed} 行 ")


class TestLines:
    def test_of_every_way_to_write_a_value(self):
        text = "\n".join(
            [
                "a = 1  # one",
                "b.c = [1, # two",
                '  "]", {d = "x = 9", e = 2},',
                "]",
                "[t.'quoted key']",
                'f = """',
                "[not.a.table]",
                'g = 1"""',
                "[[rows]]",
                "h = 1",
                "[rows.inner]",
                "i = 2",
                "[[rows]]",
                "[rows.inner]",
                "i = 3",
                "[[rows.more]]",
                "[[rows.more]]",
                "j = 4",
            ]
        )
        lines = lines_of(text)
        assert lines["a",] == 1
        assert (lines["b", "c"], lines["b", "c", 0], lines["b", "c", 1], lines["b", "c", 2, "e"]) == (2, 2, 3, 3)
        assert (lines["t", "quoted key"], lines["t", "quoted key", "f"]) == (5, 6)
        assert ("not", "a", "table") not in lines
        assert (lines["rows", 0, "h"], lines["rows", 0, "inner", "i"], lines["rows", 1, "inner", "i"]) == (10, 12, 15)
        assert (lines["rows", 1], lines["rows", 1, "more", 1, "j"]) == (13, 18)

    @settings(deadline=None)
    @given(st.text(max_size=60))
    def test_never_fail(self, text):
        lines_of(text)


def test_the_changed_text_is_what_the_tests_think():
    assert phase2_text(("mark = 90", "mark = 91")).count("mark = 91") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1\n" + "a." * 50_000 + "a = 1", "第 2 行：TOML 语法错误：键的层次太多"),
        ("[" + '"a" . ' * 50_000 + "a]", "第 1 行：TOML 语法错误：键的层次太多"),
        ("version = " + "9" * 5000, "TOML 语法错误：有一个数字太长"),
    ],
)
def test_a_file_that_is_made_to_be_slow_or_to_break_is_refused_at_once(text, why):
    started = time.process_time()
    with pytest.raises(programmes.ProgrammeError) as refused:
        programmes.load(text)
    assert refused.value.problems == [why]
    assert time.process_time() - started < 1
