"""A workshop leader grades in the console: the own learners' texts, the very ones that were read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Achievement, AuditEntry, Enrolment, Workshop
from services.handing_in import submissions
from services.marks import grading
from services.marks.judgements import Judgement
from services.marks.staff import Staff as Grader
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.services.handing_in.class_room import NOW, OTHER_TEXT, TEXT, Class, class_of

LEADER = "workshop_leader"


@dataclass(frozen=True)
class Room:
    them: Class
    leader: Staff
    pieces: list[Achievement]

    def row(self, place: int = 0) -> Achievement:
        self.them.session.refresh(self.pieces[place])
        return self.pieces[place]


@pytest.fixture
def room(app: Flask, staff: Callable[..., Staff], session: Session) -> Room:
    them = class_of(session, 2)
    leader = staff(LEADER)
    them.workshop.leader_id = leader.account_id
    pieces = [
        them.hand_in(them.learners[0], title="我的总结"),
        them.hand_in(them.learners[1], text=OTHER_TEXT),
    ]
    session.commit()
    return Room(them, leader, pieces)


def seen(reply) -> str:
    return re.search(r'name="seen" value="([^"]+)"', reply.text).group(1)


def open_and_grade(room: Room, place: int = 0, **form):
    address = f"/grading/{room.pieces[place].id}"
    return room.leader.post(address, {"seen": seen(room.leader.get(address)), "grade": "优秀"} | form)


class TestGrading:
    def test_the_page_shows_the_text_its_length_and_a_button_for_each_grade_with_its_points(self, room: Room) -> None:
        page = room.leader.get(f"/grading/{room.pieces[0].id}").text
        assert TEXT in page
        assert f"{room.pieces[0].words} 字" in page
        for key, said in enumerate(("优秀（10 分）", "良好（8 分）", "中等（6 分）", "不及格（4 分）"), 1):
            assert said in page
            assert f'data-key="{key}"' in page

    def test_saving_opens_the_next_one_and_the_last_leads_back(self, room: Room, session: Session) -> None:
        reply = open_and_grade(room, comment="案例好", recommended="y")
        assert reply.location.endswith(f"/grading/{room.pieces[1].id}")
        row = room.row()
        assert (row.grade, row.comment, row.recommended, row.graded_by) == (
            "优秀", "案例好", True, room.leader.account_id,
        )  # fmt: skip
        reply = open_and_grade(room, 1, grade="中等")
        assert reply.location.endswith(f"/grading?workshop={room.them.workshop.id}")
        assert "都批完了" in room.leader.get(f"/grading?workshop={room.them.workshop.id}").text
        done = session.scalars(sa.select(AuditEntry.detail).where(AuditEntry.action == "grade")).all()
        assert [entry["grade"] for entry in done] == ["优秀", "中等"]

    def test_a_text_that_was_handed_in_again_meanwhile_is_not_graded(
        self, room: Room, session: Session, clock: FakeClock
    ) -> None:
        address = f"/grading/{room.pieces[0].id}"
        before = seen(room.leader.get(address))
        room.them.hand_in(room.them.learners[0], text=OTHER_TEXT + "改过了。", now=NOW + timedelta(hours=1))
        session.commit()
        reply = room.leader.post(address, {"seen": before, "grade": "不及格"}, follow_redirects=True)
        assert "学员刚刚重新提交了，请看新的" in reply.text
        assert "改过了" in reply.text
        assert room.row().grade is None

    def test_what_somebody_else_graded_meanwhile_stays(self, room: Room, session: Session) -> None:
        address = f"/grading/{room.pieces[0].id}"
        before = seen(room.leader.get(address))
        grading.record(session, Grader(None), room.them.learners[0].id, "summary", Judgement(grade="良好"), now=NOW)
        session.commit()
        reply = room.leader.post(address, {"seen": before, "grade": "不及格"}, follow_redirects=True)
        assert "刚刚有人批阅过" in reply.text
        assert room.row().grade == "良好"
        reply = room.leader.post(address, {"seen": before, "grade": "良好"})
        assert reply.location.endswith(str(room.pieces[1].id)), "the same grade again is no quarrel"

    @pytest.mark.parametrize("stamp", ["", "0-0", "x" * 5000])
    def test_without_what_was_seen_nothing_is_graded(self, room: Room, stamp: str) -> None:
        room.leader.post(f"/grading/{room.pieces[0].id}", {"seen": stamp, "grade": "优秀"})
        assert room.row().grade is None

    @pytest.mark.parametrize(
        ("grade", "comment"), [("A", ""), ("", ""), ("优秀", "好" * 501), ("优秀", "\x00"), ("合格", "")]
    )
    def test_bad_input_is_told_and_changes_nothing(self, room: Room, grade: str, comment: str) -> None:
        reply = open_and_grade(room, grade=grade, comment=comment)
        assert reply.status_code == 200
        assert "invalid-feedback" in reply.text
        assert room.row().grade is None

    def test_copies_are_told(self, room: Room, session: Session) -> None:
        other = room.them.learner()
        room.them.hand_in(other)
        session.commit()
        assert "与他人作业雷同（1 份）" in room.leader.get(f"/grading/{room.pieces[0].id}").text

    def test_nobody_grades_the_own_homework(self, room: Room, session: Session) -> None:
        own = room.them.learners[0]
        own.account_id = room.leader.account_id
        session.commit()
        page = room.leader.get(f"/grading/{room.pieces[0].id}").text
        assert "这是您自己的作业" in page
        assert "data-key" not in page
        stamp = "0-0"
        assert room.leader.post(f"/grading/{room.pieces[0].id}", {"seen": stamp, "grade": "优秀"}).status_code == 403

    def test_a_micro_ability_is_certified(self, room: Room, session: Session) -> None:
        row = submissions.submit(session, room.them.learners[0], "abilities", "A1", text=TEXT, now=NOW)
        session.commit()
        address = f"/grading/{row.id}"
        page = room.leader.get(address)
        assert "推优" not in page.text
        room.leader.post(address, {"seen": seen(page), "grade": "合格"})
        session.refresh(row)
        assert row.passed is True


class TestSendingBack:
    def test_it_needs_a_reason_and_goes_on_with_the_next(self, room: Room) -> None:
        address = f"/grading/{room.pieces[0].id}"
        stamp = seen(room.leader.get(address))
        reply = room.leader.post(f"{address}/send-back", {"seen": stamp, "comment": " "})
        assert "请写明退回的原因" in reply.text
        assert room.row().returned_at is None
        reply = room.leader.post(f"{address}/send-back", {"seen": stamp, "comment": "请写自己的课堂"})
        assert reply.location.endswith(str(room.pieces[1].id))
        assert (room.row().returned_at is not None, room.row().comment) == (True, "请写自己的课堂")

    def test_a_text_that_came_anew_is_not_sent_back(self, room: Room, session: Session) -> None:
        address = f"/grading/{room.pieces[0].id}"
        stamp = seen(room.leader.get(address))
        room.them.hand_in(room.them.learners[0], text=OTHER_TEXT + "改过了。", now=NOW + timedelta(hours=1))
        session.commit()
        room.leader.post(f"{address}/send-back", {"seen": stamp, "comment": "太短"})
        assert room.row().returned_at is None


class TestReach:
    def test_another_leader_finds_nothing(self, room: Room, staff: Callable[..., Staff], session: Session) -> None:
        other = staff(LEADER)
        session.add(
            Workshop(programme_slug=room.them.programme.slug, code="W2", title="二坊", leader_id=other.account_id)
        )
        session.commit()
        piece, workshop = room.pieces[0].id, room.them.workshop.id
        for path in (f"/grading/{piece}", f"/grading?workshop={workshop}", f"/workshops/{workshop}"):
            assert other.get(path).status_code == 404
        for path in (f"/grading/{piece}", f"/grading/{piece}/send-back", f"/workshops/{workshop}/published"):
            assert other.post(path, {"seen": "0-0", "grade": "优秀", "comment": "无"}).status_code == 404
        assert room.row().grade is None

    def test_whoever_no_longer_leads_is_out(self, room: Room, session: Session) -> None:
        address = f"/grading/{room.pieces[0].id}"
        stamp = seen(room.leader.get(address))
        room.them.workshop.leader_id = room.them.leader.id
        session.commit()
        assert room.leader.post(address, {"seen": stamp, "grade": "优秀"}).status_code in (302, 403, 404)
        assert room.row().grade is None

    def test_a_county_reads_its_own_learners_texts_and_judges_none(
        self, room: Room, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        for learner, school in zip(room.them.learners, (tree.east_school, tree.west_school), strict=True):
            session.get_one(Enrolment, learner.id).school_id = school.id
            session.get_one(Account, learner.account_id).school_id = school.id
        session.commit()
        county = staff("county_admin", tree.east)
        page = county.get(f"/grading/{room.pieces[0].id}")
        assert page.status_code == 200
        assert "data-key" not in page.text
        assert county.get(f"/grading/{room.pieces[1].id}").status_code == 404
        assert county.post(f"/grading/{room.pieces[0].id}", {"seen": "0-0", "grade": "优秀"}).status_code == 403
        names = [session.get_one(Account, one.account_id).name for one in room.them.learners]
        table = county.get(f"/workshops/{room.them.workshop.id}").text
        assert "东县一小" in table
        assert "西县一小" not in table
        assert names[0] in table
