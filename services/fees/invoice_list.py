"""The list of invoices (发票清单) as a file, without formulas, and without a person's number where somebody gave one for the school's."""

from collections.abc import Iterable

from services import id_numbers
from services.errors import Invalid
from services.fees.bills import yuan
from services.fees.reconciling import Invoice
from services.tables import cells as table_cells
from services.tables import csv_files

HEADER = ("学校", "发票抬头", "纳税人识别号", "人数", "金额（元）")


def cells(one: Invoice) -> tuple[str, ...]:
    """A row under HEADER."""
    title = table_cells.masked(one.title)
    return one.school, title, _tax_number(one.tax_number), str(one.headcount), yuan(one.amount_fen).replace(",", "")


def as_csv(rows: Iterable[Invoice]) -> bytes:
    return csv_files.written(HEADER, map(cells, rows))


def _tax_number(text: str) -> str:
    """A unit's number has as many characters as a person's, so only what is one is masked."""
    try:
        number = id_numbers.parse(text).number
    except Invalid:
        return text
    return id_numbers.mask(number) if len(number) == 18 else text
