"""Honours in the console: ranks of those within reach, and one list for the whole programme that is frozen once."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Enrolment, HonourList
from services.papers import honours_within
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.instant_jobs import InstantJobs, with_instant_jobs
from tests.programmes.notices import PHASE2
from tests.services.awarding import AFTER, DURING, awarding

SLUG = "xuchang-2022-phase2"
WHAT = {"slug": SLUG, "kind": "excellent", "sure": "yes"}


@pytest.fixture
def learners(session: Session, clock: FakeClock, tree: Tree) -> list[Enrolment]:
    """Ten who passed; the best, who alone is within the ten per cent, is in the east."""
    clock.set(AFTER)
    them = awarding(session)
    made = [them.learner(60, name="候选东", school_id=tree.east_school.id)]
    them.hand_in(made[0], "summary", item="1", grade="优秀")
    made += [them.learner(60, name="周若溪", school_id=tree.west_school.id) for _ in range(9)]
    for enrolment in made:
        session.get_one(Account, enrolment.account_id).school_id = enrolment.school_id
    session.commit()
    return made


@pytest.fixture
def jobs(app: Flask) -> InstantJobs:
    return with_instant_jobs(app)


def lists(session: Session) -> list[HonourList]:
    session.rollback()
    return list(session.scalars(sa.select(HonourList)))


def test_each_sees_the_candidates_within_reach_of_a_rank_that_is_everybodys(
    staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = f"/honours?slug={SLUG}&kind=excellent&all=1"
    east, west = staff("county_admin", tree.east).get(ask).text, staff("county_admin", tree.west).get(ask).text
    for page in (east, west):
        assert "全项目 10 位合格者中授予 1 人" in page
        assert "请由上级管理员公布" in page
    assert ("候选东" in east, "候选东" in west) == (True, False)
    assert "并列第 2 名" in west
    monkeypatch.setattr(honours_within, "MOST_SCORED", 0)
    assert "最近一次汇总" in staff("city_admin", tree.city).get(ask).text


def test_the_list_is_frozen_once_by_whom_it_is_all_within_reach(
    staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session, jobs: InstantJobs
) -> None:
    county, city = staff("county_admin", tree.east), staff("city_admin", tree.city)
    assert county.post("/honours/freeze", WHAT).status_code == 403
    city.post("/honours/freeze", WHAT | {"sure": ""})
    assert lists(session) == []
    where = city.post("/honours/freeze", WHAT).location.removeprefix("/console")
    assert "候选 10 人，授予 1 人" in city.get(where).text
    assert county.get(where).status_code == 404
    again = city.post("/honours/freeze", WHAT).location
    assert "没有再公布一次" in city.get(again.removeprefix("/console")).text
    [frozen] = lists(session)
    assert frozen.frozen_by.endswith("（虚构市 市级管理员）")
    done = [row for row in session.scalars(sa.select(AuditEntry)) if row.action == "honours" and row.result == "done"]
    assert [row.detail.get("counts") for row in done] == [None, {"candidates": 10, "awarded": 1}]
    ask = f"/honours/list?slug={SLUG}&kind=excellent"
    assert "候选东" in county.get(ask).text
    assert "您管辖范围内没有人在名单上" in staff("county_admin", tree.west).get(ask).text


def test_learners_without_a_school_are_within_nobodys_reach(
    staff: Callable[..., Staff], tree: Tree, learners: list[Enrolment], session: Session, jobs: InstantJobs
) -> None:
    learners[-1].school_id = None
    session.commit()
    assert staff("city_admin", tree.city).post("/honours/freeze", WHAT).status_code == 403
    assert staff("operator").post("/honours/freeze", WHAT).status_code == 302
    assert len(lists(session)) == 1


def test_too_early_is_told(
    staff: Callable[..., Staff],
    tree: Tree,
    learners: list[Enrolment],
    clock: FakeClock,
    session: Session,
    jobs: InstantJobs,
) -> None:
    clock.set(DURING)
    city = staff("city_admin", tree.city)
    assert "之后才能公布" in city.get(f"/honours?slug={SLUG}&kind=excellent").text
    where = city.post("/honours/freeze", WHAT).location.removeprefix("/console")
    assert "没有公布" in city.get(where).text
    assert lists(session) == []


def test_a_programme_without_honours_says_so(staff: Callable[..., Staff], tree: Tree, session: Session) -> None:
    programme = factories.programme(session, slug=SLUG, document=PHASE2)
    factories.enrolment(session, factories.account(session, school_id=tree.east_school.id), programme)
    admin = staff("county_admin", tree.east)
    assert "没有需要评优的项目" in admin.get("/honours").text
    assert "没有需要评优的项目" in admin.get(f"/honours?slug={SLUG}").text
    assert admin.post("/honours/freeze", WHAT).status_code == 404
    assert staff("school_admin", tree.east_school).get("/honours").status_code == 403
