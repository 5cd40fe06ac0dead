"""A teacher's papers over HTTP."""

from dataclasses import dataclass

import pytest

from models import Account, Enrolment, Workshop
from services.papers import honours, papers
from services.papers.pdf import Printer
from tests import factories, printing
from tests.services.awarding import AFTER, Awarding, awarding
from tests.teachers import bearer, collaborators, settled, tokens


@dataclass
class Learner:
    them: Awarding
    enrolment: Enrolment
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return f"/v1/enrolments/{self.enrolment.id}/papers"


@pytest.fixture
def learner(app, client, session, clock) -> Learner:
    """Somebody who has passed, signed in after the programme."""
    clock.set(AFTER)
    them = awarding(session)
    enrolment = them.learner()
    teacher = settled(app, session)
    enrolment.account_id = teacher.account_id
    session.commit()
    return Learner(them, enrolment, bearer(tokens(client, teacher)))


@pytest.fixture
def printed(monkeypatch) -> list[str]:
    """The numbers of the papers that were printed, without making pages."""
    numbers: list[str] = []

    def pdf(_self, papers) -> bytes:
        numbers.extend(paper.number for paper in papers)
        return b"%PDF-"

    monkeypatch.setattr(Printer, "pdf", pdf)
    return numbers


def issue(client, learner, kind="proof") -> dict:
    reply = client.post(f"{learner.path}/{kind}", headers=learner.headers)
    assert reply.status_code == 201, reply.text
    return reply.get_json()


def listed(client, learner) -> dict[str, dict]:
    reply = client.get("/v1/papers", headers=learner.headers)
    assert reply.status_code == 200, reply.text
    return {entry["kind"]: entry for entry in reply.get_json()}


class TestList:
    def test_what_is_due_says_where_to_ask_and_what_is_not_says_why(self, client, learner):
        found = listed(client, learner)
        assert {kind: entry["state"] for kind, entry in found.items()} == {
            "completion": "blocked",
            "proof": "due",
            "excellent": "blocked",
        }
        assert found["proof"]["issue_url"] == f"{learner.path}/proof"
        assert found["completion"]["blocked"] == ["学校尚未确认缴费"]
        assert found["completion"]["issue_url"] is None

    def test_what_is_issued_says_where_it_is(self, client, learner):
        made = issue(client, learner)
        entry = listed(client, learner)["proof"]
        assert (entry["state"], entry["issued"], entry["issue_url"]) == ("issued", made, None)

    def test_what_is_revoked_says_why_to_its_holder(self, client, learner, session):
        made = issue(client, learner)
        papers.revoke(session, made["number"], "重复登记", AFTER)
        entry = listed(client, learner)["proof"]
        assert (entry["state"], entry["issued"]) == ("revoked", None)
        assert entry["blocked"] == ["已于2022年11月5日撤销：重复登记"]


class TestIssue:
    def test_it_is_issued_once(self, client, learner):
        made = issue(client, learner)
        assert made["number"] == "XUCHANG-2022-PHASE2-000001"
        assert made["issued_at"] == "2022-11-05T11:00:00+08:00"
        assert made["verify_url"].startswith("https://xueshi.example/verify/")
        assert made["pdf_url"] == f"/v1/papers/{made['paper_id']}.pdf"
        assert issue(client, learner) == made

    def test_what_is_not_due_is_409_with_the_reasons(self, client, learner):
        reply = client.post(f"{learner.path}/completion", headers=learner.headers)
        assert (reply.status_code, reply.get_json()["code"]) == (409, "paper_not_due")
        assert reply.get_json()["reasons"] == ["学校尚未确认缴费"]
        learner.them.paid(learner.enrolment)
        assert issue(client, learner, "completion")["title"] == "结业证书"

    @pytest.mark.parametrize("kind", ["nothing", "excellent_leader", "%00", "x" * 3000, "é"])
    def test_a_kind_that_there_is_not_is_404(self, client, learner, kind):
        assert client.post(f"{learner.path}/{kind}", headers=learner.headers).status_code == 404

    def test_anothers_enrolment_is_404(self, client, learner):
        other = learner.them.learner()
        assert client.post(f"/v1/enrolments/{other.id}/papers/proof", headers=learner.headers).status_code == 404

    def test_a_leaders_paper(self, client, learner, session):
        slug = learner.them.programme.slug
        leader = session.get_one(Account, learner.enrolment.account_id)
        learner.them.workshop(leader, bulletins=3)
        path = f"/v1/programmes/{slug}/papers/excellent_leader"
        assert client.post(path, headers=learner.headers).status_code == 409
        honours.freeze(session, slug, "excellent_leader", "培训中心", AFTER)
        assert listed(client, learner)["excellent_leader"]["issue_url"] == path
        made = client.post(path, headers=learner.headers)
        assert (made.status_code, made.get_json()["title"]) == (201, "优秀辅导教师")
        assert session.query(Workshop).count() == 1
        for wrong in (f"/v1/programmes/{slug}/papers/proof", "/v1/programmes/%00/papers/excellent_leader"):
            assert client.post(wrong, headers=learner.headers).status_code == 404


