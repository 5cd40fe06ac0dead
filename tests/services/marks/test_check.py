"""Every wrong row of a list of results is told with row, column and reason, and nothing is taken in."""

import pytest

from services.errors import BadSpreadsheet, Invalid
from tests.services.handing_in.class_room import OVER
from tests.services.marks.lists import EXAM, Import


@pytest.fixture
def here(session, tmp_path):
    return Import(session, tmp_path)


class TestWrong:
    @pytest.mark.parametrize(
        ("cells", "column", "says"),
        [
            ({"mark": "101"}, "成绩", "101 不在 0 至 100"),
            ({"mark": "-1"}, "成绩", "不能识别"),
            ({"mark": "=1+1"}, "成绩", "不能识别"),
            ({"mark": "1e2"}, "成绩", "不能识别"),
            ({"mark": "nan"}, "成绩", "不能识别"),
            ({"mark": "９９９"}, "成绩", "不在 0 至 100"),
            ({}, "成绩", "应为 0 至 100"),
            ({"part": "课程"}, "考核项", "没有考核项“课程”"),
            ({"part": "专业知识课程", "mark": "1"}, "考核项", "没有考核项"),
            ({"part": ""}, "考核项", "请填写考核项"),
            ({"part": "summary", "grade": "良", "date": "2022-07-20"}, "等级", "优秀、良好、中等、不及格"),
            ({"part": "summary", "grade": "良好"}, "日期", "交作业的日期"),
            ({"part": "report", "passed": "合格"}, "日期", "30 字以上"),
            ({"part": "school", "passed": "还行"}, "是否合格", "不能识别"),
            ({"part": "school"}, "是否合格", "合格或不合格"),
            ({"part": "abilities", "passed": "合格"}, "编号", "编号"),
            ({"part": "abilities", "item": "A/1", "passed": "合格"}, "编号", "编号"),
            ({"part": "offline", "hours": "9"}, "学时", "超过本项的 8 学时"),
            ({"part": "offline", "hours": "0"}, "学时", "大于 0"),
            ({"part": "posts", "count": "1.5"}, "次数", "整数"),
            ({"part": "posts", "count": "999999"}, "次数", "1 至 1000"),
            ({"mark": "90", "date": "2022-07-15"}, "日期", "不在 2022-07-16 00:00 至 2022-11-01 00:00 之内"),
            ({"mark": "90", "date": "2022-08-02"}, "日期", "今天之后"),
            ({"mark": "90", "date": "2022-02-30"}, "日期", "不能识别"),
            ({"mark": "90", "date": "昨天"}, "日期", "不能识别"),
            ({"mark": "90", "comment": "长" * 501}, "备注", "500"),
            ({"mark": "90", "id": ""}, "姓名", "姓名和学校"),
            ({"mark": "90", "id": "12345"}, "身份证号", "长度"),
        ],
    )
    def test_every_reason_names_row_and_column(self, here, cells, column, says):
        [(row, title, reason)] = here.errors(here.row(1, mark="60"), here.row(0, **({"part": EXAM} | cells)))
        assert (row, title) == (3, column)
        assert says in reason
        assert here.rows() == []

    def test_after_the_deadline_only_with_the_day_on_which_it_was(self, here):
        plan = here.check(here.row(mark="90"), here.row(1, mark="90", date="2022-10-31"), now=OVER)
        assert [(error.row, error.column) for error in plan.errors] == [(2, "日期")]
        assert "补登记请写明实际日期" in plan.errors[0].reason

    def test_a_number_in_the_wrong_column_is_masked(self, here):
        number = here.people[0].id_number
        for cells in ({"part": number}, {"mark": number}, {"name": "甲", "id": "", "mark": "90", "comment": number}):
            for _, _, reason in here.errors(here.row(0, **cells)):
                assert number[6:] not in reason

    @pytest.mark.parametrize(
        ("header", "part"),
        [
            (("学校", "成绩"), "exam"),
            (("姓名", "身份证号", "成绩"), ""),
            (("姓名", "身份证号", "考核项"), ""),
            (("姓名", "姓名", "成绩"), "exam"),
        ],
    )
    def test_a_table_without_the_columns_that_it_takes(self, here, header, part):
        with pytest.raises(BadSpreadsheet):
            here.check(["甲"] * len(header), header=header, part=part)

    def test_a_part_for_the_file_that_is_none(self, here):
        for part in ("nothing", "ethics"):
            with pytest.raises(Invalid, match="没有考核项"):
                here.check(here.row(mark="1"), part=part)

    def test_an_empty_table(self, here):
        with pytest.raises(BadSpreadsheet):
            here.check()
