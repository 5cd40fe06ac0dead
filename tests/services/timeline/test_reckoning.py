"""What is said adds up to what the rows hold, whatever they hold."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeat.reasons import WHY
from heartbeat.state import REASONS
from services import media_time
from services.errors import Invalid
from services.timeline import reckoning
from services.why import studying

SECONDS = st.integers(0, 40_000)


@dataclass
class Row:
    reported: int
    credited: int
    pending: int
    withheld: dict[str, Any] = field(default_factory=dict)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    withheld = draw(st.dictionaries(st.sampled_from(REASONS), SECONDS, max_size=5))
    credited, pending = draw(SECONDS), draw(SECONDS)
    return Row(credited + pending + sum(withheld.values()), credited, pending, withheld)


def read(equation: str) -> tuple[int, list[int]]:
    total, *terms = [media_time.read(found) for found in re.findall(r"[\d:]+\d", equation)]
    return total, terms


@given(st.lists(rows(), max_size=6))
def test_the_sentence_adds_up_to_the_rows(played: list[Row]) -> None:
    counted = reckoning.of(played)
    total, terms = read(counted.equation)
    assert total == sum(terms) == sum(row.reported for row in played)
    assert terms[0] == sum(row.credited for row in played)
    for reason in REASONS:
        assert counted.withheld.get(reason, 0) == sum(row.withheld.get(reason, 0) for row in played)


@given(rows(), st.integers(-1000, 1000))
def test_a_row_that_was_cut_still_adds_up(row: Row, off: int) -> None:
    row.reported = max(0, row.reported + off)
    total, terms = read(reckoning.of([row]).equation)
    assert total == sum(terms) >= row.reported


@given(st.integers(0, 10**6))
def test_a_time_is_read_as_it_was_told(seconds: int) -> None:
    assert media_time.read(media_time.told(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "12", "1:5", "1:60", "-1:00", "1:60:00", "a:bc", "9" * 30 + ":00", "1:00:00:00"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        media_time.read(text)


def test_a_time_with_chinese_signs_is_read() -> None:
    assert media_time.read("１２：３０ ") == 750


def test_every_reason_has_its_words() -> None:
    assert set(reckoning.SHORT) == set(studying._STEPS) == set(WHY) == set(REASONS)


def test_the_example_of_the_desk() -> None:
    counted = reckoning.of([Row(2220, 1800, 0, {"repeat": 300, "hidden": 120})])
    assert counted.equation == "上报 37:00 = 记入 30:00 + 重复观看 5:00 + 后台播放 2:00"
