"""What staff enter about learners: by the rules of the part, by whom, and without losing what stood before."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import Achievement, Workshop
from services import progress
from services.errors import Invalid, NotFound
from services.handing_in import copies
from services.handing_in.deadlines import TooEarly, TooLate
from services.marks import grading, to_grade
from services.marks.grading import NotHandedIn
from services.marks.judgements import Judgement
from services.marks.staff import NotTakingPart, Staff
from tests import factories
from tests.services.handing_in.class_room import BEGIN, NOW, OTHER_TEXT, OVER, TEXT, class_of

DAY = timedelta(days=1)


@pytest.fixture
def them(session):
    return class_of(session)


@pytest.fixture
def one(them):
    return them.learners[0]


@pytest.fixture
def leader(them):
    return Staff(them.leader.id, them.workshop.id)


@pytest.fixture
def judge(session, them, one, leader):
    """judge("summary", grade="优秀") as the leader of the workshop, of the first learner."""

    def judge(part, enrolment=one, *, staff=leader, item="", comment="", at=None, now=NOW, **judgement):
        return grading.record(
            session, staff, enrolment.id, part, Judgement(**judgement), item=item, comment=comment, at=at, now=now
        )

    return judge


def points(session, enrolment, key, now=NOW):
    return next(part.points for part in progress.score_card(session, enrolment, now).parts if part.key == key)


def rows(session):
    return session.scalar(sa.select(sa.func.count()).select_from(Achievement))


class TestGrade:
    def test_it_earns_points_and_says_who_when_and_why(self, session, them, one, judge):
        them.hand_in(one)
        row = judge("summary", grade="良好", comment=" 案例很好 ", now=NOW + DAY)
        assert (row.graded_by, row.graded_at, row.comment, row.at) == (them.leader.id, NOW + DAY, "案例很好", NOW)
        assert points(session, one, "summary", NOW + DAY) == 8

    def test_another_grade_keeps_the_first_in_the_history_and_the_same_one_writes_nothing(self, them, one, judge):
        them.hand_in(one)
        judge("summary", grade="中等", comment="太短")
        row = judge("summary", grade="优秀", now=NOW + DAY)
        judge("summary", grade="优秀", now=NOW + 2 * DAY)
        assert row.graded_at == NOW + DAY
        kept = row.history[-1]
        assert (kept["grade"], kept["comment"], kept["graded_by"]) == ("中等", "太短", them.leader.id)
        assert "text" not in kept

    def test_only_grades_of_the_part(self, them, one, judge):
        them.hand_in(one)
        for grade in ("良", "", None, "A"):
            with pytest.raises(Invalid, match="等级应为：优秀、良好、中等、不及格"):
                judge("summary", grade=grade)

    def test_what_was_handed_in_in_time_is_graded_after_the_deadline(self, session, them, one, judge):
        them.hand_in(one, now=OVER - timedelta(seconds=1))
        judge("summary", grade="优秀", now=OVER + DAY)
        assert points(session, one, "summary", OVER + DAY) == 10

    def test_homework_on_paper_needs_the_day_when_it_was_handed_in(self, session, one, judge):
        with pytest.raises(NotHandedIn):
            judge("summary", grade="优秀")
        row = judge("summary", grade="优秀", at=BEGIN, now=OVER + DAY)
        assert (row.item, row.at, row.text) == ("1", BEGIN, None)
        assert points(session, one, "summary", OVER + DAY) == 10

    def test_what_must_have_words_is_not_entered_without_them(self, judge):
        with pytest.raises(NotHandedIn, match="30 字以上"):
            judge("report", passed=True, at=NOW)

    def test_a_comment_that_is_too_long_or_hostile(self, them, one, judge):
        them.hand_in(one)
        for comment in ("长" * 501, "x\0y", "\x1b[2J", "\ud800"):
            with pytest.raises(Invalid, match="评语"):
                judge("summary", grade="优秀", comment=comment)


class TestSendBack:
    def test_it_counts_nothing_until_it_comes_again(self, session, them, one, judge, leader):
        them.hand_in(one, "stories")
        assert points(session, one, "stories") == 10
        row = grading.send_back(session, leader, one.id, "stories", comment="与主题无关", now=NOW)
        assert (row.comment, row.graded_by, row.text) == ("与主题无关", them.leader.id, TEXT)
        assert points(session, one, "stories") == 0
        them.hand_in(one, "stories", text=OTHER_TEXT)
        assert points(session, one, "stories") == 10

    def test_it_says_why(self, session, them, one, leader):
        them.hand_in(one)
        with pytest.raises(Invalid, match="原因"):
            grading.send_back(session, leader, one.id, "summary", comment="  ", now=NOW)

    def test_not_when_the_teacher_could_not_hand_in_again(self, session, them, one, leader):
        them.hand_in(one)
        with pytest.raises(TooLate):
            grading.send_back(session, leader, one.id, "summary", comment="再改改", now=OVER)
        with pytest.raises(NotHandedIn):
            grading.send_back(session, leader, one.id, "stories", comment="再改改", now=NOW)

    def test_a_grade_after_all_ends_it(self, session, them, one, judge, leader):
        them.hand_in(one)
        grading.send_back(session, leader, one.id, "summary", comment="再改改", now=NOW)
        assert judge("summary", grade="中等").returned_at is None
        assert points(session, one, "summary") == 6


class TestRecommend:
    def test_homework_that_was_handed_in(self, session, them, one, leader):
        with pytest.raises(NotHandedIn):
            grading.recommend(session, leader, one.id, "summary", now=NOW)
        them.hand_in(one)
        row = grading.recommend(session, leader, one.id, "summary", comment="可作范文", now=NOW)
        assert (row.recommended, row.comment) == (True, "可作范文")
        assert not grading.recommend(session, leader, one.id, "summary", recommended=False, now=NOW).recommended
        assert [entry.get("recommended", False) for entry in row.history] == [False, True]

    def test_only_homework(self, session, them, one, leader):
        them.hand_in(one, "stories")
        with pytest.raises(Invalid):
            grading.recommend(session, leader, one.id, "stories", now=NOW)

    def test_another_text_is_not_recommended(self, session, them, one, leader):
        them.hand_in(one)
        grading.recommend(session, leader, one.id, "summary", now=NOW)
        assert not them.hand_in(one, text=OTHER_TEXT).recommended


class TestKinds:
    def test_a_micro_ability_is_certified_or_refused(self, session, them, one, judge):
        them.hand_in(one, "abilities", item="A1", dimension="学情分析")
        judge("abilities", item="a1", passed=True)
        judge("abilities", item="B2", passed=True, dimension="教学设计")
        judge("abilities", item="C3", passed=False, dimension="学业评价", comment="材料不全")
        assert points(session, one, "abilities") == 20

    def test_more_certified_than_count_earn_no_more(self, session, one, judge):
        for number in range(5):
            judge("abilities", item=f"A{number}", passed=True)
        assert points(session, one, "abilities") == 30

    def test_assessed_marked_attended_and_counted(self, session, one, judge):
        judge("school", passed=True)
        judge("exam", mark=87.5)
        judge("offline", item="第一场", hours=3)
        judge("offline", item="第二场", hours=6)
        judge("posts", count=2)
        card = {part.key: part.points for part in progress.score_card(session, one, NOW).parts}
        assert (card["school"], card["exam"], card["offline"], card["posts"]) == (10, 17.5, 10, 4)

    @pytest.mark.parametrize(
        ("part", "judgement"),
        [
            ("exam", {"mark": 101}),
            ("exam", {"mark": -0.5}),
            ("exam", {"mark": float("nan")}),
            ("exam", {"mark": float("inf")}),
            ("exam", {}),
            ("exam", {"passed": True}),
            ("exam", {"mark": 90, "grade": "优秀"}),
            ("school", {"mark": 90}),
            ("school", {}),
            ("offline", {"hours": 8.01}),
            ("offline", {"hours": 0}),
            ("offline", {"hours": float("nan")}),
            ("posts", {"count": 0}),
            ("posts", {"count": 10**9}),
            ("posts", {}),
            ("abilities", {"item": "A1"}),
            ("abilities", {"passed": True}),
            ("abilities", {"passed": True, "item": "A/1"}),
            ("school", {"passed": True, "dimension": "教学设计"}),
            ("ethics", {"mark": 100}),
        ],
    )
    def test_what_is_beyond_or_beside_the_part_is_refused(self, session, judge, part, judgement):
        with pytest.raises(Invalid):
            judge(part, **judgement)
        assert rows(session) == 0


class TestWhen:
    def test_what_took_place_outside_the_parts_time_is_refused(self, judge):
        with pytest.raises(TooEarly):
            judge("exam", mark=90, at=BEGIN - DAY)
        with pytest.raises(TooLate):
            judge("exam", mark=90, at=OVER, now=OVER + DAY)
        with pytest.raises(TooLate, match="实际日期"):
            judge("exam", mark=90, now=OVER)
        with pytest.raises(Invalid, match="今天之后"):
            judge("exam", mark=90, at=NOW + DAY)

    def test_late_entered_with_its_day_it_counts(self, session, one, judge):
        judge("exam", mark=90, at=OVER - DAY, now=OVER + DAY)
        assert points(session, one, "exam", OVER + DAY) == 18


class TestScope:
    def test_a_leader_acts_in_the_own_workshop_only(self, session, them, judge):
        outside = them.learner()
        other = Workshop(
            programme_slug=them.programme.slug, code="W2", title="二坊", leader_id=factories.account(session).id
        )
        session.add(other)
        session.flush()
        for staff in (Staff(them.leader.id, other.id), Staff(other.leader_id, them.workshop.id), Staff(None, other.id)):
            with pytest.raises(NotFound):
                judge("exam", mark=90, staff=staff)
        with pytest.raises(NotFound):
            judge("exam", outside, mark=90)
        assert judge("exam", outside, mark=90, staff=Staff(them.leader.id)).mark == 90

    def test_an_unknown_enrolment_or_a_part_of_another_programme(self, session, judge, one, leader):
        for enrolment_id in (one.id + 999, 0, -1, 2**64):
            with pytest.raises(NotFound):
                grading.record(session, leader, enrolment_id, "exam", Judgement(mark=90), now=NOW)
        with pytest.raises(NotFound):
            judge("leadership", mark=90)

    def test_who_takes_no_part_is_not_judged(self, one, judge):
        one.status = "withdrawn"
        with pytest.raises(NotTakingPart):
            judge("exam", mark=90)


class TestToGrade:
    def test_a_leader_sees_the_own_workshops_and_which_are_copies(self, session, them, one, leader, judge):
        two, outside = them.learners[1], them.learner()
        them.hand_in(one)
        them.hand_in(two, text=f"  {TEXT.replace('，', ',')}\n\n！", now=NOW + DAY)
        them.hand_in(outside, text=OTHER_TEXT)
        found = to_grade.listed(session, leader, them.programme.slug, "summary")
        assert [waiting.enrolment_id for waiting in found] == [one.id, two.id]
        assert [waiting.copied for waiting in found] == [copies.Copies(1, NOW + DAY), copies.Copies(1, NOW)]
        assert found[0].copied.says == "与他人作业雷同（1 份）"
        everybody = to_grade.listed(session, Staff(None), them.programme.slug, "summary")
        assert [waiting.copied is None for waiting in everybody] == [False, False, True]
        judge("summary", grade="优秀")
        assert len(to_grade.listed(session, leader, them.programme.slug, "summary")) == 1
        assert len(to_grade.listed(session, leader, them.programme.slug, "summary", judged=True)) == 1
        assert to_grade.listed(session, leader, them.programme.slug, "summary", after=found[-1].achievement.id) == []

    def test_short_texts_are_alike_by_chance(self, session, them, leader):
        for enrolment in them.learners:
            them.hand_in(enrolment, text="已完成。")
        assert {w.copied for w in to_grade.listed(session, leader, them.programme.slug, "summary")} == {None}

    def test_only_where_original_work_is_asked_for(self, session, them, leader):
        for enrolment in them.learners:
            them.hand_in(enrolment, "stories")
        assert {w.copied for w in to_grade.listed(session, leader, them.programme.slug, "stories")} == {None}

    def test_another_programmes_or_workshops_are_not_found(self, session, them, leader):
        with pytest.raises(NotFound):
            to_grade.listed(session, Staff(them.leader.id + 1, them.workshop.id), them.programme.slug, "summary")
        with pytest.raises(NotFound):
            to_grade.listed(session, leader, them.programme.slug, "nothing")
