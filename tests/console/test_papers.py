"""Papers in the console: a school's, one by one and all at once; revoked by the county and above."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry, Enrolment, Paper
from services.papers import papers
from tests import printing
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.instant_jobs import InstantJobs, with_instant_jobs
from tests.services.awarding import AFTER, Awarding, awarding

SLUG = "xuchang-2022-phase2"
WHAT = {"slug": SLUG, "kind": "proof"}
ASK = f"?slug={SLUG}&kind=proof"


@pytest.fixture
def them(session: Session, clock: FakeClock, tree: Tree) -> Awarding:
    clock.set(AFTER)
    made = awarding(session)
    session.commit()
    return made


@pytest.fixture
def jobs(app: Flask) -> InstantJobs:
    printing.with_instant_printer(app)
    return with_instant_jobs(app)


@pytest.fixture
def learners(them: Awarding, tree: Tree, session: Session) -> list[Enrolment]:
    """In the east two who passed and one who did not; in the west one who passed."""
    places = [(tree.east_school, 60), (tree.east_school, 60), (tree.east_school, 10), (tree.west_school, 60)]
    made = [them.learner(hours, school_id=school.id) for school, hours in places]
    session.commit()
    return made


def all_papers(session: Session) -> list[Paper]:
    session.rollback()
    return list(session.scalars(sa.select(Paper).order_by(Paper.id)))


def steps(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.serial))
    return [(row.action, str(row.detail.get("step", row.detail.get("what", "")))) for row in rows]


class TestASchool:
    def test_shows_who_may_have_which_and_why_not(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment]
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        assert "东县一小" in admin.get("/papers").text
        page = admin.get(f"/papers/schools/{tree.east_school.id}{ASK}").text
        assert "为本校 <strong>2</strong> 位老师开具" in page
        assert "成绩尚未合格：1 人" in page
        blocked = admin.get(f"/papers/schools/{tree.east_school.id}{ASK}&state=blocked").text
        assert "可开具</span>" not in blocked

    def test_issues_and_prints_in_bulk(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session, jobs: InstantJobs
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        for _ in range(2):  # again issues nothing new
            reply = admin.post(f"/papers/schools/{tree.east_school.id}/issue", WHAT)
            assert "本校共有 2 张" in admin.get(reply.location.removeprefix("/console")).text
        assert len(all_papers(session)) == 2
        reply = admin.post(f"/papers/schools/{tree.east_school.id}/print", WHAT)
        page = admin.get(reply.location.removeprefix("/console"))
        address = page.text.split('href="/console/papers/files/')[1].split('"')[0]
        file = admin.get(f"/papers/files/{address}")
        assert file.mimetype == "application/pdf"
        assert file.data.decode().split() == [paper.number for paper in all_papers(session)]
        assert staff("school_admin", tree.east_school).get(f"/papers/files/{address}").status_code == 404
        assert ("export", "papers") in steps(session)

    def test_a_job_is_its_starters_alone(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], jobs: InstantJobs
    ) -> None:
        reply = staff("county_admin", tree.east).post(f"/papers/schools/{tree.east_school.id}/issue", WHAT)
        other = staff("county_admin", tree.east)
        for path in (reply.location, f"{reply.location}/progress"):
            assert other.get(path.removeprefix("/console")).status_code == 404

    def test_anothers_is_not_found(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session, jobs: InstantJobs
    ) -> None:
        paper = papers.issue(session, learners[3], "proof", AFTER)
        session.commit()
        for admin in (staff("school_admin", tree.east_school), staff("county_admin", tree.east)):
            school = tree.west_school.id
            assert admin.get(f"/papers/schools/{school}{ASK}").status_code == 404
            for step in ("issue", "print"):
                assert admin.post(f"/papers/schools/{school}/{step}", WHAT).status_code == 404
            assert admin.post(f"/papers/enrolments/{learners[3].id}/proof").status_code == 404
            for path in (f"/papers/{paper.id}", f"/papers/{paper.id}.pdf"):
                assert admin.get(path).status_code == 404
        assert jobs.started == []
        assert len(all_papers(session)) == 1


class TestOne:
    def test_is_issued_shown_and_printed(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session, jobs: InstantJobs
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        admin.post(f"/papers/enrolments/{learners[0].id}/proof")
        [paper] = all_papers(session)
        page = admin.get(f"/papers/{paper.id}").text
        assert f"https://xueshi.example/verify/{paper.code}" in page
        assert "撤销这张证书" not in page
        assert admin.get(f"/papers/{paper.id}.pdf").data.decode() == paper.number
        assert steps(session) == [("paper", "issue"), ("view_person", ""), ("paper", "print")]

    def test_what_is_not_due_is_not_issued(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session
    ) -> None:
        admin = staff("school_admin", tree.east_school)
        reply = admin.post(f"/papers/enrolments/{learners[2].id}/proof")
        assert "成绩尚未合格" in admin.get(reply.location.removeprefix("/console")).text
        assert admin.post(f"/papers/enrolments/{learners[0].id}/nothing").status_code == 404
        assert all_papers(session) == []

    def test_is_revoked_and_issued_again_by_the_county_alone(
        self, staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session
    ) -> None:
        paper = papers.issue(session, learners[0], "proof", AFTER)
        session.commit()
        school, county = staff("school_admin", tree.east_school), staff("county_admin", tree.east)
        for step in ("revoke", "reissue"):
            assert school.post(f"/papers/{paper.id}/{step}", {"because": "误开"}).status_code == 403
            county.post(f"/papers/{paper.id}/{step}", {"because": "  "})
        assert all_papers(session)[0].revoked_at is None
        for _ in range(2):
            county.post(f"/papers/{paper.id}/revoke", {"because": "误开"})
        assert all_papers(session)[0].revoked_because == "误开"
        assert county.get(f"/papers/{paper.id}.pdf").status_code == 410
        county.post(f"/papers/{paper.id}/reissue", {"because": "核实无误"})
        assert all_papers(session)[0].revoked_at is None
        done = [step for action, step in steps(session) if action == "paper"]
        assert done == ["revoke", "reissue"]


def test_doubtful_papers_are_those_within_reach(
    staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session
) -> None:
    numbers = [papers.issue(session, learners[place], "proof", AFTER).number for place in (0, 3)]
    for enrolment in learners:
        enrolment.status = "withdrawn"
    session.commit()
    page = staff("county_admin", tree.east).get(f"/papers/doubtful?slug={SLUG}").text
    assert numbers[0] in page
    assert numbers[1] not in page
    assert "已退出本项目" in page
