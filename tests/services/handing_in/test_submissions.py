"""What a teacher hands in, by the rules of the part and of the calendar."""

from datetime import UTC, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement
from services import progress
from services.errors import Invalid, NotFound
from services.handing_in import handed_in, submissions
from services.handing_in.deadlines import TooEarly, TooLate
from services.handing_in.submissions import AlreadyGraded, TooManyChanges, TooManyItems
from services.marks import grading
from services.marks.judgements import Judgement
from services.marks.staff import NotTakingPart, Staff
from tests import factories
from tests.programmes.notices import local
from tests.services.handing_in.class_room import BEGIN, NOW, OTHER_TEXT, OVER, TEXT, class_of

SECOND = timedelta(seconds=1)
LEAST = timedelta(microseconds=1)
SECOND_PHASE = """
[[calendar.phases]]
key = "again"
title = "续期"
opens = 2022-11-10
closes = 2022-11-20
kind = "study"
clause = "虚构"

[[accepted]]
code = "phase_order"
at = "again"
reason = "虚构项目停十天"
by = "测试员"
on = 2022-07-01

[[modules]]"""


@pytest.fixture
def them(session):
    return class_of(session)


@pytest.fixture
def one(them):
    return them.learners[0]


def rows(session):
    return session.scalar(sa.select(sa.func.count()).select_from(Achievement))


def wrong_field(error) -> str:
    return error.value.extra["errors"][0]["field"]


class TestSubmit:
    def test_homework_is_kept_and_waits_for_a_grade(self, session, them, one):
        row = them.hand_in(one, title=" 我的培训总结 ")
        assert (row.text, row.title, row.words, row.at, row.grade) == (TEXT, "我的培训总结", 41, NOW, None)
        card = progress.score_card(session, one, NOW)
        assert "作业“我的培训总结”等待批阅" in card.missing
        assert card.score == 0

    def test_an_activity_counts_as_soon_as_it_is_handed_in(self, session, them, one):
        them.hand_in(one, "stories")
        assert progress.score_card(session, one, NOW).score == 10

    def test_the_same_again_changes_nothing_even_after_the_deadline_or_the_grade(self, session, them, one):
        row = them.hand_in(one, now=OVER - SECOND)
        assert them.hand_in(one, now=OVER) is row
        grading.record(session, Staff(them.leader.id), one.id, "summary", Judgement(grade="优秀"), now=OVER)
        again = them.hand_in(one, now=OVER + SECOND)
        assert (again.at, again.grade, rows(session)) == (OVER - SECOND, "优秀", 1)

    def test_another_text_replaces_an_ungraded_one_and_the_old_one_stays_in_the_history(self, them, one):
        them.hand_in(one)
        row = them.hand_in(one, text=OTHER_TEXT, now=NOW + SECOND)
        assert (row.text, row.at, row.words) == (OTHER_TEXT, NOW + SECOND, 37)
        [before] = row.history
        assert (before["text"], before["at"], before["entered_by"]) == (
            TEXT,
            NOW.astimezone(UTC).isoformat(),
            one.account_id,
        )

    def test_a_graded_one_is_replaced_only_after_it_was_sent_back(self, session, them, one):
        staff = Staff(them.leader.id)
        them.hand_in(one)
        grading.record(session, staff, one.id, "summary", Judgement(grade="中等"), comment="太短", now=NOW)
        with pytest.raises(AlreadyGraded):
            them.hand_in(one, text=OTHER_TEXT)
        grading.send_back(session, staff, one.id, "summary", comment="请补充", now=NOW)
        row = them.hand_in(one, text=OTHER_TEXT, now=NOW + SECOND)
        assert (row.grade, row.comment, row.returned_at, row.graded_by) == (None, "", None, None)
        assert [entry.get("grade") for entry in row.history] == [None, "中等", None]

    def test_so_many_changes_and_no_more(self, them, one):
        for number in range(submissions.MOST_CHANGES + 1):
            them.hand_in(one, text=f"第 {number} 稿")
        with pytest.raises(TooManyChanges, match="20 次"):
            them.hand_in(one, text="再改一次")

    @pytest.mark.parametrize("key", ["nothing", "ethics", "school", "exam", "offline", ""])
    def test_what_learners_do_not_hand_in_is_not_found(self, them, one, key):
        with pytest.raises(NotFound):
            them.hand_in(one, key)

    @pytest.mark.parametrize(("status", "says"), [("exempt", "免修"), ("withdrawn", "退出")])
    def test_who_takes_no_part_hands_in_nothing(self, session, them, one, status, says):
        one.status = status
        with pytest.raises(NotTakingPart, match=says):
            them.hand_in(one)
        assert rows(session) == 0


