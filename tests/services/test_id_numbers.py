import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import id_numbers
from services.errors import Invalid
from tests.factories import resident_id, with_checksum

birthdays = st.dates(date(1900, 1, 1), date(2020, 12, 31))
regions = st.sampled_from(["110105", "410102", "659004", "810000", "820000", "830000", "999999", "912840"])
eighteens = st.builds(resident_id, st.integers(0, 999), birthdays, regions)
older_cards = st.from_regex(r"[A-Z]{3}[0-9]{12}", fullmatch=True)
passports = st.from_regex(r"[A-Z]{1,2}[0-9]{6,9}", fullmatch=True)


def why_not(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        id_numbers.parse(text)
    (error,) = refused.value.extra["errors"]
    assert error["field"] == "id_number"
    return error["reason"]


class TestParse:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("11010519491231002X", "resident_id"),  # GB 11643-1999, 4.2
            ("440524188001010014", None),  # 4.2's other example: born in 1880
            (with_checksum("81000019900307001"), "residence_permit"),
            (with_checksum("82000019900307001"), "residence_permit"),
            (with_checksum("83000019900307001"), "residence_permit"),
            (with_checksum("91102819900307001"), "foreign_permanent_resident"),
            (resident_id(7), "foreign_permanent_resident"),
            ("CAN110012345678", "foreign_permanent_resident"),
            ("E12345678", "passport"),
            ("EA1234567", "passport"),
            ("M123A4567", "passport"),
            ("C01X00T47", "passport"),
            ("123456789", "passport"),
        ],
    )
    def test_the_kind_follows_from_the_number(self, text, kind):
        if kind is None:
            assert "出生日期" in why_not(text)
        else:
            assert id_numbers.parse(text).kind == kind

    @pytest.mark.parametrize(
        "text",
        [
            "１１０１０５１９４９１２３１００２Ｘ",
            "11010519491231002x",
            "11010519491231002ｘ",
            " 110105 1949 1231 002X\n",
            "110105-19491231-002X",
            "\ufeff11010519491231002X\u200b",
            "110105\u300019491231\u00a0002X",
        ],
    )
    def test_however_it_is_typed_it_is_the_same_number(self, text):
        assert id_numbers.parse(text) == id_numbers.IdNumber("resident_id", "11010519491231002X")

    @given(eighteens)
    def test_every_number_with_its_checksum_is_taken_and_keeps_its_form(self, number):
        assert id_numbers.parse(number).number == number

    @given(eighteens, st.integers(0, 17), st.sampled_from("0123456789X"))
    def test_one_wrong_character_is_always_noticed(self, number, place, other):
        wrong = number[:place] + other + number[place + 1 :]
        if wrong != number:
            assert why_not(wrong)

    @given(eighteens, st.integers(0, 16))
    def test_two_neighbours_changed_round_are_always_noticed(self, number, place):
        a, b = number[place], number[place + 1]
        if a != b:
            assert why_not(number[:place] + b + a + number[place + 2 :])

    @given(older_cards | passports)
    def test_older_cards_and_passports_are_taken(self, number):
        assert id_numbers.parse(number).number == number

    @given(eighteens | older_cards | passports)
    def test_no_two_kinds_share_a_number(self, number):
        assert id_numbers.parse(id_numbers.parse(number).number) == id_numbers.parse(number)

    @given(st.text() | st.from_regex(r"[0-9Xx]{0,20}", fullmatch=True))
    def test_anything_else_is_refused_with_a_reason_that_does_not_repeat_it(self, text):
        refusal = None
        try:
            id_numbers.parse(text)
        except Invalid as refused:
            refusal = refused
        if refusal is not None:
            assert refusal.detail
            assert len(text) <= 3 or text not in str(refusal)

    def test_the_reason_names_what_is_wrong(self):
        assert "校验码" in why_not("110105194912310021")
        assert "出生日期" in why_not(with_checksum("11010519490231002"))
        assert "长度" in why_not("1101051949123100")
        assert "长度" in why_not("1101051949123100211")
        assert "18 位" in why_not("110105491231002")
        assert "地区码" in why_not(with_checksum("01010519491231002"))
        assert "最后一位" in why_not("1101051949123100X1")
        assert "格式" in why_not("张三")
        assert "请填写" in why_not(" ")

    def test_digits_of_other_scripts_are_no_digits(self):
        assert why_not("١١٠١٠٥١٩٤٩١٢٣١٠٠٢٣")

    def test_nobody_is_born_tomorrow_when_the_day_is_known(self):
        today = date(2022, 8, 1)
        tomorrow = resident_id(1, today + timedelta(days=1))
        assert id_numbers.parse(resident_id(1, today), today)
        with pytest.raises(Invalid):
            id_numbers.parse(tomorrow, today)

    def test_a_number_does_not_show_in_repr(self):
        number = id_numbers.parse("11010519491231002X")
        assert "1949" not in repr(number)
        assert "1949" not in str(number)


class TestMask:
    def test_the_first_six_are_shown(self):
        assert id_numbers.mask("11010519491231002X") == "110105************"
        assert id_numbers.mask("CAN110012345678") == "CAN110*********"

    @given(eighteens | older_cards | passports | st.text(st.characters(exclude_characters="*"), max_size=30))
    def test_the_last_six_are_never_shown(self, number):
        masked = id_numbers.mask(number)
        assert len(masked) == len(number)
        assert masked[-6:] == "*" * min(6, len(number))
        assert re.fullmatch(r"(?s).{0,6}\**", masked)
        assert number.startswith(masked.rstrip("*"))
