"""Headers as people make them."""

import pytest

from services.errors import BadSpreadsheet
from services.tables import header as table_header
from services.tables.spreadsheets import Row, Table

NAMES = {
    "name": ("姓名", "教师姓名"),
    "id_number": ("身份证号", "证件号码"),
    "mobile": ("手机号", "联系电话", "电话"),
    "stage": ("学段",),
    "subject": ("学科",),
}
PERSON = ["林知远", "999999198001010017"]


def find(*rows):
    return table_header.find(Table([Row(n, cells) for n, cells in enumerate(rows, 1)]), NAMES, ("name", "id_number"))


def first(*rows):
    header = find(*rows)
    return {key: header.cell(header.rows[0], key) for key in ("name", "id_number", "mobile", "stage")}


class TestFind:
    def test_columns_may_stand_in_any_order_and_among_others(self):
        rows = ["序号", "身份证号", "备注", "姓名"], ["1", PERSON[1], "", PERSON[0]]
        assert first(*rows) == {"name": PERSON[0], "id_number": PERSON[1], "mobile": "", "stage": ""}

    @pytest.mark.parametrize(
        "title", ["*身份证号", "身份证号（必填）", "身份证号:", "身 份 证 号", "证件号码(18位)", "【必填】证件号码"]
    )
    def test_decorations_are_seen_through(self, title):
        assert first(["姓名", title], PERSON)["id_number"] == PERSON[1]

    def test_a_title_and_instructions_may_stand_above(self):
        assert first(["教师名单", ""], ["请勿改动表头", ""], ["姓名", "身份证号"], PERSON)["name"] == PERSON[0]

    def test_a_header_of_two_lines_with_merged_cells_is_one_header(self):
        rows = (["姓名", "身份证号", "任教", ""], ["", "", "学段", "学科"], [*PERSON, "小学", "语文"])
        header = find(*rows)
        assert [row.number for row in header.rows] == [3]
        assert first(*rows)["stage"] == "小学"
        assert header.titles["stage"] == "学段"

    def test_a_first_row_without_name_and_number_is_not_taken_for_a_second_line(self):
        assert [row.number for row in find(["姓名", "身份证号", "学段"], ["", "", "小学"]).rows] == [2]

    def test_headers_repeated_where_files_were_joined_are_left_out(self):
        header = find(["姓名", "身份证号"], PERSON, ["姓名", "身份证号"], PERSON)
        assert [row.number for row in header.rows] == [2, 4]

    def test_the_preferred_name_wins(self):
        assert (
            first(["姓名", "身份证号", "电话", "手机号"], [*PERSON, "0374-2960000", "19900000001"])["mobile"]
            == "19900000001"
        )

    def test_the_same_name_twice_is_refused(self):
        with pytest.raises(BadSpreadsheet, match="两列都叫“姓名”"):
            find(["姓名", "身份证号", "姓名"], PERSON)

    @pytest.mark.parametrize(
        "rows", [[PERSON], [["姓名", "电话"], PERSON], [["无关"]] * 25 + [["姓名", "身份证号"], PERSON]]
    )
    def test_no_header_is_told_by_what_is_wanted_and_never_by_what_stands_there(self, rows):
        with pytest.raises(BadSpreadsheet, match="“姓名”、“身份证号”") as raised:
            find(*rows)
        assert PERSON[1] not in raised.value.detail

    def test_a_short_row_has_empty_cells(self):
        assert first(["姓名", "身份证号", "手机号"], ["林知远"]) == {
            "name": "林知远",
            "id_number": "",
            "mobile": "",
            "stage": "",
        }
