"""One row, as typed by a school's secretary."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rosters import rows as roster_rows
from services.rosters.rows import Entry, same_name, shown
from services.tables import header as table_header
from services.tables.spreadsheets import Row, Table
from tests import factories, sheets

TODAY = date(2022, 8, 1)


def parse(**changes):
    header_row = [*sheets.HEADER, "学校代码"]
    code = changes.pop("school_code", "")
    row = Row(7, [*sheets.teacher(1, **changes), code])
    header = table_header.find(Table([Row(1, header_row), row]), roster_rows.COLUMNS, roster_rows.REQUIRED)
    return roster_rows.parse(header, row, TODAY)


def complaint(**changes):
    (error,) = parse(**changes)
    assert error.row == 7
    return f"{error.column}：{error.reason}"


class TestParse:
    def test_a_good_row_is_a_teacher(self):
        entry = parse()
        assert isinstance(entry, Entry)
        assert (entry.name, entry.id_number.number) == (factories.person(1).name, factories.person(1).id_number)
        assert (entry.mobile, entry.stage, entry.subject) == (factories.person(1).mobile, "小学", "语文")

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("林 知远", "林知远"),
            ("林　　知　远", "林知远"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("阿依古丽．买买提", "阿依古丽·买买提"),
            ("John Smith", "John Smith"),
            ("O'Neil-Li", "O'Neil-Li"),
            ("㐂𠮷", "㐂𠮷"),
        ],
    )
    def test_names_lose_the_spaces_and_dots_of_typists(self, typed, name):
        assert parse(name=typed).name == name

    @pytest.mark.parametrize("name", ["", "1234567", "=1+1", "林<b>", "林" * 51, "林1", "-", "@林", "林\u202e知"])
    def test_what_is_no_name_is_told(self, name):
        assert complaint(name=name).startswith("姓名：")

    @pytest.mark.parametrize("number", ["9.99999198001010E+17", "9.99999E+17", "1e+17"])
    def test_a_number_that_excel_rounded_asks_for_the_text_format(self, number):
        assert "请把身份证号列设为文本格式" in complaint(id_number=number)

    def test_a_number_whose_end_excel_zeroed_asks_for_the_text_format(self):
        assert "文本格式" in complaint(id_number="999999198001011000")

    @pytest.mark.parametrize("number", ["", "99999919800101001", "999999198001010018", "999999198013010017", "无"])
    def test_a_wrong_number_is_told_but_not_repeated(self, number):
        said = complaint(id_number=number)
        assert said.startswith("身份证号：")
        assert not number or number not in said

    def test_a_birthday_to_come_is_wrong(self):
        assert "出生日期" in complaint(id_number=factories.resident_id(1, date(2022, 8, 2)))

    def test_full_width_digits_and_a_small_x_are_the_same_number(self):
        number = next(n for n in map(factories.resident_id, range(100)) if n.endswith("X"))
        wide = number.lower().translate({ord(str(d)): 0xFF10 + d for d in range(10)})
        assert parse(id_number=wide).id_number.number == number

    @pytest.mark.parametrize(
        ("typed", "mobile"), [("+86 199-0000-0001", "19900000001"), ("", ""), ("１９９０００００００１", "19900000001")]
    )
    def test_mobiles_lose_their_decoration(self, typed, mobile):
        assert parse(mobile=typed).mobile == mobile

    @pytest.mark.parametrize("mobile", ["0374-2960000", "1234567890", "12900000001", "199000000011", "无"])
    def test_what_is_no_mobile_is_told_but_not_repeated(self, mobile):
        assert mobile not in complaint(mobile=mobile)

    @pytest.mark.parametrize(
        ("typed", "stage"), [("学前", "幼儿园"), ("普通高中", "高中"), (" 初 中 ", "初中"), ("", "")]
    )
    def test_stages_by_their_other_names(self, typed, stage):
        assert parse(stage=typed).stage == stage

    def test_an_unknown_stage_is_told_with_those_that_are_known(self):
        assert "幼儿园、小学、初中" in complaint(stage="大学")

    @pytest.mark.parametrize("subject", ["语文123", "=HYPERLINK()", "语" * 21, "—"])
    def test_what_is_no_subject_is_told(self, subject):
        assert complaint(subject=subject).startswith("学科：")

    @pytest.mark.parametrize("subject", ["道德与法治", "物理、化学", "音乐/美术", "体育(与健康)", ""])
    def test_subjects_are_as_the_notices_name_them(self, subject):
        assert parse(subject=subject).subject == subject

    def test_a_school_code_is_letters_and_digits(self):
        assert complaint(school_code="四一零").startswith("学校代码：")

    def test_everything_wrong_with_a_row_is_told_at_once(self):
        errors = parse(name="", id_number="1", mobile="2", stage="大学")
        assert {error.column for error in errors} == {"姓名", "身份证号", "手机号", "学段"}

    @given(cells=st.lists(st.text(max_size=60), min_size=6, max_size=6))
    def test_any_text_is_a_teacher_or_reasons(self, cells):
        row = Row(2, cells)
        header = table_header.find(Table([Row(1, list(sheets.HEADER)), row]), roster_rows.COLUMNS, roster_rows.REQUIRED)
        assert roster_rows.parse(header, row, TODAY)


class TestSecrecy:
    @pytest.mark.parametrize("column", ["name", "school", "stage", "subject", "mobile", "school_code"])
    @pytest.mark.parametrize("form", ["{}", "号{}", "{0:.6} {0:.8}", "{}备注"])
    def test_a_number_in_the_wrong_column_is_masked_in_the_complaint(self, column, form):
        number = factories.resident_id(17)
        outcome = parse(**{column: form.format(number)})
        said = "".join(error.reason for error in outcome) if isinstance(outcome, list) else ""
        assert number[-6:] not in said
        assert number[6:14] not in said

    def test_an_entry_does_not_print_its_numbers(self):
        person = factories.person(1)
        assert person.id_number not in repr(parse())
        assert person.mobile not in repr(parse())


class TestShown:
    def test_is_short(self):
        assert len(shown("示范" * 40)) == 30

    def test_leaves_short_numbers_alone(self):
        assert shown("第2022号") == "第2022号"


class TestSameName:
    @pytest.mark.parametrize(
        ("one", "other"), [("阿依古丽·买买提", "阿依古丽买买提"), ("John Smith", "john  smith"), ("林知远", "林 知远")]
    )
    def test_spaces_dots_and_case_do_not_count(self, one, other):
        assert same_name(one, other)

    def test_another_name_is_another(self):
        assert not same_name("林知远", "林知元")