class TestWhen:
    def test_before_the_study_phase_it_is_too_early_and_said_until_when(self, them, one):
        with pytest.raises(TooEarly, match="2022-07-16 00:00") as early:
            them.hand_in(one, now=BEGIN - LEAST)
        assert early.value.extra == {"opens_at": "2022-07-16T00:00:00+08:00"}
        assert them.hand_in(one, now=BEGIN).at == BEGIN

    def test_a_second_too_late_is_too_late_and_said_since_when(self, session, them, one):
        assert them.hand_in(one, "stories", now=OVER - SECOND)
        with pytest.raises(TooLate, match="2022-11-01 00:00") as late:
            them.hand_in(one, now=OVER)
        assert late.value.extra == {"closed_at": "2022-11-01T00:00:00+08:00"}
        with pytest.raises(TooLate):
            them.hand_in(one, "stories", text=OTHER_TEXT, now=OVER)
        assert rows(session) == 1

    def test_a_part_may_have_a_deadline_of_its_own(self, them, one):
        with pytest.raises(TooLate, match="2022-10-01"):
            them.hand_in(one, "report", now=local("2022-10-01T00:00"))

    def test_between_two_study_phases_it_is_too_early_for_the_second(self, session):
        them = class_of(session, 1, ("\n[[modules]]", SECOND_PHASE))
        with pytest.raises(TooEarly, match="2022-11-10"):
            them.hand_in(them.learners[0], now=OVER)

    def test_whatever_is_taken_in_time_the_score_counts(self, session, them, one):
        for moment in (BEGIN, OVER - LEAST):
            them.hand_in(one, "stories", text=f"{moment}", now=moment)
            assert progress.score_card(session, one, OVER).score == 10


class TestText:
    def test_too_few_words_are_told_with_both_numbers(self, them, one):
        with pytest.raises(Invalid, match="现有 5 字，要求不少于 30 字") as short:
            them.hand_in(one, "report", text="学习很认真")
        assert wrong_field(short) == "text"

    @pytest.mark.parametrize("text", ["", "   \n", "\u200b", "***", "👍👍"])
    def test_nothing_written_is_refused(self, them, one, text):
        with pytest.raises(Invalid, match="请填写内容"):
            them.hand_in(one, text=text)

    @pytest.mark.parametrize("text", ["学\0习", "学\x1b[2J习", "学\x85习", "学\ud800习", "学\x0c习"])
    def test_control_characters_are_refused(self, them, one, text):
        with pytest.raises(Invalid, match="控制字符") as wrong:
            them.hand_in(one, text=text)
        assert text not in wrong.value.detail

    def test_line_breaks_tabs_and_rare_characters_stay_as_they_are(self, them, one):
        text = "一\r\n\t二\n𠮷👨‍👩‍👧 %s ' -- {{ }} <b>"
        assert them.hand_in(one, text=text).text == text

    def test_twenty_thousand_characters_and_no_more(self, them, one):
        assert them.hand_in(one, text="学" * 20_000).words == 20_000
        with pytest.raises(Invalid, match="最多 20000"):
            them.hand_in(one, text="学" * 20_001)

    def test_a_title_or_dimension_that_is_too_long_or_out_of_place(self, them, one):
        for changes in ({"title": "长" * 201}, {"title": "\0"}, {"dimension": "设计"}):
            with pytest.raises(Invalid) as wrong:
                them.hand_in(one, **changes)
            assert [wrong_field(wrong)] == list(changes)


class TestItems:
    def test_a_part_that_earns_for_each_takes_as_many_as_earn(self, session, them, one):
        for number in ("1", "2", "3"):
            them.hand_in(one, "posts", item=number)
        with pytest.raises(TooManyItems, match="最多提交 3 份"):
            them.hand_in(one, "posts", item="4")
        assert progress.score_card(session, one, NOW).score == 6

    def test_one_where_one_is_asked_for(self, them, one):
        for part in ("summary", "stories"):
            with pytest.raises(TooManyItems):
                them.hand_in(one, part, item="2")

    @pytest.mark.parametrize("item", ["0", "01", "-1", "1.0", "x"])
    def test_they_are_numbered_from_one(self, them, one, item):
        with pytest.raises((NotFound, Invalid)):
            them.hand_in(one, "posts", item=item)

    def test_micro_abilities_go_by_code_or_name_in_one_spelling(self, session, them, one):
        first = them.hand_in(one, "abilities", item=" ａ1", dimension="学情分析")
        assert first.item == "A1"
        assert them.hand_in(one, "abilities", item="a1", dimension="学情分析") is first
        them.hand_in(one, "abilities", item="技术支持的课堂导入", dimension="教学设计")
        part = progress.score_card(session, one, NOW).parts[-4]
        assert (part.key, part.points) == ("abilities", 0)
        assert "2 个等待认证" in part.says

    def test_the_catalogue_knows_the_dimension_of_an_ability(self, session, them, one):
        factories.course(session, them.programme, module="ability", ability="B2", dimension="教学设计")
        assert them.hand_in(one, "abilities", item="b2").dimension == "教学设计"
        with pytest.raises(Invalid, match="属于“教学设计”维度"):
            them.hand_in(one, "abilities", item="B2", text=OTHER_TEXT, dimension="学情分析")

    def test_more_micro_abilities_than_there_are(self, them, one):
        for number in range(submissions.MOST_ABILITIES):
            them.hand_in(one, "abilities", item=f"A{number}", text="已上传")
        with pytest.raises(TooManyItems):
            them.hand_in(one, "abilities", item="B1")


