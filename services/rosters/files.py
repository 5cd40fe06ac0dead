"""Workbooks about a roster, for the person who brought it: the wrong rows with their reasons, and first passwords. They hold numbers in
clear, so they are only ever sealed uploads (services.uploads)."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from services.rosters.intake import Credential
from services.rosters.rows import COLUMNS, REQUIRED, RowError
from services.tables import header as table_header
from services.tables.spreadsheets import Table, safe_cell

#: The column that tells what is wrong; a roster that comes back with it is read as if it were not there.
REASON = "错误原因（改好后可留着）"


def wrong_rows(table: Table, errors: Sequence[RowError]) -> bytes:
    """The header and the rows with errors, as they were given, each with its reasons before it."""
    reasons: dict[int, list[str]] = {}
    for error in errors:
        reasons.setdefault(error.row, []).append(f"{error.column}：{error.reason}")
    first = table_header.find(table, COLUMNS, REQUIRED).rows[0].number
    above = [row for row in table.rows if row.number < first]
    lines = [[REASON if at == len(above) - 1 else "", *row.cells] for at, row in enumerate(above)]
    lines += [["；".join(reasons[row.number]), *row.cells] for row in table.rows if row.number in reasons]
    return workbook(lines)


def credentials(made: Sequence[Credential]) -> bytes:
    rows = [[str(one.row), one.name, one.id_number_masked, one.password] for one in made]
    return workbook([["行号", "姓名", "身份证号", "初始密码"], *rows])


def workbook(rows: Iterable[Sequence[str]]) -> bytes:
    """An .xlsx in which every cell is text."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet, text = book.add_worksheet("名单"), book.add_format({"num_format": "@"})
        sheet.set_column(0, 0, 40, text)
        sheet.set_column(1, 12, 20, text)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, safe_cell(cell), text)
    return written.getvalue()
