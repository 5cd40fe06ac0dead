"""Spreadsheets for tests, as people and their programs make them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from tests import factories

HEADER = ("姓名", "身份证号", "手机号", "学校", "学段", "学科")


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    path.write_bytes(csv_bytes(rows, encoding, delimiter))
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "名单") -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as workbook:
        page = workbook.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return path


def teacher(serial: int, **changes: str) -> list[str]:
    """A row under HEADER; the same serial is the same person. `changes` by column: name, id_number, mobile, school, …"""
    who = factories.person(serial)
    row = {"name": who.name, "id_number": who.id_number, "mobile": who.mobile, "school": "示范第一小学"}
    row |= {"stage": "小学", "subject": "语文"} | changes
    return list(row.values())


def roster(path: Path, *rows: list[str], header: Sequence[str] = HEADER) -> Path:
    return write_csv(path, [header, *rows])