class TestReadAndWithdraw:
    def test_ones_own_text(self, session, them, one):
        row = them.hand_in(one)
        assert submissions.read(session, one, "summary", "1") is row
        with pytest.raises(NotFound):
            submissions.read(session, them.learners[1], "summary", "1")

    def test_what_nobody_judged_may_be_taken_back_once_and_again(self, session, them, one):
        them.hand_in(one)
        submissions.withdraw(session, one, "summary", "1", NOW)
        submissions.withdraw(session, one, "summary", "1", NOW)
        assert rows(session) == 0

    def test_graded_sent_back_or_past_the_deadline_it_stays(self, session, them, one):
        staff = Staff(them.leader.id)
        them.hand_in(one)
        with pytest.raises(TooLate):
            submissions.withdraw(session, one, "summary", "1", OVER)
        grading.record(session, staff, one.id, "summary", Judgement(grade="良好"), now=NOW)
        with pytest.raises(AlreadyGraded):
            submissions.withdraw(session, one, "summary", "1", NOW)
        grading.send_back(session, staff, one.id, "summary", comment="再改改", now=NOW)
        them.hand_in(one, text=OTHER_TEXT)
        with pytest.raises(AlreadyGraded):
            submissions.withdraw(session, one, "summary", "1", NOW)

    def test_nor_is_taken_back_what_the_operator_sent_back(self, session, them, one):
        them.hand_in(one)
        grading.send_back(session, Staff(None), one.id, "summary", comment="再改改", now=NOW)
        with pytest.raises(AlreadyGraded):
            submissions.withdraw(session, one, "summary", "1", NOW)

    def test_what_the_operator_entered_is_neither_replaced_nor_taken_back(self, session, them, one):
        grading.record(session, Staff(None), one.id, "posts", Judgement(count=2), item="1", now=NOW)
        with pytest.raises(AlreadyGraded):
            them.hand_in(one, "posts")
        with pytest.raises(AlreadyGraded):
            submissions.withdraw(session, one, "posts", "1", NOW)
        them.hand_in(one, "posts", item="2")
        assert rows(session) == 2


class TestParts:
    def state(self, session, enrolment, key, now=NOW):
        return next(view.state for view in handed_in.parts(session, enrolment, now) if view.part.key == key)

    def test_only_those_that_are_handed_in_with_rules_and_deadline(self, session, one):
        views = handed_in.parts(session, one, NOW)
        assert [view.part.key for view in views] == ["stories", "summary", "discussion", "posts", "report", "abilities"]
        assert [(view.needed, view.most) for view in views] == [(1, 1), (1, 1), (1, 1), (3, 3), (1, 1), (3, 30)]
        assert (views[1].opens_at, views[1].closes_at) == (BEGIN, OVER)

    def test_what_each_state_means(self, session, them, one):
        staff = Staff(them.leader.id)
        assert self.state(session, one, "summary", BEGIN - LEAST) == "closed"
        assert self.state(session, one, "summary") == "open"
        them.hand_in(one)
        assert self.state(session, one, "summary") == "waiting"
        grading.send_back(session, staff, one.id, "summary", comment="再改改", now=NOW)
        assert self.state(session, one, "summary") == "returned"
        assert self.state(session, one, "summary", OVER) == "closed"
        grading.record(session, staff, one.id, "summary", Judgement(grade="良好"), now=OVER)
        assert self.state(session, one, "summary", OVER) == "graded"
        them.hand_in(one, "posts")
        assert self.state(session, one, "posts") == "open"
        assert self.state(session, one, "posts", OVER) == "done"

    def test_long_texts_and_what_they_replaced_are_not_read(self, session, them, one):
        them.hand_in(one)
        session.expire_all()
        [row] = next(view.items for view in handed_in.parts(session, one, NOW) if view.part.key == "summary")
        assert sa.inspect(row).unloaded >= {"text", "history"}

    def test_who_is_exempt_has_nothing_open(self, session, one):
        one.status = "exempt"
        assert {view.state for view in handed_in.parts(session, one, NOW)} == {"closed"}


def test_handed_in_twice_at_once_is_there_once(engine):
    """The unique key decides, on every database; who comes second finds the other's row."""
    with Session(engine) as session:
        them = class_of(session, 1)
        session.commit()
        one = them.learners[0]
        row = them.hand_in(one)
        session.flush()
        values = {name: getattr(row, name) for name in ("enrolment_id", "part", "item", "at", "entered_at")}
        there, new = submissions.achievements.added(
            session, Achievement(**values, text="另一台手机", history=[]), enrolment_id=one.id, part="summary", item="1"
        )
        assert (there.text, new) == (TEXT, False)
        session.commit()
        assert rows(session) == 1
        assert session.scalars(sa.select(Achievement)).one().history == []
