"""Printing needs Pango and a Chinese font; where they are absent, tests that print are skipped, or fail when CI=true."""

import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pypdfium2
import pytest
import zxingcpp
from flask import Flask

from models import Paper
from services.papers import pdf as paper_pdf
from services.papers.pdf import Printer


@cache
def _missing() -> str:
    try:
        paper_pdf.weasyprint_module()
    except paper_pdf.PrintingUnavailable as error:
        return error.detail
    return ""


def require() -> None:
    if _missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_missing())


class InstantPrinter(Printer):
    """Makes no pages: only the numbers that would stand on them."""

    def pdf(self, papers: Sequence[Paper]) -> bytes:
        return " ".join(paper.number for paper in papers).encode()


def with_instant_printer(app: Flask) -> None:
    app.extensions["xueshi"] = replace(app.extensions["xueshi"], printer=InstantPrinter("https://xueshi.example"))


@dataclass
class Page:
    #: Without blanks: readers see some between letters that are spaced.
    text: str
    #: What the QR codes on the page say.
    codes: list[str]
    #: Millimetres from the left, bottom, right and top edge to the nearest character.
    margins: tuple[float, float, float, float]


def read(pdf: bytes) -> list[Page]:
    """What a reader finds in the file."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_page(page) for page in document]
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage) -> Page:
    text = page.get_textpage()
    boxes = [text.get_charbox(number) for number in range(text.count_chars())]
    boxes = [box for box in boxes if box[2] > box[0]]
    width, height = page.get_size()
    nearest = (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        width - max(box[2] for box in boxes),
        height - max(box[3] for box in boxes),
    )
    picture = page.render(scale=2).to_pil()
    codes = [found.text for found in zxingcpp.read_barcodes(picture)]
    return Page("".join(text.get_text_range().split()), codes, tuple(edge * 25.4 / 72 for edge in nearest))


def unzip(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}
