"""The bank's list: all of it, or none."""

from datetime import UTC, datetime

import pytest

from models import Remittance
from services.errors import BadSpreadsheet, NotFound
from services.fees import bank_list as remittance_import
from services.fees import bills
from services.tables.spreadsheets import Row, Table
from tests.services.paying import SLUG, VAULT, paying

NOW = datetime(2022, 10, 1, 1, tzinfo=UTC)
HEADER = ["交易流水号", "对方户名", "附言", "贷方金额", "交易日期"]


def table(*rows: list[str]) -> Table:
    return Table([Row(number, list(cells)) for number, cells in enumerate([HEADER, *rows], 1)])


def line(
    reference: str = "R1", payer: str = "长葛市第一小学", amount: str = "540.00", day: str = "2022-09-30"
) -> list[str]:
    return [reference, payer, "培训费", amount, day]


@pytest.fixture
def billed(session):
    at = paying(session)
    return bills.issue(session, VAULT, SLUG, at.school.id, handler="甲", contact="1", invoice={}, now=NOW)


def test_rows_are_recorded_and_matched(session, billed):
    done = remittance_import.take_in(session, SLUG, table(line(), line("R2", "不知名单位")), NOW)
    assert (done.new, done.matched, done.known, done.errors) == (2, 1, 0, [])


def test_the_same_file_again_adds_nothing(session, billed):
    for _ in range(2):
        done = remittance_import.take_in(session, SLUG, table(line(), line("R2")), NOW)
    assert (done.new, done.known, session.query(Remittance).count()) == (0, 2, 2)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (line(amount="五百"), "贷方金额", "金额“五百”不能识别"),
        (line(day="2022-02-30"), "交易日期", "日期“2022-02-30”不能识别"),
        (line(day="2031-01-01"), "交易日期", "不能在将来"),
        (line(reference=""), "交易流水号", "银行流水号应为"),
        (line(amount="0"), "贷方金额", "金额应大于 0"),
        (line(payer=""), "对方户名", "付款人应为"),
        (line(reference="2.02209301234567E+17"), "交易流水号", "Excel"),
        (line(amount="410381199001011234"), "贷方金额", "金额“410381************”不能识别"),
    ],
)
def test_a_wrong_row_is_named(session, billed, row, column, says):
    [error] = remittance_import.take_in(session, SLUG, table(line(), row), NOW).errors
    assert (error.row, error.column) == (3, column)
    assert says in error.reason


def test_a_programme_that_is_none_is_not_found(session):
    with pytest.raises(NotFound):
        remittance_import.take_in(session, "xuchang-2022-fase2", table(line()), NOW)


def test_one_number_twice_with_different_sums_is_an_error(session, billed):
    [error] = remittance_import.take_in(session, SLUG, table(line(), line(amount="1")), NOW).errors
    assert "已经登记过" in error.reason


def test_a_table_without_the_columns_is_refused(session):
    with pytest.raises(BadSpreadsheet, match="银行流水号"):
        remittance_import.take_in(session, SLUG, Table([Row(1, ["姓名", "金额"])]), NOW)
