"""Rows from a file that a person made: CSV in whatever encoding Excel chose, or .xlsx. What the file is, its bytes say.

Every file is taken for hostile. Its size is checked before it is read, what an .xlsx unpacks to before it is unpacked, and an
.xlsx is parsed in a process of its own with limits on memory and time (services.tables.xlsx_reader). All errors are BadSpreadsheet.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from services.errors import BadSpreadsheet
from services.tables import xlsx

MAX_BYTES = 32 << 20
MAX_ROWS = 200_000
MAX_COLUMNS = 200
#: Characters in one cell; nothing that we import is longer.
MAX_CELL = 1000

#: How Excel writes a number of more than 11 digits that was not typed as text: its last digits may be lost.
EXPONENT = re.compile(r"[+-]?\d(\.\d+)?E\+?\d+", re.IGNORECASE)

_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
_FORCED_TEXT = re.compile(r'="(.*)"')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DELIMITERS = (",", "\t", ";")

_NOT_A_TABLE = "这不是表格文件，请上传 .xlsx 或 .csv 文件。"
_MAGIC = {
    b"\x89PNG": _NOT_A_TABLE,
    b"\xff\xd8\xff": _NOT_A_TABLE,
    b"GIF8": _NOT_A_TABLE,
    b"%PDF": "这是 PDF 文件，请上传 .xlsx 或 .csv 文件。",
    b"Rar!": "这是压缩文件，请解压后上传其中的表格。",
    b"7z\xbc\xaf": "这是压缩文件，请解压后上传其中的表格。",
    b"\x1f\x8b": "这是压缩文件，请解压后上传其中的表格。",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Row(NamedTuple):
    #: As the person sees it in Excel, the first one is 1.
    number: int
    #: Trimmed text; as many as the row has, so rows may differ in length.
    cells: list[str]


@dataclass
class Table:
    """The rows that are not empty, in order, and what the person should know about how they were read (Chinese)."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def read(source: Path | bytes, max_rows: int = MAX_ROWS) -> Table:
    """The table in the file there, or of these bytes. Raises BadSpreadsheet with a sentence for the person who made the file; OSError
    when it cannot be opened."""
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > MAX_BYTES:
        raise BadSpreadsheet(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件。")
    data = source.read_bytes() if isinstance(source, Path) else source
    if not data.strip():
        raise BadSpreadsheet("文件是空的。")
    _refuse_others(data)
    if data.startswith(b"PK"):
        rows, notes = xlsx.read(data, max_rows, MAX_COLUMNS, MAX_CELL)
    else:
        rows, notes = _csv_rows(_decode(data), max_rows), []
    tidied = ((number, [clean(cell) for cell in cells]) for number, cells in rows)
    table = Table([Row(number, cells) for number, cells in tidied if any(cells)], notes)
    if not table.rows:
        raise BadSpreadsheet("表格里没有内容。")
    return table


def clean(cell: str) -> str:
    """Without the spaces, line breaks, invisible and control characters that come with copying, and without the ="…" and the '
    that people put before a number to have it stay text."""
    cell = " ".join(_CONTROL.sub("", _INVISIBLE.sub("", cell)).split())
    forced = _FORCED_TEXT.fullmatch(cell)
    return forced.group(1).strip() if forced else cell.removeprefix("'").lstrip()


def safe_cell(text: str) -> str:
    """A cell for a file that we write: one that a spreadsheet would take for a formula is turned into text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A CSV that Excel opens with its Chinese intact (UTF-8 with a mark) and without a formula coming alive; its owner's alone."""
    path.touch(0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)


def _refuse_others(data: bytes) -> None:
    for magic, sentence in _MAGIC.items():
        if data.startswith(magic):
            raise BadSpreadsheet(sentence)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise BadSpreadsheet("文件设有打开密码，请取消密码后重试。")
        raise BadSpreadsheet("这是旧版的 .xls 文件，请用 Excel 另存为 .xlsx 后重试。")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise BadSpreadsheet("这是网页格式的文件，请用 Excel 打开后另存为 .xlsx 再重试。")


def _decode(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        # What was decoded the wrong way has none of the characters that make a table.
        if not _CONTROL.search(text) and (encoding.startswith("utf-8") or any(mark in text for mark in ",;\t\r\n")):
            return text
    raise BadSpreadsheet(_NOT_A_TABLE)


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if b"\0" in data:  # UTF-16 without a mark: the high byte of commas, digits and line ends is zero
        return ("utf-16-le",) if data[1::2].count(0) > data[0::2].count(0) else ("utf-16-be",)
    return ("utf-8", "gb18030")  # text in GB 18030 is hardly ever valid UTF-8, the other way round it often is


def _csv_rows(text: str, max_rows: int) -> Iterator[tuple[int, list[str]]]:
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    delimiter = _delimiter(text)
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            if number > max_rows:
                raise BadSpreadsheet(f"表格超过 {max_rows} 行，请分成几个文件。")
            if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
                raise BadSpreadsheet(f"第 {number} 行超过 {MAX_COLUMNS} 列。")
            if any(len(cell) > MAX_CELL for cell in cells):
                raise BadSpreadsheet(f"第 {number} 行有超过 {MAX_CELL} 个字的单元格，也可能是引号没有成对。")
            yield number, cells[:MAX_COLUMNS]
    except csv.Error:
        raise BadSpreadsheet(f"第 {number + 1} 行不能识别，可能是引号没有成对。") from None


def _delimiter(text: str) -> str:
    """The one that makes the most cells of the first lines."""
    head = text[:20_000].splitlines()[:20]

    def cells(delimiter: str) -> int:
        try:
            return sum(len(row) for row in csv.reader(head, delimiter=delimiter))
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=cells)
