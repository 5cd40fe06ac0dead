"""Papers as PDFs, read back as a reader and a telephone would."""

import threading
from datetime import datetime
from typing import Any

import msgspec
import pytest

from models import Paper
from services.errors import TryAgain
from services.papers import pdf as paper_pdf
from services.papers import says as paper_says
from services.papers.pdf import Printer, PrintingUnavailable
from tests import printing
from tests.programmes.notices import local, phase2
from tests.services.awarding import EASY, PAPERS

CODE = "0123456789abcdef0123456789abcdef"
PROGRAMME = phase2(EASY, PAPERS)


def paper(
    kind: str = "completion", name: str = "林知远", code: str = CODE, number: str = "X-000123", **said: Any
) -> Paper:
    rule = PROGRAMME.paper(kind)
    says = paper_says.compose(
        PROGRAMME, rule, name=name, hours=60.0, school="示范第一小学", stage="小学", subject="语文"
    )
    says = msgspec.structs.replace(says, **said)
    return Paper(number=number, code=code, says=says.frozen(), issued_at=local("2022-11-05T11:00"))


@pytest.fixture
def printer() -> Printer:
    printing.require()
    return Printer("https://xueshi.example")


class TestPage:
    def test_it_says_who_did_what_and_its_code_leads_to_the_page_that_says_so_too(self, printer):
        [page] = printing.read(printer.pdf([paper()]))
        for said in (
            "结业证书",
            "林知远",
            "示范第一小学",
            "小学语文",
            "编号：X-000123",
            "许昌市教育局",
            "二〇二二年十一月五日",
        ):
            assert said in page.text
        assert (
            "于2022年7月16日至10月31日参加许昌市“十四五”第二期中小学教师继续教育全员岗位培训，"
            "完成60学时的学习任务，考核合格，准予结业。特发此证。"
        ) in page.text
        assert page.codes == [f"https://xueshi.example/verify/{CODE}"]

    def test_the_longest_names_and_titles_stay_on_the_page_and_inside_its_frame(self, printer):
        longest = paper(
            name="长" * 50,
            number="W" * 40,
            heading="书" * 200,
            title="书" * 200,
            school="校" * 100,
            body=f"参加{'期' * 200}，考核合格。",
            issuer="局" * 200,
            reissues=(paper_says.Reissue(local("2022-12-01T09:00"), "更正姓名"),),
        )
        wide = paper(name="<b>W&" * 10, heading="W" * 200, school="W" * 100, body="W" * 260, issuer="W" * 200)
        [chinese, latin] = printing.read(printer.pdf([longest, wide]))
        for page in (chinese, latin):
            assert min(page.margins) > 13
            assert page.codes == [f"https://xueshi.example/verify/{CODE}"]
        for character, count in (("长", 50), ("书", 200), ("校", 100), ("期", 200), ("局", 200)):
            assert chinese.text.count(character) == count
        assert "2022年12月1日换发" in chinese.text
        assert "<b>W&" * 10 in latin.text

    def test_a_name_is_text_whatever_it_looks_like(self, printer, tmp_path):
        secret = tmp_path / "secret.css"
        secret.write_text("h1::before { content: 'fetched' }")
        name = f"<link rel=stylesheet href=file://{secret}><script>x</script>{{{{ 7*7 }}}}</style>"
        html = printer.html([paper(name=name[:200])])
        assert "&lt;link" in html
        assert "<link" not in html
        assert "49" not in html.split("<main")[1].split("</p>")[0]

    def test_nothing_is_fetched_even_where_a_page_asks_for_it(self, printer, monkeypatch, tmp_path):
        secret = tmp_path / "secret.css"
        secret.write_text("h1::before { content: 'fetched' }")
        page = printer.html([paper()]).replace("</head>", f"<link rel=stylesheet href='file://{secret}'></head>")
        monkeypatch.setattr(printer, "html", lambda _papers: page)
        [read] = printing.read(printer.pdf([paper()]))
        assert "结业证书" in read.text
        assert "fetched" not in read.text


