"""Finds the header of a table that people made: under a title, over one line or two, columns in any order and by many names."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.errors import BadSpreadsheet
from services.tables.spreadsheets import Row, Table

#: A header stands within the first lines, below a title and perhaps some instructions.
LOOK_AT = 20

#: The column names we know by key, the preferred ones first.
Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Header:
    #: Where each column is: key → index from 0.
    columns: Mapping[str, int]
    #: What it is called in this file: key → name.
    titles: Mapping[str, str]
    #: The rows under the header; without the headers that repeat where files were put together.
    rows: Sequence[Row]

    def cell(self, row: Row, key: str) -> str:
        """The text in the column, "" where the file has none."""
        index = self.columns.get(key, -1)
        return row.cells[index] if 0 <= index < len(row.cells) else ""


def find(table: Table, names: Names, required: Collection[str]) -> Header:
    """The header of `table`: the first line that names every required column. Raises BadSpreadsheet."""
    for at, row in enumerate(table.rows[:LOOK_AT]):
        columns = _columns(row.cells, names)
        if all(key in columns for key in required):
            return _header(table, at, columns, names, required)
    wanted = "、".join(f"“{names[key][0]}”" for key in required)
    raise BadSpreadsheet(f"没有找到表头：前 {LOOK_AT} 行中应有一行写明 {wanted} 等列名。")


def _header(table: Table, at: int, columns: dict[str, int], names: Names, required: Collection[str]) -> Header:
    row, below = table.rows[at], table.rows[at + 1 : at + 2]
    titles = {key: row.cells[index] for key, index in columns.items()}
    rest = at + 1
    if below and not any(_cell(below[0], columns[key]) for key in required):
        # Cells merged downwards leave nothing below: this is the header's second line (任教 over 学段 and 学科).
        second = _columns(below[0].cells, names)
        if second:
            columns = second | columns
            titles = {key: below[0].cells[index] for key, index in second.items()} | titles
            rest += 1
    repeated = {key: _word(titles[key]) for key in required}
    rows = [
        row
        for row in table.rows[rest:]
        if any(_word(_cell(row, columns[key])) != word for key, word in repeated.items())
    ]
    return Header(columns, titles, rows)


def _columns(cells: Sequence[str], names: Names) -> dict[str, int]:
    """Which cell is which column; the preferred name wins. Two cells with the same one are an error."""
    found: dict[str, int] = {}
    words = [_word(cell) for cell in cells]
    for key, synonyms in names.items():
        word = next((synonym for synonym in synonyms if synonym in words), None)
        if word is None:
            continue
        if words.count(word) > 1:
            raise BadSpreadsheet(f"有两列都叫“{word}”，请只保留一列。")
        found[key] = words.index(word)
    return found


def _word(cell: str) -> str:
    """A header cell without its decoration: "*身份证号（必填）：" is 身份证号."""
    bare = re.sub(r"[(\[【].*?[)\]】]", "", unicodedata.normalize("NFKC", cell))
    return re.sub(r"[\s*:]+", "", bare)


def _cell(row: Row, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""
