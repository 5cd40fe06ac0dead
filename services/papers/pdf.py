"""A paper (证书) as a PDF: one A4 page on its side, made by WeasyPrint from services/templates/paper.html.

WeasyPrint takes two seconds to import and needs Pango and a Chinese font, so it is asked for by the first paper that a process
prints; without them printing is refused and everything else works. It fetches nothing, neither from the network nor from disk: the
QR code and the styles are part of the page.
"""

import gc
import hashlib
import logging
import shutil
import subprocess
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models import Paper
from services.errors import TryAgain, Unavailable
from services.papers import says as paper_says

TEMPLATES = Path(__file__).parent / "templates"
#: How long a caller waits for its turn, s.
PATIENCE_S = 6.0
#: Square millimetres of the body that one square point of type size needs, found by trial.
_ROOM = 46_000


class PrintingUnavailable(Unavailable):
    """证书打印暂时不能使用，请稍后再试，或联系培训中心。证书本身不受影响。"""

    code = "printing_unavailable"


class Printer:
    """`public_url`: where the verification pages are, without a slash at the end; empty: nobody set it, and nothing is printed, for a
    paper with a QR code that leads nowhere stays in the world.

    One page is made at a time in a process: it is all Python, so two would only take twice as long each.
    """

    def __init__(self, public_url: str, patience: float = PATIENCE_S) -> None:
        self._public_url = public_url
        self._patience = patience
        self._turn = threading.BoundedSemaphore(1)

    def address(self, code: str) -> str:
        """Where the paper with this code is verified; what the QR code says."""
        return f"{self._public_url}/verify/{code}"

    def pdf(self, papers: Sequence[Paper]) -> bytes:
        """The papers in one file, a page each. Raises PrintingUnavailable, and TryAgain when others print already."""
        if not papers:
            raise ValueError("no papers to print")
        if not self._public_url:
            raise PrintingUnavailable("平台还没有设置证书查验网址，暂时不能打印证书。", retry_after=3600)
        # All in one document: each has its own copy of the fonts, 70 MB, in cycles that wait for the collector.
        return self.document(lambda: self.html(papers))

    def document(self, html: Callable[[], str]) -> bytes:
        """Any page of ours that needs nothing from elsewhere. Raises as `pdf` does."""
        with self._one_at_a_time():
            weasyprint = weasyprint_module()
            fetcher = weasyprint.urls.URLFetcher(allowed_protocols=())
            made: bytes = weasyprint.HTML(string=html(), url_fetcher=fetcher).write_pdf()
            gc.collect()
            return made

    def html(self, papers: Sequence[Paper]) -> str:
        """The pages before they are set."""
        pages = [self._page(paper) for paper in papers]
        title = f"{pages[0]['says'].title} {pages[0]['number']}" if len(pages) == 1 else "证书"
        page: str = _template().render(pages=pages, title=title)
        return page

    def _page(self, paper: Paper) -> dict[str, Any]:
        says = paper_says.read(paper.says)
        return {
            "says": says,
            "number": paper.number,
            "issued": paper_says.chinese_date(paper_says.day_of(paper.issued_at)),
            "reissued": paper_says.plain_date(paper_says.day_of(says.reissues[-1].at)) if says.reissues else "",
            "whose": "　".join(filter(None, (says.school, says.stage + says.subject))),
            "qr": Markup(_qr(self.address(paper.code))),  # noqa: S704  # drawn by segno from our own address
            "sizes": _sizes(says),
        }

    def tag(self, paper: Paper) -> str:
        """Changes when the printed paper would."""
        return hashlib.sha256(self.html([paper]).encode()).hexdigest()[:32]

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience):
            raise TryAgain("现在打印证书的人很多，请稍后再试。", retry_after=5)
        try:
            yield
        finally:
            self._turn.release()


def _sizes(says: paper_says.Says) -> dict[str, float]:
    """Type sizes in points at which what is said fits its place: names and titles may be as long as their columns."""
    body = _ems(says.body) + _ems(says.name) + _ems(says.closing) + _ems(says.school) + 10
    return {
        "heading": _fitting(says.heading, 46, 470),
        "name": _fitting(says.name, 26, 500),
        "body": round(min(20.0, (_ROOM / body) ** 0.5), 1),
        "issuer": _fitting(says.issuer, 17, 900),
    }


def _fitting(text: str, largest: float, width: float) -> float:
    """The size at which the text takes `width` points, between 9 points and the largest."""
    return round(max(9.0, min(largest, width / max(1.0, _ems(text)))), 1)


def _ems(text: str) -> float:
    """How wide the text is at most: a Chinese character 1, a capital or another wide letter not much less."""
    return sum(_em(character) for character in text)


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WFA" or character in "mwMW@%—":
        return 1.0
    return 0.8 if character.isupper() else 0.6


def _qr(address: str) -> str:
    return segno.make_qr(address, error="m").svg_inline(border=0, dark="#1d1d1d", omitsize=True)


@cache
def _template() -> Any:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined).get_template(
        "paper.html"
    )


def weasyprint_module() -> Any:
    """The module. Raises PrintingUnavailable where it, Pango, or a Chinese font is missing."""
    try:
        import weasyprint  # noqa: PLC0415  # see above
    except (ImportError, OSError) as error:  # OSError: Pango's libraries
        raise PrintingUnavailable(retry_after=3600) from error
    if not _has_chinese_font():
        raise PrintingUnavailable("服务器没有中文字体，暂时不能打印证书。", retry_after=3600)
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)  # they tell of styles and glyphs, in the words of the page
    return weasyprint


@cache
def _has_chinese_font() -> bool:
    """As fontconfig knows; where its program is missing, nobody can say, and we try."""
    program = shutil.which("fc-list")
    if program is None:
        return True
    listed = subprocess.run((program, ":lang=zh-cn", "family"), capture_output=True, check=False, timeout=60)
    return bool(listed.stdout.strip())
