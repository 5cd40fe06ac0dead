"""Papers on real SQL: issued when due, once, and kept as they were."""

import re
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Paper, PaperSeries
from services.errors import Invalid, NotFound
from services.papers import honours, papers
from services.papers import says as paper_says
from services.papers.papers import AlreadyRevoked, PaperNotDue, PaperRevoked
from tests import factories
from tests.services.awarding import AFTER, awarding

LATER = AFTER.replace(month=12)


def states(session, enrolment) -> dict[str, str]:
    return {entry.claim.rule.key: entry.state for entry in papers.of_account(session, enrolment.account_id, AFTER)}


class TestIssuing:
    def test_a_paper_that_is_due_with_what_it_says(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            learner = them.learner(name="林知远")
            them.paid(learner)
            paper = papers.issue(session, learner, "completion", AFTER)
            says = paper_says.read(paper.says)
            assert paper.number == "XUCHANG-2022-PHASE2-000001"
            assert re.fullmatch("[0-9a-f]{32}", paper.code)
            assert (says.title, says.name, says.hours, says.issuer) == ("结业证书", "林知远", 60, "许昌市教育局")
            assert says.programme == them.programme.title
            assert says.stage + says.subject == "小学语文"
            assert paper.issued_at == AFTER

    def test_again_it_is_the_same_whatever_has_changed_since(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            learner = them.learner()
            bill = them.paid(learner)
            paper = papers.issue(session, learner, "completion", AFTER)
            before = (paper.id, paper.number, paper.code, dict(paper.says), paper.issued_at)
            learner.account.name, bill.state = "林致远", "open"
            again = papers.issue(session, learner, "completion", LATER)
            assert (again.id, again.number, again.code, again.says, again.issued_at) == before

    def test_what_is_not_due_says_why(self, session):
        them = awarding(session)
        learner = them.learner(20)
        with pytest.raises(PaperNotDue) as caught:
            papers.issue(session, learner, "completion", AFTER)
        assert caught.value.extra["reasons"] == ["成绩尚未合格", "学校尚未确认缴费"]
        assert session.scalar(sa.select(sa.func.count()).select_from(Paper)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(PaperSeries)) == 0

    def test_who_withdrew_or_is_exempt_receives_none(self, session):
        them = awarding(session)
        for changes in ({"status": "withdrawn"}, {"status": "exempt", "exemption": "国培证书"}):
            with pytest.raises(PaperNotDue):
                papers.issue(session, them.learner(**changes), "proof", AFTER)

    @pytest.mark.parametrize("kind", ["nothing", "excellent_leader", "", "x" * 500, "\x00"])
    def test_a_kind_that_learners_do_not_have_is_not_found(self, session, kind):
        with pytest.raises(NotFound):
            papers.issue(session, awarding(session).learner(), kind, AFTER)

    def test_numbers_run_on_without_gaps_in_each_programme(self, session):
        them = awarding(session)
        issued = [papers.issue(session, them.learner(), "proof", AFTER).number for _ in range(3)]
        assert [number[-6:] for number in issued] == ["000001", "000002", "000003"]

    def test_a_number_of_the_longest_slug_fits_its_column_and_stays_its_own(self):
        long = ["a" * 63 + end for end in "bc"]
        assert max(len(papers.number_of(slug, 9_999_999)) for slug in long) <= 40
        assert len({papers.number_of(slug, 1) for slug in long}) == 2

    def test_two_at_once_make_one_paper_and_no_gap(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            ids = [them.learner().id for _ in range(3)]
            session.commit()
        wanted = [ids[0]] * 4 + [ids[1], ids[2]]
        start = threading.Barrier(len(wanted))
        issued: list[str] = []

        def ask(enrolment_id: int) -> None:
            with Session(engine) as session:
                start.wait()
                issued.append(papers.issue(session, session.get_one(Enrolment, enrolment_id), "proof", AFTER).number)
                session.commit()

        threads = [threading.Thread(target=ask, args=(enrolment_id,)) for enrolment_id in wanted]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(issued) == len(wanted)
        assert sorted(set(issued)) == [f"XUCHANG-2022-PHASE2-00000{serial}" for serial in (1, 2, 3)]


class TestHonours:
    def test_a_paper_for_who_stands_on_the_frozen_list(self, session):
        them = awarding(session, ("share = 0.1", "share = 0.5"))
        first, second = them.learner(), them.learner()
        them.hand_in(first, "stories")
        assert states(session, first)["excellent"] == "blocked"
        honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
        assert states(session, first)["excellent"] == "due"
        assert paper_says.read(papers.issue(session, first, "excellent", AFTER).says).heading == "荣誉证书"
        with pytest.raises(PaperNotDue) as caught:
            papers.issue(session, second, "excellent", AFTER)
        assert caught.value.extra["reasons"] == ["不在评优名单上，或名单尚未公布"]

    def test_a_leaders_paper_needs_no_enrolment(self, session):
        them = awarding(session)
        leader = factories.account(session, name="周若溪")
        them.workshop(leader, bulletins=3)
        slug = them.programme.slug
        with pytest.raises(PaperNotDue):
            papers.issue_to_leader(session, leader.id, slug, "excellent_leader", AFTER)
        honours.freeze(session, slug, "excellent_leader", "培训中心", AFTER)
        paper = papers.issue_to_leader(session, leader.id, slug, "excellent_leader", AFTER)
        assert paper.enrolment_id is None
        assert papers.issue_to_leader(session, leader.id, slug, "excellent_leader", LATER).id == paper.id
        [entry] = papers.of_account(session, leader.id, AFTER)
        assert (entry.state, entry.claim.enrolment_id) == ("issued", None)
        stranger = factories.account(session)
        for who, where in ((stranger.id, slug), (leader.id, "elsewhere")):
            with pytest.raises(NotFound):
                papers.issue_to_leader(session, who, where, "excellent_leader", AFTER)


class TestListing:
    def test_every_paper_of_every_programme_with_its_state(self, session):
        them = awarding(session)
        learner = them.learner()
        assert states(session, learner) == {"completion": "blocked", "proof": "due", "excellent": "blocked"}
        papers.issue(session, learner, "proof", AFTER)
        assert states(session, learner)["proof"] == "issued"
        assert papers.of_account(session, factories.account(session).id, AFTER) == []


class TestOwning:
    def test_anothers_is_not_found_and_a_revoked_one_is_gone(self, session):
        them = awarding(session)
        mine, theirs = them.learner(), them.learner()
        paper = papers.issue(session, mine, "proof", AFTER)
        assert papers.owned(session, mine.account_id, paper.id) is paper
        for account_id, paper_id in ((theirs.account_id, paper.id), (mine.account_id, 2**63), (mine.account_id, 0)):
            with pytest.raises(NotFound):
                papers.owned(session, account_id, paper_id)
        papers.revoke(session, paper.number, "重复登记", LATER)
        with pytest.raises(PaperRevoked):
            papers.owned(session, mine.account_id, paper.id)


class TestRevoking:
    def test_with_a_reason_that_its_holder_reads(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            learner = them.learner()
            paper = papers.issue(session, learner, "proof", AFTER)
            papers.revoke(session, paper.number, "  重复\n登记 ", LATER)
            assert (paper.revoked_at, paper.revoked_because) == (LATER, "重复 登记")
            with pytest.raises(PaperNotDue) as caught:
                papers.issue(session, learner, "proof", LATER)
            assert caught.value.extra["reasons"] == ["已于2022年12月5日撤销：重复 登记"]
            with pytest.raises(AlreadyRevoked):
                papers.revoke(session, paper.number, "再来一次", LATER)
            assert states(session, learner)["proof"] == "revoked"

    @pytest.mark.parametrize("because", ["", "   ", "长" * 301, "a\x00b"])
    def test_not_without_one(self, session, because):
        paper = papers.issue(session, awarding(session).learner(), "proof", AFTER)
        with pytest.raises(Invalid):
            papers.revoke(session, paper.number, because, LATER)

    def test_a_number_that_is_none(self, session):
        with pytest.raises(NotFound):
            papers.revoke(session, "X-1", "没有", AFTER)


class TestReissuing:
    def test_a_corrected_name_under_the_same_number_and_it_is_noted(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            learner = them.learner(name="林知远")
            paper = papers.issue(session, learner, "proof", AFTER)
            before = (paper.number, paper.code, paper.issued_at)
            session.get_one(Account, learner.account_id).name = "林致远"
            papers.reissue(session, paper.number, "姓名更正", LATER)
            session.expire(paper)
            says = paper_says.read(paper.says)
            assert (paper.number, paper.code, paper.issued_at) == before
            assert says.name == "林致远"
            assert [(one.because, one.at) for one in says.reissues] == [("姓名更正", LATER)]
            papers.reissue(session, paper.number, "学科更正", LATER)
            assert len(paper_says.read(paper.says).reissues) == 2

    def test_a_revoked_one_is_valid_again(self, session):
        them = awarding(session)
        learner = them.learner()
        paper = papers.issue(session, learner, "proof", AFTER)
        papers.revoke(session, paper.number, "误撤", LATER)
        papers.reissue(session, paper.number, "撤销有误", LATER)
        assert papers.owned(session, learner.account_id, paper.id).revoked_because == ""

    def test_not_where_it_is_not_due_any_more(self, session):
        them = awarding(session)
        learner = them.learner()
        bill = them.paid(learner)
        paper = papers.issue(session, learner, "completion", AFTER)
        bill.state = "open"
        with pytest.raises(PaperNotDue):
            papers.reissue(session, paper.number, "姓名更正", LATER)


class TestDoubt:
    def test_what_would_not_be_issued_today_is_named_and_stays_valid(self, session, monkeypatch):
        monkeypatch.setattr(papers, "CHUNK", 2)
        them = awarding(session)
        unpaid, fine, _ = learners = [them.learner() for _ in range(3)]
        bills = [them.paid(learner) for learner in learners]
        issued = [papers.issue(session, learner, "completion", AFTER) for learner in learners]
        leader = factories.account(session)
        them.workshop(leader, bulletins=3)
        slug = them.programme.slug
        honours.freeze(session, slug, "excellent_leader", "培训中心", AFTER)
        papers.issue_to_leader(session, leader.id, slug, "excellent_leader", AFTER)
        assert list(papers.doubtful(session, slug, AFTER)) == []
        bills[0].state = "open"
        assert list(papers.doubtful(session, slug, AFTER)) == [(issued[0], ("学校尚未确认缴费",))]
        assert papers.owned(session, unpaid.account_id, issued[0].id)
        papers.revoke(session, issued[0].number, "退款", LATER)
        assert list(papers.doubtful(session, slug, AFTER)) == []
        assert papers.owned(session, fine.account_id, issued[1].id)

    def test_so_is_a_paper_of_who_leads_no_workshop_any_more(self, session):
        them = awarding(session)
        leader = factories.account(session)
        workshop = them.workshop(leader, bulletins=3)
        slug = them.programme.slug
        honours.freeze(session, slug, "excellent_leader", "培训中心", AFTER)
        paper = papers.issue_to_leader(session, leader.id, slug, "excellent_leader", AFTER)
        workshop.leader_id = None
        session.flush()
        [(doubted, reasons)] = papers.doubtful(session, slug, AFTER)
        assert (doubted, reasons) == (paper, ("已不是本项目的坊主，或项目的现行版本没有这种证书",))
