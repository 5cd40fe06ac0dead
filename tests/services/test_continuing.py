"""Where a teacher goes on: on each database."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import CourseChoice, Coverage, Lesson, StudySession
from services import continuing, programmes, progress
from services.continuing import SLACK, NextLesson
from services.enrolling import enrolments
from tests import factories
from tests.programmes.notices import phase2_text
from tests.services.studying import NOW, cast


@pytest.fixture
def matrix(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def them(matrix):
    return cast(matrix)


def choose(them, *courses):
    for course in courses:
        them.session.add(CourseChoice(enrolment_id=them.enrolment.id, course_id=course.id, chosen_at=NOW))
    them.session.flush()


def play(them, lesson: Lesson, at: datetime, beat: datetime | None = None) -> None:
    them.session.add(
        StudySession(
            id=f"{lesson.id}-{at:%d%H%M%S}", account_id=them.teacher.id, enrolment_id=them.enrolment.id,
            lesson_id=lesson.id, device="phone", address_masked="", opened_at=at, last_beat_at=beat,
        )
    )  # fmt: skip
    them.session.flush()


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def following(them) -> NextLesson | None:
    return continuing.of(them.session, [them.enrolment]).get(them.enrolment.id)


def title(them) -> str | None:
    """E1/1: the course's code and the lesson's."""
    found = following(them)
    if found is None:
        return None
    lesson = them.session.get_one(Lesson, found.lesson_id)
    assert (found.lesson, found.course_id, found.course) == (lesson.title, lesson.course_id, lesson.course.title)
    assert found.duration == lesson.duration
    return f"{lesson.course.code}/{lesson.code}"


class TestOf:
    def test_nothing_chosen_is_nothing_to_go_on_with(self, them):
        assert title(them) is None
        assert continuing.of(them.session, []) == {}

    def test_a_teacher_who_has_seen_nothing_begins_at_the_top_of_the_list(self, them):
        choose(them, them.ability, them.ethics)
        assert title(them) == "E1/1"  # 师德 comes first in the notice, whatever the codes
        assert following(them).last_studied_at is None

    def test_the_lesson_last_studied_is_gone_on_with(self, them):
        choose(them, them.ability, them.ethics)
        play(them, them.ethics.lessons[0], after(0), after(30))
        play(them, them.ability.lessons[1], after(5), after(20))
        them.studied(them.ethics.lessons[0], 1200)
        found = following(them)
        assert (title(them), found.credited, found.last_studied_at) == ("E1/1", 1200, after(30))
        play(them, them.ability.lessons[1], after(40))  # opened, and nothing reported yet
        assert (title(them), following(them).credited, following(them).last_studied_at) == ("A1/2", 0, after(40))

    def test_one_that_was_interrupted_comes_before_new_ones(self, them):
        choose(them, them.ability, them.ethics)
        play(them, them.ability.lessons[1], after(0))
        play(them, them.ethics.lessons[0], after(60))
        them.studied(them.ethics.lessons[0], 2700)
        assert title(them) == "A1/2"

    def test_after_a_whole_lesson_comes_the_next_of_its_course_then_the_next_course_and_round(self, them):
        choose(them, them.ability, them.ethics)
        order = [*them.ability.lessons, *them.ethics.lessons]
        seen = []
        for minute, lesson in enumerate(order):
            play(them, lesson, after(minute))
            them.studied(lesson, lesson.duration)
            seen.append(title(them))
        assert seen == ["A1/2", "E1/1", "E1/2", None]

    def test_the_rest_of_its_own_course_comes_first_also_where_it_was_begun_in_the_middle(self, them):
        choose(them, them.ability, them.ethics)
        play(them, them.ethics.lessons[1], after(0))
        them.studied(them.ethics.lessons[1], 5400)
        assert title(them) == "E1/1"

    def test_a_lesson_that_lacks_its_last_moments_is_done_with(self, them):
        choose(them, them.ethics)
        first = them.ethics.lessons[0]
        play(them, first, after(0))
        them.studied(first, 2700 - SLACK - 1)
        assert title(them) == "E1/1"
        them.studied(first, 2700 - SLACK)
        assert title(them) == "E1/2"

    def test_a_lesson_no_longer_than_that_is_still_to_be_seen(self, them):
        course = factories.course(them.session, them.programme, code="E0", module="ethics")
        factories.lesson(them.session, course, code="1", duration=2)
        choose(them, course)
        assert title(them) == "E0/1"

    def test_a_course_that_was_dropped_is_not_gone_on_with(self, them):
        choose(them, them.ethics)
        play(them, them.ability.lessons[0], after(0))
        assert title(them) == "E1/1"

    def test_who_withdrew_has_nothing_to_go_on_with(self, them):
        choose(them, them.ethics)
        them.enrolment.status = "withdrawn"
        assert title(them) is None

    def test_it_asks_as_often_for_many_enrolments_as_for_one_and_mixes_none_up(self, them):
        choose(them, them.ethics)
        play(them, them.ethics.lessons[1], after(0))
        other = programmes.publish(them.session, phase2_text(("xuchang-2022-phase2", "another"), accept=True), NOW)
        their_course = factories.course(them.session, other, module="ability")
        theirs = factories.lesson(them.session, their_course)
        second = enrolments.enrol(them.session, them.teacher, other, None, NOW)
        them.session.add(CourseChoice(enrolment_id=second.id, course_id=their_course.id, chosen_at=NOW))
        third = enrolments.enrol(them.session, factories.account(them.session), them.programme, None, NOW)
        them.session.flush()
        rows = [them.enrolment, second, third]
        progress.overview(them.session, them.teacher.id, NOW)  # the notices are known
        asked: list[str] = []
        engine = them.session.get_bind().engine
        sa.event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        found = continuing.of(them.session, rows)
        assert len(asked) == 2
        assert {row.id: one.lesson_id for row in rows if (one := found.get(row.id))} == {
            them.enrolment.id: them.ethics.lessons[1].id,
            second.id: theirs.id,
        }

    def test_coverage_and_evidence_of_others_count_for_nothing(self, them):
        choose(them, them.ethics)
        other = enrolments.enrol(them.session, factories.account(them.session), them.programme, None, NOW)
        lesson = them.ethics.lessons[0]
        them.session.add(
            Coverage(enrolment_id=other.id, lesson_id=lesson.id, bitmap=b"", credited=2700, updated_at=NOW)
        )
        them.session.flush()
        assert title(them) == "E1/1"


@given(
    courses=st.lists(
        st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(1, 10**6)), min_size=1, max_size=4), max_size=4
    )
)
def test_whatever_was_seen_it_names_a_lesson_that_is_left_if_there_is_one(courses):
    places = [
        continuing._Place(number, place, NextLesson(0, "", number, "", 60, credited, when and after(when)))
        for number, lessons in enumerate(courses)
        for place, (credited, when) in enumerate(lessons)
    ]
    left = [place.row for place in places if place.left]
    found = continuing._next(places)
    assert (found in left) if left else found is None
    begun = [row for row in left if row.last_studied_at is not None]
    if begun:
        assert found.last_studied_at == max(row.last_studied_at for row in begun)
