"""The questions by which a caller is known. How tries are counted is tested at the desk (tests/console/test_people.py)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import identity_check
from services.identity_check import LEAST_QUESTIONS, QUESTIONS, TITLES, birth_digits, is_school, is_teaching

NAME = "虚构市示范东县第一小学"


def test_every_question_has_a_title_and_none_asks_for_the_last_six() -> None:
    assert set(TITLES) == set(QUESTIONS)
    assert not any("后六位" in title or "密码" in title for title in TITLES.values())
    assert len(QUESTIONS) >= LEAST_QUESTIONS


@pytest.mark.parametrize("said", [NAME, "示范东县第一小学", " 示范东县 第一小学 ", "东县第一小学"])
def test_enough_of_a_schools_name_is_right(said: str) -> None:
    assert is_school(said, NAME)


@pytest.mark.parametrize(
    "said", ["小学", "第一", "学", "", " ", "第二小学", "西县第一小学", f"{NAME}、示范西县第一小学"]
)
def test_what_every_school_is_called_is_not(said: str) -> None:
    assert not is_school(said, NAME)


@pytest.mark.parametrize(("said", "right"), [
    ("小学语文", True), ("小学 语文", True), ("小学，教语文的", True), ("语文", False), ("小学", False), ("初中语文", False),
    ("幼儿园小学初中高中语文数学英语", False), ("", False),
])  # fmt: skip
def test_stage_and_subject_and_little_else(said: str, right: bool) -> None:
    assert is_teaching(said, "小学", "语文") is right


@pytest.mark.parametrize(
    "said", ["19800205", "1980-02-05", "1980年2月5日", "1980.2.5", "１９８０年２月５日", " 1980/02/05 "]
)
def test_a_birthday_is_understood_as_people_say_it(said: str) -> None:
    assert birth_digits(said) == "19800205"


@given(st.text(max_size=64))
def test_whatever_is_said_is_right_or_wrong(said: str) -> None:
    assert birth_digits(said) == "".join(c for c in birth_digits(said) if c in "0123456789")
    assert is_school(said, NAME) in (True, False)
    assert is_teaching(said, "小学", "语文") in (True, False)


def test_what_every_colleague_knows_is_not_enough() -> None:
    known = ("name", "school", "stage_subject")
    assert not identity_check.enough(known)
    assert not identity_check.enough(("name", "birth_date"))
    for private in ("mobile_last_four", "birth_date"):
        assert identity_check.enough((*known[:2], private))