class TestPdf:
    def test_a_real_page(self, client, learner):
        printing.require()
        made = issue(client, learner)
        reply = client.get(made["pdf_url"], headers=learner.headers)
        assert (reply.status_code, reply.mimetype) == (200, "application/pdf")
        [page] = printing.read(reply.data)
        assert made["number"] in page.text
        assert page.codes == [made["verify_url"]]

    def test_its_name_is_told_in_ascii_and_in_chinese(self, client, learner, printed):
        made = issue(client, learner)
        reply = client.get(made["pdf_url"], headers=learner.headers)
        said = reply.headers["Content-Disposition"]
        assert f'filename="{made["number"]}.pdf"' in said
        assert "filename*=UTF-8''%E5%AD%A6%E6%97%B6%E8%AF%81%E6%98%8E" in said
        assert said.isascii()
        assert reply.headers["Cache-Control"] == "no-store"

    def test_who_has_it_is_told_so_and_head_makes_no_page(self, client, learner, printed):
        made = issue(client, learner)
        head = client.head(made["pdf_url"], headers=learner.headers)
        assert (head.status_code, head.data, printed) == (200, b"", [])
        again = client.get(made["pdf_url"], headers=learner.headers | {"If-None-Match": head.headers["ETag"]})
        assert (again.status_code, again.data, printed) == (304, b"", [])
        client.get(made["pdf_url"], headers=learner.headers)
        assert printed == [made["number"]]

    def test_only_for_its_holder(self, app, client, learner, session, printed):
        made = issue(client, learner)
        assert client.get(made["pdf_url"]).status_code == 401
        other = bearer(tokens(client, settled(app, session)))
        assert client.get(made["pdf_url"], headers=other).status_code == 404
        for odd in ("0", "x", "9" * 30, "1%00", "-1"):
            assert client.get(f"/v1/papers/{odd}.pdf", headers=learner.headers).status_code == 404
        assert printed == []

    def test_a_revoked_one_is_410(self, client, learner, session, printed):
        made = issue(client, learner)
        papers.revoke(session, made["number"], "重复登记", AFTER)
        reply = client.get(made["pdf_url"], headers=learner.headers)
        assert (reply.status_code, reply.get_json()["code"]) == (410, "paper_revoked")

    def test_where_nothing_can_be_printed_it_is_503_with_a_sentence(self, app, client, learner, monkeypatch):
        made = issue(client, learner)
        monkeypatch.setattr(collaborators(app).printer, "_public_url", "")
        reply = client.get(made["pdf_url"], headers=learner.headers)
        assert (reply.status_code, reply.get_json()["code"]) == (503, "printing_unavailable")
        assert reply.headers["Retry-After"]
        assert "Content-Disposition" not in reply.headers


def test_whoever_takes_part_in_nothing_has_none(app, client, session):
    headers = bearer(tokens(client, settled(app, session)))
    factories.programme(session)
    assert client.get("/v1/papers", headers=headers).get_json() == []
