"""One row of a list of results (成绩表) as a person typed it, made into a judgement of one part or into reasons why not. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from programmes.parts import CertifiedPart, CoursesPart, Part, RatedPart
from programmes.schema import Programme
from services.errors import BadSpreadsheet, Invalid
from services.id_numbers import IdNumber
from services.marks import grading, judgements
from services.marks.judgements import Judgement
from services.rosters import rows as roster_rows
from services.rosters.rows import RowError, shown
from services.tables import cells
from services.tables import header as table_header
from services.tables.header import Header
from services.tables.spreadsheets import Row, Table

COLUMNS = {
    **{name: roster_rows.COLUMNS[name] for name in ("name", "id_number", "school_code", "school_name")},
    "part": ("考核项", "考核项目", "考核内容"),
    # Not 序号: in most lists it numbers the rows, and the same teacher's result would come as another item from another list.
    "item": ("编号", "微能力点", "场次", "期次"),
    "dimension": ("维度", "所属维度", "微能力维度"),
    "grade": ("等级", "作业等级", "评定等级", "批阅等级"),
    "passed": ("是否合格", "考核结果", "认证结果", "合格情况", "结果"),
    "mark": ("成绩", "分数", "得分", "考核成绩"),
    "hours": ("学时", "参加学时", "出勤学时", "线下学时"),
    "count": ("次数", "参与次数", "数量"),
    "date": ("日期", "考核日期", "提交日期", "参加日期", "时间"),
    "comment": ("备注", "评语", "说明", "意见"),
}
VALUES = ("grade", "passed", "mark", "hours", "count")

_YES = frozenset(("合格", "通过", "认证通过", "达标", "是", "√", "✓", "✔"))
_NO = frozenset(("不合格", "未通过", "不通过", "未达标", "否", "×", "✗", "✘"))
_DECIMAL = re.compile(r"\d{1,6}(?:\.\d{1,6})?")


@dataclass(frozen=True)
class Entry:
    """`item` as in the table of achievements. day None: the row says nothing. `unused`: value columns that this part has no use for."""

    row: int
    id_number: IdNumber | None = field(repr=False)
    name: str
    school_code: str
    school_name: str
    part: Part
    item: str
    judgement: Judgement
    day: date | None
    comment: str
    unused: tuple[str, ...]


class Parts:
    """The parts of a programme that results may be entered for, by key or title."""

    def __init__(self, programme: Programme, default: str) -> None:
        """`default`: the key or title for rows that name none. Raises Invalid."""
        self.known = [part for part in programme.parts if not isinstance(part, CoursesPart | RatedPart)]
        self._by_word = {_word(word): part for part in self.known for word in (part.title, part.key)}
        self.default = self.find(default) if default else None

    def find(self, word: str) -> Part:
        part = self._by_word.get(_word(word))
        if part is None:
            raise Invalid(f"没有考核项“{shown(word)}”，可以是：{'、'.join(part.title for part in self.known)}")
        return part


def header_of(table: Table, parts: Parts) -> Header:
    """Raises BadSpreadsheet."""
    try:
        header = table_header.find(table, COLUMNS, ("id_number",))
    except BadSpreadsheet:
        header = table_header.find(table, COLUMNS, ("name",))
    if parts.default is None and "part" not in header.columns:
        raise BadSpreadsheet("表格里没有“考核项”列，请加上这一列，或导入时指明是哪一项。")
    if not set(VALUES) & header.columns.keys():
        raise BadSpreadsheet("表格里没有“成绩”“等级”“是否合格”“学时”或“次数”列。")
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    return header


def parse(header: Header, row: Row, parts: Parts, today: date) -> Entry | list[RowError]:
    """The result in `row`, or everything that is wrong with it."""
    reading = _Reading(header, row)
    part = reading.get("part", lambda cell: parts.find(cell) if cell else _default(parts))
    id_number = reading.get("id_number", lambda cell: _id_number(cell, today))
    day = reading.get("date", lambda cell: cells.day(cell) if cell else None)
    comment = reading.get("comment", judgements.comment)
    if part is None:
        return reading.errors
    primary = reading.primary(part)
    values = {primary: reading.get(primary, _READERS[primary], fallback="mark")}
    if primary == "passed" and "count" in header.columns and _takes(part, "count"):
        values["count"] = reading.get("count", _count)
    judgement = Judgement(**values, dimension=header.cell(row, "dimension") if isinstance(part, CertifiedPart) else "")
    item = reading.get("item", lambda cell: grading.item_of(part, cell))
    if not reading.errors:
        reading.get(primary, lambda _cell: judgements.columns(part, judgement))
    used = {*values, "mark"} if not header.cell(row, primary) else set(values)
    return reading.errors or Entry(
        row=row.number,
        id_number=id_number,
        name=header.cell(row, "name"),
        school_code=unicodedata.normalize("NFKC", header.cell(row, "school_code")),
        school_name=header.cell(row, "school_name"),
        part=part,
        item=item,
        judgement=judgement,
        day=day,
        comment=comment,
        unused=tuple(name for name in VALUES if name not in used and header.cell(row, name)),
    )


class _Reading:
    """Reads the cells of one row and notes what is wrong, under the column's own title."""

    def __init__(self, header: Header, row: Row) -> None:
        self.header, self.row = header, row
        self.errors: list[RowError] = []

    def get(self, column: str, read: Callable[[str], Any], fallback: str = "") -> Any:
        """What `read` makes of the cell; None, and an error noted, where it raises Invalid. `fallback`: instead of an empty cell."""
        cell = self.header.cell(self.row, column)
        if not cell and fallback and self.header.cell(self.row, fallback):
            column, cell = fallback, self.header.cell(self.row, fallback)
        try:
            return read(cell)
        except Invalid as wrong:
            title = self.header.titles.get(column) or COLUMNS[column][0]
            self.errors.append(RowError(self.row.number, title, wrong.detail))
            return None

    def primary(self, part: Part) -> str:
        """The column that this kind of part is judged by; how often, where only that is given."""
        name = judgements.allowed(part)[0]
        if name == "passed" and _takes(part, "count") and self.header.cell(self.row, "count"):
            return name if self.header.cell(self.row, "passed") else "count"
        return name


