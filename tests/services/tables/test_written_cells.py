"""Whatever people typed, no file that we write has a cell that a spreadsheet takes for a formula."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.registers.files import Draft
from services.rosters import files as roster_files
from services.tables import csv_files, spreadsheets
from services.watching import sheets

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Without what XML and CSV cannot hold.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t"), max_size=12)
CELL = st.one_of(
    TEXT, st.builds(lambda start, rest: start + rest, st.sampled_from([*FORMULA, "=cmd|' /C calc'!A0"]), TEXT)
)
FEW = examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def of_xlsx(content: bytes) -> list[str]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [str(cell) for row in sheet.to_python() for cell in row]


def of_csv(content: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]


def live(cells: list[str]) -> list[str]:
    return [cell for cell in cells if cell.startswith(FORMULA)]


@given(cell=CELL)
@FEW
def test_of_all_that_write_a_table(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "written.csv"
    path.unlink(missing_ok=True)
    spreadsheets.write_csv(path, ["列"], [[cell]])
    assert not live(of_csv(path.read_bytes()))
    assert not live(of_csv(csv_files.written(["列"], [[cell]])))
    assert not live(of_xlsx(sheets.workbook(cell, ["列"], [[cell]], [cell])))
    assert not live(of_xlsx(roster_files.workbook([["列"], [cell]])))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("start", FORMULA)
def test_of_registers(tmp_path: Path, suffix: str, start: str) -> None:
    out = tmp_path / f"register{suffix}"
    with Draft(out, "登记表", ["列"]) as draft:
        draft.write([f"{start}1+1"])
        draft.finish()
        draft.publish()
    cells = of_csv(out.read_bytes()) if suffix == ".csv" else of_xlsx(out.read_bytes())
    assert len(cells) == 2
    assert not live(cells)
