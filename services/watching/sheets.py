"""Tables of figures as .xlsx: numbers as numbers, text that cannot become a formula."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from services.tables.spreadsheets import safe_cell

_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
Cell = str | int | float | None


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], notes: Iterable[str] = ()) -> bytes:
    """One sheet with a frozen header, and below it the notes."""
    out = io.BytesIO()
    book: Any = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet(_NO_SHEET_NAME.sub(" ", title)[:31].strip() or "表")
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    for column, text in enumerate(header):
        sheet.set_column(column, column, 24 if column == 0 else 14)
        sheet.write_string(0, column, text, bold)
    below = 1
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(line, column, safe_cell(value))
            elif value is not None:
                sheet.write_number(line, column, value)
        below = line + 1
    for line, note in enumerate(notes, below + 1):
        sheet.write_string(line, 0, safe_cell(note))
    book.close()
    return out.getvalue()