class TestWords:
    def test_a_proof_of_hours_certifies(self):
        said = paper_says.read(paper("proof").says)
        assert (said.heading, said.hours, said.closing) == ("学时证明", 60.0, "特此证明。")
        assert "兹证明" in Printer("https://x.example").html([paper("proof")])

    def test_an_honour_praises_the_learner_and_the_leader_for_what_each_did(self):
        learner, leader = (paper_says.read(paper(kind).says) for kind in ("excellent", "excellent_leader"))
        assert learner.heading == leader.heading == "荣誉证书"
        assert learner.body.endswith("学习成绩优秀，被评为“优秀学员”。")
        assert "担任工作坊坊主" in leader.body
        assert learner.hours is leader.hours is None

    @pytest.mark.parametrize(
        ("moment", "words"),
        [
            ("2022-11-05T11:00", "二〇二二年十一月五日"),
            ("2010-10-10T00:00", "二〇一〇年十月十日"),
            ("2022-01-20T23:59", "二〇二二年一月二十日"),
            ("2022-12-31T23:59", "二〇二二年十二月三十一日"),
            ("2022-02-11T00:00", "二〇二二年二月十一日"),
        ],
    )
    def test_dates_are_written_as_documents_write_them(self, moment, words):
        assert paper_says.chinese_date(paper_says.day_of(local(moment))) == words

    def test_what_is_frozen_reads_back_the_same(self):
        says = paper_says.read(paper().says)
        again = msgspec.structs.replace(says, reissues=(paper_says.Reissue(local("2022-12-01T09:00"), "更正"),))
        assert paper_says.read(again.frozen()) == again
        assert paper_says.read(again.frozen() | {"of_a_later_release": 1}) == again


class TestPrinter:
    def test_the_tag_changes_with_the_paper_alone(self):
        printer = Printer("https://xueshi.example")
        assert printer.tag(paper()) == printer.tag(paper())
        others = [paper(name="林致远"), paper(number="X-000124"), paper(code="f" * 32)]
        assert len({printer.tag(one) for one in [paper(), *others]}) == 4

    def test_without_a_public_address_nothing_is_printed(self):
        with pytest.raises(PrintingUnavailable, match="查验网址"):
            Printer("").pdf([paper()])

    def test_without_pango_or_a_font_printing_is_refused_with_a_sentence(self, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
        with pytest.raises(PrintingUnavailable, match="证书打印暂时不能使用"):
            Printer("https://xueshi.example").pdf([paper()])
        printing.require()
        monkeypatch.undo()
        monkeypatch.setattr(paper_pdf, "_has_chinese_font", lambda: False)
        with pytest.raises(PrintingUnavailable, match="中文字体"):
            Printer("https://xueshi.example").pdf([paper()])

    def test_one_page_is_made_at_a_time_and_who_waits_too_long_is_told(self, monkeypatch):
        inside, leave = threading.Event(), threading.Event()

        def slow() -> Any:
            inside.set()
            assert leave.wait(10)
            raise PrintingUnavailable

        monkeypatch.setattr(paper_pdf, "weasyprint_module", slow)
        printer = Printer("https://xueshi.example", patience=0)
        failed: list[Exception] = []

        def first() -> None:
            try:
                printer.pdf([paper()])
            except PrintingUnavailable as error:
                failed.append(error)

        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(10)
        with pytest.raises(TryAgain):
            printer.pdf([paper()])
        leave.set()
        thread.join()
        assert failed
        with pytest.raises(PrintingUnavailable):
            printer.pdf([paper()])


def test_the_clock_of_the_server_does_not_matter():
    late = Paper(
        number="X", code=CODE, says=paper().says, issued_at=datetime.fromisoformat("2022-11-04T16:30:00+00:00")
    )
    assert "二〇二二年十一月五日" in Printer("https://x.example").html([late])
