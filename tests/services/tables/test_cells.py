"""Dates and sums as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import Invalid
from services.tables import cells


class TestDay:
    @pytest.mark.parametrize(
        "cell",
        [
            "2021-11-10",
            "2021/11/10",
            "2021.11.10",
            "2021年11月10日",
            "20211110",
            "２０２１-11-10",
            "2021-11-10 00:00:00",
        ],
    )
    def test_what_people_write(self, cell):
        assert cells.day(cell) == date(2021, 11, 10)

    @pytest.mark.parametrize(
        "cell", ["", "2021", "2021-13-01", "2021-02-30", "11-10", "昨天", "2021111", "44510", "2021-11-10x"]
    )
    def test_what_is_no_date(self, cell):
        with pytest.raises(Invalid):
            cells.day(cell)

    @given(st.dates(date(1000, 1, 1)))
    def test_every_date_reads_back(self, day):
        assert cells.day(day.isoformat()) == day


class TestFen:
    @pytest.mark.parametrize(
        ("cell", "fen"),
        [
            ("1080", 108000),
            ("1,080.00", 108000),
            ("¥1080.5", 108050),
            ("0.01", 1),
            ("１０８０元", 108000),
            ("1080.500", 108050),
        ],
    )
    def test_what_people_write(self, cell, fen):
        assert cells.fen(cell) == fen

    @pytest.mark.parametrize("cell", ["", "-5", "1.005", "1e3", "一千", "1080美元", "NaN", "9" * 20])
    def test_what_is_no_sum(self, cell):
        with pytest.raises(Invalid):
            cells.fen(cell)