def _takes(part: Part, name: str) -> bool:
    return name in judgements.allowed(part)


def _default(parts: Parts) -> Part:
    if parts.default is None:
        raise Invalid("请填写考核项")
    return parts.default


def _id_number(cell: str, today: date) -> IdNumber | None:
    return roster_rows.read_id_number(cell, today) if cell else None


def _grade(cell: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell))


def _passed(cell: str) -> bool | None:
    word = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell))
    if word and word not in _YES | _NO:
        raise Invalid(f"“{shown(cell)}”不能识别，应为合格或不合格")
    return word in _YES if word else None


def _number(cell: str, what: str, unit: str) -> float | None:
    text = unicodedata.normalize("NFKC", cell).strip().removesuffix(unit).strip()
    if text and not _DECIMAL.fullmatch(text):
        raise Invalid(f"{what}“{shown(cell)}”不能识别，应为数字")
    return float(text) if text else None


def _count(cell: str) -> int | None:
    number = _number(cell, "次数", "次")
    if number is not None and number != int(number):
        raise Invalid(f"次数“{shown(cell)}”应为整数")
    return None if number is None else int(number)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "grade": _grade,
    "passed": _passed,
    "mark": lambda cell: _number(cell, "成绩", "分"),
    "hours": lambda cell: _number(cell, "学时", "学时"),
    "count": _count,
}


def _word(text: str) -> str:
    """A part's name without blanks and quotation marks."""
    return re.sub(r"[\s\"'“”‘’《》「」]+", "", unicodedata.normalize("NFKC", text)).casefold()
