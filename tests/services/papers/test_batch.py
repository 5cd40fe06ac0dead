"""Papers by the thousand, with few."""

import io

import pytest

from services.errors import NotFound
from services.papers import batch as paper_batch
from services.papers import papers
from services.papers.batch import Issued
from services.papers.pdf import Printer
from tests import factories, printing
from tests.services.awarding import AFTER, awarding

LATER = AFTER.replace(month=12)


class TestIssuing:
    def test_to_everybody_to_whom_it_is_due_and_counts_why_the_others_have_none(self, session):
        them = awarding(session)
        learners = [them.learner(), them.learner(), them.learner(20)]
        done = Issued()
        for now in (AFTER, LATER):
            for portion in paper_batch.chunks(session, them.programme.slug):
                paper_batch.issue_many(session, portion, "proof", now, done)
            learners.append(them.learner())
        assert (done.papers, done.new) == (5, 3)
        assert done.not_due == {"成绩尚未合格": 2}

    def test_of_one_school(self, session, monkeypatch):
        monkeypatch.setattr(paper_batch, "CHUNK", 2)
        them = awarding(session)
        school = factories.school(session)
        here = [them.learner(school_id=school.id).id for _ in range(3)]
        them.learner()
        assert paper_batch.chunks(session, them.programme.slug, school.id) == [here[:2], here[2:]]

    def test_what_there_is_not(self, session):
        them = awarding(session)
        learner = them.learner()
        with pytest.raises(NotFound):
            paper_batch.issue_many(session, [learner.id], "nothing", AFTER, Issued())
        with pytest.raises(NotFound):
            paper_batch.chunks(session, "nowhere")


class TestPrinting:
    def test_a_file_of_so_many_pages_each_in_the_order_asked_for(self, session, monkeypatch):
        monkeypatch.setattr(paper_batch, "PAGES", 2)
        monkeypatch.setattr(paper_batch, "CHUNK", 3)
        them = awarding(session)
        learners = [them.learner() for _ in range(6)]
        numbers = [papers.issue(session, learner, "proof", AFTER).number for learner in learners[:5]]
        them.paid(learners[0])
        papers.issue(session, learners[0], "completion", AFTER)
        papers.revoke(session, numbers[1], "误开", AFTER)
        session.commit()
        told: list[int] = []
        target = io.BytesIO()
        ids = [learner.id for learner in reversed(learners)]
        count = paper_batch.print_many(
            session, printing.InstantPrinter("https://x.example"), ids, target, kind="proof", progress=told.append
        )
        files = printing.unzip(target.getvalue())
        assert count == 4
        assert told == [2, 4]
        assert list(files) == ["papers-000001-000002.pdf", "papers-000003-000004.pdf"]
        assert b" ".join(files.values()).decode().split() == [numbers[4], numbers[3], numbers[2], numbers[0]]

    def test_many_pages_in_one_real_file(self, session):
        printing.require()
        them = awarding(session)
        learners = [them.learner(name=name) for name in ("林知远", "周若溪")]
        issued = [papers.issue(session, learner, "proof", AFTER) for learner in learners]
        codes = [[f"https://x.example/verify/{paper.code}"] for paper in issued]
        target = io.BytesIO()
        ids = (learner.id for learner in learners)
        assert paper_batch.print_many(session, Printer("https://x.example"), ids, target) == 2
        [pdf] = printing.unzip(target.getvalue()).values()
        pages = printing.read(pdf)
        assert ["林知远" in pages[0].text, "周若溪" in pages[1].text] == [True, True]
        assert [page.codes for page in pages] == codes
