"""What a workshop leader sees of the own workshop: whom to go after, and what the own assessment still lacks."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, LeaderAchievement, StudyDay
from tests.console.conftest import Staff, Tree
from tests.services.handing_in.class_room import NOW, Class, class_of


@pytest.fixture
def them(session: Session) -> Class:
    return class_of(session, 3)


@pytest.fixture
def leader(staff: Callable[..., Staff], them: Class, session: Session) -> Staff:
    found = staff("workshop_leader")
    them.workshop.leader_id = found.account_id
    session.commit()
    return found


def test_with_one_workshop_the_list_leads_there(leader: Staff, them: Class) -> None:
    assert leader.get("/workshops").location.endswith(f"/workshops/{them.workshop.id}")


def test_whom_to_go_after_comes_first(leader: Staff, them: Class, session: Session) -> None:
    names = ["甲从未登录", "乙没有学习", "丙在学"]
    for name, enrolment in zip(names, them.learners, strict=True):
        account = session.get_one(Account, enrolment.account_id)
        account.name, account.last_login_at = name, None if name == names[0] else NOW
    them.learners[2].credited_seconds = 2700
    session.add(StudyDay(enrolment_id=them.learners[2].id, day=date(2022, 7, 30), credited=2700))
    session.commit()
    page = leader.get(f"/workshops/{them.workshop.id}").text
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)
    for said in ("从未登录", "登录过，没有学习", "2022-07-30", "还差"):
        assert said in page
    only = leader.get(f"/workshops/{them.workshop.id}?only=never").text
    assert (names[0] in only, names[1] in only) == (True, False)


def test_the_own_table_says_how_many_points_are_missing_and_what_earns_the_next(
    leader: Staff, them: Class, session: Session
) -> None:
    them.learners[0].credited_seconds = 60
    session.commit()
    page = leader.get(f"/workshops/{them.workshop.id}").text
    assert "还差 90 分合格" in page
    assert "再有 1 名学员开始学习，took_part率可到 60%，多得 16 分" in page


class TestPublished:
    def publish(self, leader: Staff, them: Class, **form: str):
        given = {"part": "bulletins", "item": "1", "title": "第一期简报", "day": "2022-07-30"}
        return leader.post(f"/workshops/{them.workshop.id}/published", given | form)

    def rows(self, session: Session) -> list[tuple[str, str]]:
        found = session.execute(sa.select(LeaderAchievement.item, LeaderAchievement.title)).all()
        return [(item, title) for item, title in found]

    def test_a_bulletin_is_entered_once_and_shown(self, leader: Staff, them: Class, session: Session) -> None:
        assert self.publish(leader, them).status_code == 302
        assert self.publish(leader, them).status_code == 302
        assert self.rows(session) == [("1", "第一期简报")]
        page = leader.get(f"/workshops/{them.workshop.id}").text
        assert "第一期简报" in page
        assert 'name="item" size="4" type="text" value="2"' in page.replace("required ", "")

    def test_another_under_the_same_number_replaces_nothing(self, leader: Staff, them: Class, session: Session) -> None:
        self.publish(leader, them)
        assert self.publish(leader, them, title="另一期").status_code == 409
        assert self.rows(session) == [("1", "第一期简报")]

    @pytest.mark.parametrize(
        "form",
        [
            {"title": ""},
            {"title": "长" * 201},
            {"title": "\x00坏"},
            {"day": "2022-13-45"},
            {"day": str((NOW + timedelta(days=30)).date())},
            {"part": "took_part"},
            {"part": "nothing"},
            {"item": "'; DROP TABLE"},
            {"words": "-1"},
        ],
    )
    def test_bad_input_is_told_and_nothing_entered(
        self, leader: Staff, them: Class, session: Session, form: dict[str, str]
    ) -> None:
        reply = self.publish(leader, them, **form)
        assert reply.status_code in (200, 409)
        assert self.rows(session) == []

    def test_a_county_enters_nothing(
        self, staff: Callable[..., Staff], leader: Staff, them: Class, tree: Tree, session: Session
    ) -> None:
        county = staff("city_admin", tree.city)
        them.learners[0].school_id = tree.east_school.id
        session.commit()
        assert county.get(f"/workshops/{them.workshop.id}").status_code == 200
        assert self.publish(county, them).status_code == 403
        assert self.rows(session) == []

    def test_what_was_entered_for_a_part_that_is_gone_is_still_shown(
        self, leader: Staff, them: Class, session: Session
    ) -> None:
        session.add(
            LeaderAchievement(
                workshop_id=them.workshop.id, part="gone", item="1", title="旧简报", at=NOW, entered_at=NOW, history=[]
            )
        )  # fmt: skip
        session.commit()
        assert "旧简报" in leader.get(f"/workshops/{them.workshop.id}").text
