"""Rows from files: whatever Excel and people make of them."""

from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.errors import BadSpreadsheet
from services.tables import spreadsheets
from services.tables.spreadsheets import clean, read, safe_cell
from tests.sheets import csv_bytes, write_csv, write_xlsx

PEOPLE = [["姓名", "学校"], ["林知远", "示范第一小学"], ["周若溪", "示范第二小学"]]
SLOW_FILES = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)
#: What survives being trimmed, in the alphabet of GB 18030.
CELLS = st.text(st.characters(codec="gb18030", exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda cell: clean(cell) == cell
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=6)


def cells(path, **options):
    return [row.cells for row in read(path, **options).rows]


class TestCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_every_encoding_and_delimiter_of_excel_is_read(self, tmp_path, encoding, delimiter):
        assert cells(write_csv(tmp_path / "a.csv", PEOPLE, encoding, delimiter)) == PEOPLE

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
    @given(table=TABLES)
    @SLOW_FILES
    def test_what_was_written_is_read(self, tmp_path, encoding, table):
        # A first line of Chinese, as every roster has: bytes alone cannot tell encodings apart in two letters.
        table = [["姓名", "身份证号", "学校", "学段", "学科"], *table]
        assert cells(write_csv(tmp_path / "a.csv", table, encoding)) == table

    def test_rows_are_numbered_as_excel_shows_them(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text('姓名,学校\n\n"林\n知远",一小\n,\n周若溪,二小\n')
        assert [row.number for row in read(path).rows] == [1, 3, 5]

    def test_the_line_ends_of_old_macs_are_line_ends(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_bytes("姓名,学校\r林知远,一小\r".encode())
        assert cells(path) == [["姓名", "学校"], ["林知远", "一小"]]

    def test_semicolons_within_cells_do_not_divide_them(self, tmp_path):
        table = [["姓名", "学校"], ["林知远", "一小;分校"]]
        assert cells(write_csv(tmp_path / "a.csv", table)) == table

    def test_too_many_rows_are_refused(self, tmp_path):
        with pytest.raises(BadSpreadsheet, match="超过 2 行"):
            read(write_csv(tmp_path / "a.csv", PEOPLE), max_rows=2)

    def test_a_quote_that_never_ends_is_told(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text('姓名,学校\n"林知远,一小\n' + "周若溪,二小\n" * 20_000)
        with pytest.raises(BadSpreadsheet, match="引号"):
            read(path)

    def test_too_many_columns_are_refused(self, tmp_path):
        with pytest.raises(BadSpreadsheet, match="列"):
            read(write_csv(tmp_path / "a.csv", [["甲"] * 500]))


class TestXlsx:
    def test_rows_and_their_numbers(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [[], ["姓名", "学校"], [], ["林知远", "示范第一小学"]])
        assert [(row.number, row.cells) for row in read(path).rows] == [
            (2, ["姓名", "学校"]),
            (4, ["林知远", "示范第一小学"]),
        ]

    @given(table=TABLES)
    @hypothesis_settings(parent=SLOW_FILES, max_examples=8)
    def test_what_was_written_is_read(self, tmp_path, table):
        read_back = cells(write_xlsx(tmp_path / "a.xlsx", table))
        width = max(map(len, table))
        assert read_back == [row + [""] * (width - len(row)) for row in table]

    def test_numbers_dates_and_truth_become_the_text_that_excel_shows(self, tmp_path):
        with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
            page = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            page.write_row(0, 0, [13800000000, 1.5, True, ""])
            page.write_datetime(0, 4, datetime(2022, 7, 1), day)  # noqa: DTZ001
            page.write_formula(0, 5, "=1+1", None, 2)
        assert cells(tmp_path / "a.xlsx") == [["13800000000", "1.5", "TRUE", "", date(2022, 7, 1).isoformat(), "2"]]

    def test_a_number_too_long_for_excel_keeps_its_exponent_as_a_warning(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [["身份证号"], [999999198001010017]])
        assert spreadsheets.EXPONENT.fullmatch(cells(path)[1][0])

    def test_the_name_of_the_file_does_not_matter(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", PEOPLE)
        assert cells(path.rename(tmp_path / "名单.csv")) == PEOPLE
        assert cells((tmp_path / "名单.csv").rename(tmp_path / "b.xls")) == PEOPLE

    def test_merged_cells_hold_their_text_once(self, tmp_path):
        with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
            page = book.add_worksheet()
            page.merge_range(0, 0, 0, 2, "教师名单")
            page.write_row(1, 0, ["姓名", "学校", "学段"])
        assert cells(tmp_path / "a.xlsx") == [["教师名单", "", ""], ["姓名", "学校", "学段"]]

    def test_of_several_sheets_the_first_visible_one_with_content_is_read_and_the_others_are_named(self, tmp_path):
        with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
            book.add_worksheet("封面")
            options = book.add_worksheet("选项")
            options.write(0, 0, "小学")
            book.add_worksheet("一小").write(0, 0, "林知远")
            book.add_worksheet("二小").write(0, 0, "周若溪")
            options.hide()
        table = read(tmp_path / "a.xlsx")
        assert [row.cells for row in table.rows] == [["林知远"]]
        assert table.notes == ["只读取了工作表“一小”，没有读取：二小。"]

    def test_too_many_rows_are_refused(self, tmp_path):
        with pytest.raises(BadSpreadsheet, match="超过 2 行"):
            read(write_xlsx(tmp_path / "a.xlsx", PEOPLE), max_rows=2)

    def test_borders_down_to_the_last_row_are_no_rows(self, tmp_path):
        with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
            page = book.add_worksheet()
            page.write(0, 0, "林知远")
            page.write_blank(1048575, 16383, None, book.add_format({"border": 1}))
        assert cells(tmp_path / "a.xlsx") == [["林知远"]]


class TestClean:
    @pytest.mark.parametrize(
        ("cell", "cleaned"),
        [
            ("　林知远 ", "林知远"),
            ("林知远\u200b", "林知远"),
            ("\ufeff姓名", "姓名"),
            ("示范\n小学", "示范 小学"),
            ('="999999198001010017"', "999999198001010017"),
            ("'999999198001010017", "999999198001010017"),
            ("\t999999198001010017\t", "999999198001010017"),
            ('=""', ""),
        ],
    )
    def test_takes_off_what_copying_adds(self, cell, cleaned):
        assert clean(cell) == cleaned

    @given(st.text())
    def test_leaves_no_space_around_and_no_line_break_within(self, text):
        assert clean(text) == clean(text).strip()
        assert len(clean(text).splitlines()) <= 1


class TestSafeCell:
    @pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
    def test_a_formula_becomes_text(self, cell):
        assert safe_cell(cell) == f"'{cell}"

    def test_text_stays(self):
        assert safe_cell("林知远") == "林知远"

    def test_a_file_of_ours_opens_in_excel_and_is_read_back_by_us(self, tmp_path):
        spreadsheets.write_csv(tmp_path / "a.csv", ("列",), [["=cmd|'/c calc'!A1"], ["林知远"]])
        assert (tmp_path / "a.csv").read_bytes() == csv_bytes([["列"], ["'=cmd|'/c calc'!A1"], ["林知远"]], "utf-8-sig")

    def test_a_file_that_we_write_is_its_owners_alone(self, tmp_path):
        path = tmp_path / "a.csv"
        spreadsheets.write_csv(path, ["姓名"], [["=1"]])
        assert path.stat().st_mode & 0o777 == 0o600
        assert cells(path) == [["姓名"], ["=1"]]
