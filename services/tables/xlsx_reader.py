"""A program, not a module: reads one .xlsx in a process of its own, so that a hostile file can hurt only that process.

    python -I xlsx_reader.py FILE MAX_ROWS MAX_COLUMNS MAX_CELL

Standard output is JSON, one value a line: first {"sheet": name, "others": [names of sheets with content]}, then [row number,
[cells as text]] for each row that is not empty; row numbers are those that Excel shows. When something is wrong the last line is
{"error": code, "row": n}. Started by services.tables.spreadsheets only; imports nothing of ours.
"""

import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any, NoReturn

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 60
OUTPUT_BYTES = 256 << 20
#: Excel keeps 15 digits of a number; what stands behind them is lost.
EXACT = 10**15


def limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def text(cell: Any) -> str:
    """A cell as Excel would show it, but for a number too long to be exact: that keeps its exponent, as a warning."""
    match cell:
        case bool():
            shown = str(cell).upper()
        case int() | float() if abs(cell) >= EXACT:
            shown = f"{cell:.14E}"
        case int() | float():
            shown = str(int(cell)) if cell == int(cell) else repr(cell)
        case datetime() if cell.time() == time():
            shown = cell.date().isoformat()
        case datetime() | date() | time():
            shown = cell.isoformat()
        case _:
            shown = str(cell)
    return shown


def say(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")


def fail(code: str, row: int = 0) -> NoReturn:
    say({"error": code, "row": row})
    sys.stdout.flush()
    sys.exit(3)


def first_sheet(workbook: Any) -> tuple[Any, list[str]]:
    """The first visible sheet with content, and the names of the other ones."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415

    first, others = None, []
    for listed in workbook.sheets_metadata:
        if listed.visible != SheetVisibleEnum.Visible or listed.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(listed.name)
        if sheet.height and first is None:
            first = sheet
        elif sheet.height:
            others.append(listed.name)
    return first, others


def main(path: str, max_rows: int, max_columns: int, max_cell: int) -> None:
    limit()
    from python_calamine import CalamineError, PasswordError, load_workbook  # noqa: PLC0415  # under the limits

    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a file, not a path: calamine would go by the name's ending
            sheet, others = first_sheet(load_workbook(file))
        if sheet is None:
            fail("empty")
        last_row, last_column = sheet.end  # from 0; total_height and total_width are one too small
        if last_row >= max_rows:
            fail("too_many_rows")
        if last_column >= max_columns:
            fail("too_wide")
        say({"sheet": sheet.name, "others": others})
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
            row = [text(cell) for cell in cells]
            if any(len(cell) > max_cell for cell in row):
                fail("huge_cell", number)
            if any(row):
                say([number, row])
    except PasswordError:
        fail("encrypted")
    except CalamineError:
        fail("damaged")
    except MemoryError:
        fail("too_large")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
