"""Writes a form's file, .xlsx or .csv: line by line in flat memory, the same bytes for the same lines, whole or not at all.

With a password an .xlsx is encrypted as Excel does it (ECMA-376 agile encryption: AES-256, SHA-512 100,000 times), and opened again before
it is handed over; its salts are random, so only what is inside is the same each time. All files are readable by their owner alone.
"""

import csv
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import msoffcrypto
import xlsxwriter
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError
from xlsxwriter.exceptions import XlsxWriterException

from services.errors import Invalid
from services.tables.spreadsheets import safe_cell

SUFFIXES = (".xlsx", ".csv")
#: In a file the moment that it was made would differ each time.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # the format has no time zones
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 8, 200
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


class PasswordNeeded(Invalid):
    """这张表含有证件号码或电话，只能写入有密码的 .xlsx 文件，请给出密码。"""

    code = "password_needed"


class FileNotWritten(Invalid):
    """文件不能写入。"""

    code = "file_not_written"


def require_writable(out: Path, *, numbers: bool, password: str) -> None:
    """Whether a form, with personal `numbers` in clear or not, may be written there. Raises PasswordNeeded, Invalid (out, password)."""
    if out.suffix.lower() not in SUFFIXES:
        raise Invalid.field("out", "文件名应以 .xlsx 或 .csv 结尾")
    if out.suffix.lower() == ".csv" and (numbers or password):
        raise Invalid.field("out", "CSV 文件不能加密，含有证件号码或电话的表请写入 .xlsx 文件")
    if numbers and not password:
        raise PasswordNeeded
    if password and not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise Invalid.field("password", f"密码应为 {_SHORTEST_PASSWORD} 至 {_LONGEST_PASSWORD} 个字符")


class Draft:
    """A file in the making: `write` each line, `finish`, then `publish` puts it in its place. Left as a context manager it is gone
    unless it was published. Raises FileNotWritten."""

    def __init__(self, out: Path, title: str, header: Sequence[str], password: str = "") -> None:
        self._out, self._password = out, password
        self._header, self._title = header, title
        self._stack = ExitStack()
        self._rows = 0
        self._write: Callable[[Sequence[str]], Any]
        self._close: Callable[[], None]

    def __enter__(self) -> "Draft":
        try:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="xueshi-")))
            handle, name = tempfile.mkstemp(dir=self._out.parent, prefix=f".{self._out.stem[:50]}.", suffix=".part")
            os.close(handle)
            self._part = Path(name)
            self._stack.callback(self._part.unlink, missing_ok=True)
            if self._out.suffix.lower() == ".csv":
                self._open_csv()
            else:
                self._open_xlsx()
        except OSError as error:
            self._stack.close()
            raise FileNotWritten(f"文件不能写入：{error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, values: Sequence[str]) -> None:
        try:
            self._write([safe_cell(value) for value in values])
        except OSError as error:
            raise FileNotWritten(f"文件不能写入：{error.strerror}") from None

    def finish(self) -> None:
        """The file is whole, and lies beside its place."""
        try:
            self._close()
            if self._password:
                _encrypt(self._plain, self._part, self._password)
        except OSError as error:
            raise FileNotWritten(f"文件不能写入：{error.strerror}") from None

    def publish(self) -> None:
        """In its place, instead of what was there."""
        try:
            self._part.replace(self._out)
        except OSError as error:
            raise FileNotWritten(f"文件不能写入：{error.strerror}") from None

    def _open_csv(self) -> None:
        file = self._stack.enter_context(self._part.open("w", encoding="utf-8-sig", newline=""))
        self._write, self._close = csv.writer(file).writerow, file.close
        self.write(self._header)

    def _open_xlsx(self) -> None:
        """What is to be encrypted lies in clear for a while in a folder of its own, which nobody else can read."""
        self._plain = self._folder / "plain.xlsx" if self._password else self._part
        plainly = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        book: Any = xlsxwriter.Workbook(
            str(self._plain), {"constant_memory": True, "tmpdir": str(self._folder), **plainly}
        )
        book.set_properties({"title": self._title, "created": _CREATED})
        sheet = book.add_worksheet(_NO_SHEET_NAME.sub(" ", self._title)[:31].strip("' ") or None)
        sheet.freeze_panes(1, 0)
        as_text = book.add_format({"num_format": "@"})
        for at, title in enumerate(self._header):
            sheet.set_column(at, at, max(12, 2 * len(title) + 2), as_text)
        put = sheet.write_string

        def write(values: Sequence[str]) -> None:
            for at, value in enumerate(values):
                put(self._rows, at, value)
            self._rows += 1

        def close() -> None:
            """Also of a draft that is given up, whose open files would otherwise stay."""
            if not book.fileclosed:
                try:
                    book.close()
                except XlsxWriterException as error:
                    raise OSError(0, str(error)) from error

        self._stack.callback(close)
        self._write, self._close = write, close
        self.write(self._header)


def _encrypt(plain: Path, into: Path, password: str) -> None:
    """Encrypts, and opens again what was written."""
    with plain.open("rb") as file, into.open("wb") as encrypted:
        msoffcrypto.OfficeFile(file).encrypt(password, encrypted)
    found = _Hashed()
    try:
        with into.open("rb") as file:
            office = msoffcrypto.OfficeFile(file)
            office.load_key(password=password, verify_password=True)
            office.decrypt(found, verify_integrity=True)
    except (DecryptionError, InvalidKeyError) as error:
        raise OSError(0, "加密后的文件不能用密码打开") from error
    with plain.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != found.sha256.digest():
            raise OSError(0, "加密后的文件内容不同")


class _Hashed:
    """A file that only remembers what was written to it by its SHA-256."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return len(data)
