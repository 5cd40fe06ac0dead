"""Looks into an .xlsx before anything unpacks it, and has it read in a process of its own (services.tables.xlsx_reader)."""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.errors import BadSpreadsheet

READER = Path(__file__).with_name("xlsx_reader.py")
#: An honest roster of 200,000 rows unpacks to about 75 MB, ten times its size.
MAX_UNPACKED = 400 << 20
MAX_RATIO = 100
#: Below this a high ratio is harmless: a sheet of nothing but borders.
RATIO_MATTERS = 16 << 20
MAX_ENTRIES = 2000
MAX_SECONDS = 90

_DAMAGED = "文件已损坏，请用 Excel 打开后另存为 .xlsx 再重试。"
_TOO_LARGE = "表格太大或内容异常，请只保留名单所在的工作表，另存为 .xlsx 后重试。"


def read(
    data: bytes, max_rows: int, max_columns: int, max_cell: int
) -> tuple[Iterator[tuple[int, list[str]]], list[str]]:
    """Rows with the numbers that Excel shows, and notes in Chinese. Raises BadSpreadsheet."""
    _inspect(data)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        given.write(data)  # a file without a name: nothing is left of it, whatever happens
        given.seek(0)
        limits = [str(limit) for limit in (max_rows, max_columns, max_cell)]
        try:
            done = subprocess.run(  # -I: nothing of the environment or the working directory gets into the reader
                [sys.executable, "-I", str(READER), "/dev/stdin", *limits],
                stdin=given,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=MAX_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BadSpreadsheet(_TOO_LARGE) from None
        output.seek(0)
        values = [json.loads(line) for line in output] if done.returncode in (0, 3) else []
    if done.returncode < 0:  # killed by its limits
        raise BadSpreadsheet(_TOO_LARGE)
    if done.returncode == 3:
        raise BadSpreadsheet(_sentence(values[-1], max_rows, max_columns, max_cell))
    if not values:
        raise BadSpreadsheet(_DAMAGED)
    others = "、".join(values[0]["others"])
    notes = [f"只读取了工作表“{values[0]['sheet']}”，没有读取：{others}。"] if others else []
    return ((number, cells) for number, cells in values[1:]), notes


def _inspect(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError):
        raise BadSpreadsheet(_DAMAGED) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED:
        raise BadSpreadsheet(_TOO_LARGE)
    if unpacked > RATIO_MATTERS and unpacked / packed > MAX_RATIO:
        raise BadSpreadsheet(_TOO_LARGE)
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadSpreadsheet("文件设有密码，请取消密码后重试。")
    names = {entry.filename for entry in entries}
    if "xl/workbook.bin" in names:
        raise BadSpreadsheet("这是 .xlsb 文件，请用 Excel 另存为 .xlsx 后重试。")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise BadSpreadsheet("这不是 Excel 表格，请上传 .xlsx 或 .csv 文件。")


def _sentence(failure: dict[str, Any], max_rows: int, max_columns: int, max_cell: int) -> str:
    return {
        "empty": "表格里没有内容。",
        "encrypted": "文件设有密码，请取消密码后重试。",
        "too_many_rows": f"表格超过 {max_rows} 行，请分成几个文件。",
        "too_wide": f"表格超过 {max_columns} 列，请只保留需要的列。",
        "huge_cell": f"第 {failure['row']} 行有超过 {max_cell} 个字的单元格。",
        "too_large": _TOO_LARGE,
    }.get(failure["error"], _DAMAGED)
