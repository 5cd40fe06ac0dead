"""Files that only pretend to be spreadsheets, or mean harm: each gets a sentence, and nothing happens."""

import io
import struct
import sys
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.errors import BadSpreadsheet
from services.tables import spreadsheets, xlsx
from services.tables.spreadsheets import read
from tests.sheets import write_csv, write_xlsx

PEOPLE = [["姓名", "学校"], ["林知远", "示范第一小学"], ["周若溪", "示范第二小学"]]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
SLOW_FILES = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)


def sentence_of(path) -> str:
    try:
        read(path)
    except BadSpreadsheet as error:
        return error.detail
    return "可以读取。"


def zipped(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def bomb() -> bytes:
    return zipped(**{"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (64 << 20)})


def lying_bomb() -> bytes:
    """Says in its directory that it unpacks to a hundred bytes."""
    data = bytearray(bomb())
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 100)
    return bytes(data)


def locked() -> bytes:
    data = bytearray(zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}))
    directory = data.find(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


class TestHostileFiles:
    def test_control_characters_do_not_reach_a_terminal_or_a_database(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [["\x1b[31m红\x00", "\x07甲"]])
        assert read(path).rows[0].cells == ["[31m红", "甲"]

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "空"),
            (b"\xef\xbb\xbf", "没有内容"),
            (b" \r\n\r\n", "空"),
            (b",,,\n,,,\n", "没有内容"),
            (PNG, "不是表格"),
            (b"%PDF-1.7 ...", "PDF"),
            (b"Rar!\x1a\x07", "压缩"),
            (OLE, r"\.xls"),
            (OLE + "EncryptedPackage".encode("utf-16-le"), "密码"),
            (b"<html><table><tr><td>1", "网页"),
            (b'<?xml version="1.0"?><Workbook/>', "网页"),
            ("姓名,学校\n林知远\0,一小\n".encode(), "不是表格"),
            (b"\x7fELF\x02\x01\x01" + bytes(range(256)), "不是表格"),
            (b"PK\x03\x04", "损坏"),
            (b"PK\x05\x06" + b"\0" * 18, "不是 Excel"),
            (zipped(readme_dot_txt=b"hello"), "不是 Excel"),
            (zipped(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "不是 Excel"),
            (zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}), "xlsb"),
            (zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x"}), "损坏|没有内容"),
            (locked(), "密码"),
            (bomb(), "太大"),
            (lying_bomb(), "太大|损坏|没有内容"),
        ],
    )
    def test_get_a_sentence(self, tmp_path, data, sentence):
        path = tmp_path / "名单.xlsx"
        path.write_bytes(data)
        with pytest.raises(BadSpreadsheet, match=sentence):
            read(path)

    def test_a_file_too_large_is_not_even_read(self, tmp_path):
        path = tmp_path / "a.csv"
        with path.open("wb") as file:
            file.truncate(spreadsheets.MAX_BYTES + 1)
        with pytest.raises(BadSpreadsheet, match="MB"):
            read(path)

    def test_an_archive_of_too_many_files_is_not_unpacked(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(zipped(**{f"xl/{number}": b"" for number in range(xlsx.MAX_ENTRIES + 1)}))
        with pytest.raises(BadSpreadsheet, match="太大"):
            read(path)

    def test_two_cells_at_the_ends_of_a_sheet_are_no_sixteen_billion(self, tmp_path):
        with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
            page = book.add_worksheet()
            page.write(0, 0, "林知远")
            page.write(1048575, 16383, "周若溪")
        with pytest.raises(BadSpreadsheet, match="太大"):
            read(tmp_path / "a.xlsx")

    @pytest.mark.parametrize("write", [write_csv, write_xlsx])
    def test_a_huge_cell_is_named_by_its_row(self, tmp_path, write):
        with pytest.raises(BadSpreadsheet, match=r"第 2 行.*1000"):
            read(write(tmp_path / "a", [["姓名"], ["林" * 30_000]]))

    def test_an_xlsx_is_unpacked_only_in_another_process(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "python_calamine", None)  # to import it here would fail
        assert [row.cells for row in read(write_xlsx(tmp_path / "a.xlsx", PEOPLE)).rows] == PEOPLE

    def test_a_reader_that_does_not_come_back_is_stopped(self, tmp_path, monkeypatch):
        endless = tmp_path / "endless.py"
        endless.write_text("while True: pass")
        monkeypatch.setattr(xlsx, "READER", endless)
        monkeypatch.setattr(xlsx, "MAX_SECONDS", 0.3)
        with pytest.raises(BadSpreadsheet, match="太大"):
            read(write_xlsx(tmp_path / "a.xlsx", PEOPLE))

    @given(at=st.integers(0, 6000), byte=st.integers(0, 255))
    @hypothesis_settings(parent=SLOW_FILES, max_examples=15)
    def test_a_flipped_byte_is_a_sentence_or_harmless(self, tmp_path, at, byte):
        path = write_xlsx(tmp_path / "a.xlsx", PEOPLE)
        data = bytearray(path.read_bytes())
        data[at % len(data)] = byte
        path.write_bytes(data)
        assert sentence_of(path).endswith("。")

    @given(junk=st.binary(max_size=400))
    @SLOW_FILES
    def test_any_bytes_are_rows_or_a_chinese_sentence(self, tmp_path, junk):
        path = tmp_path / "a.csv"
        path.write_bytes(junk)
        assert sentence_of(path).endswith("。")
