"""CSV that we write, in memory: Excel opens it with its Chinese intact (UTF-8 with a mark), and no formula in it comes alive."""

import csv
import io
from collections.abc import Iterable

from services.tables.spreadsheets import safe_cell


def written(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
