"""Enrolling, choosing courses, and dropping them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, CourseChoice, Enrolment, Programme
from services import programmes
from services.enrolling import enrolments
from services.errors import NotFound
from tests import factories
from tests.programmes.notices import local, phase2_text
from tests.services.studying import NOW, cast

LATE = local("2022-11-01T00:00")
SECOND = ("version = 1", 'version = 2\nchanges = "更正"')


def chosen(session: Session) -> list[int]:
    return list(session.scalars(sa.select(CourseChoice.course_id)))


class TestEnrol:
    def test_once_is_enough(self, engine):
        with Session(engine) as session:
            them = cast(session)
            again = enrolments.enrol(session, them.teacher, them.programme, None, NOW)
            session.commit()
            assert again.id == them.enrolment.id
            assert (again.status, again.credited_seconds, again.school_id) == ("active", 0, them.teacher.school_id)

    def test_a_new_version_does_not_enrol_twice(self, session):
        them = cast(session)
        second = programmes.publish(session, phase2_text(SECOND), NOW)
        assert enrolments.enrol(session, them.teacher, second, None, NOW).id == them.enrolment.id

    def test_moving_to_a_new_version_keeps_what_was_studied(self, session):
        them = cast(session)
        them.studied(them.ethics.lessons[0], 900)
        second = programmes.publish(session, phase2_text(SECOND), NOW)
        assert enrolments.move_to(session, second) == 1
        assert them.enrolment.programme_id == second.id
        assert enrolments.move_to(session, second) == 0


class TestOwned:
    def test_ones_own_is_found(self, session):
        them = cast(session)
        assert enrolments.owned(session, them.teacher.id, them.enrolment.id) is them.enrolment

    def test_anothers_is_not(self, session):
        them = cast(session)
        with pytest.raises(NotFound):
            enrolments.owned(session, factories.account(session).id, them.enrolment.id)

    @pytest.mark.parametrize("impossible", [0, -1, 2**63, 10**30])
    def test_neither_is_an_id_that_no_column_holds(self, engine, impossible):
        with Session(engine) as session, pytest.raises(NotFound):
            enrolments.owned(session, 1, impossible)

    def test_the_latest_comes_first(self, session):
        them = cast(session)
        later = factories.enrolment(session, them.teacher, factories.programme(session), enrolled_at=LATE)
        assert [row.id for row in enrolments.of_account(session, them.teacher.id)] == [later.id, them.enrolment.id]


class TestChoose:
    def test_a_course_is_chosen_once(self, engine):
        with Session(engine) as session:
            them = cast(session)
            enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
            enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
            session.commit()
            assert chosen(session) == [them.ethics.id]

    def test_another_programmes_course_is_not_found(self, session):
        them = cast(session)
        foreign = factories.course(session, factories.programme(session))
        with pytest.raises(NotFound):
            enrolments.choose(session, them.enrolment, foreign.id, NOW)

    def test_not_by_who_withdrew(self, session):
        them = cast(session)
        enrolments.withdraw(them.enrolment)
        with pytest.raises(enrolments.Withdrawn):
            enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        assert chosen(session) == []

    def test_not_after_studying_is_over(self, session):
        them = cast(session)
        with pytest.raises(enrolments.StudyOver):
            enrolments.choose(session, them.enrolment, them.ethics.id, LATE)

    def test_what_is_chosen_already_stays_harmless_then(self, session):
        them = cast(session)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        enrolments.choose(session, them.enrolment, them.ethics.id, LATE)

    def test_no_more_than_the_programme_lets_one_choose(self, session):
        them = cast(session, ("hour_seconds = 2700", "hour_seconds = 2700\nmax_choose = 5"))
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        with pytest.raises(enrolments.TooManyHours, match="最多可选 5 学时"):
            enrolments.choose(session, them.enrolment, them.ability.id, NOW)
        assert chosen(session) == [them.ethics.id]

    def test_exactly_that_many_are_allowed(self, session):
        them = cast(session, ("hour_seconds = 2700", "hour_seconds = 2700\nmax_choose = 6"))
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        enrolments.choose(session, them.enrolment, them.ability.id, NOW)


class TestDrop:
    def test_a_chosen_course_is_dropped_once(self, engine):
        with Session(engine) as session:
            them = cast(session)
            enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
            enrolments.drop(session, them.enrolment, them.ethics.id, NOW)
            enrolments.drop(session, them.enrolment, them.ethics.id, NOW)
            session.commit()
            assert chosen(session) == []

    def test_it_can_be_chosen_again(self, session):
        them = cast(session)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        enrolments.drop(session, them.enrolment, them.ethics.id, NOW)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        assert chosen(session) == [them.ethics.id]

    def test_a_course_with_credited_seconds_stays(self, session):
        them = cast(session)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        them.studied(them.ethics.lessons[1], 1)
        with pytest.raises(enrolments.CourseStudied, match="已有学时记录，不能退选"):
            enrolments.drop(session, them.enrolment, them.ethics.id, NOW)
        assert chosen(session) == [them.ethics.id]

    def test_not_after_studying_is_over(self, session):
        them = cast(session)
        enrolments.choose(session, them.enrolment, them.ethics.id, NOW)
        with pytest.raises(enrolments.StudyOver):
            enrolments.drop(session, them.enrolment, them.ethics.id, LATE)


class TestManyAtOnce:
    def test_everybody_gets_the_same_enrolment_and_one_choice(self, engine):
        with Session(engine) as session:
            them = cast(session)
            teacher = factories.account(session)
            ids = (teacher.id, them.programme.id, them.ethics.id)
            session.commit()

        def tap(_: int) -> int:
            with Session(engine) as session:
                account, programme = session.get_one(Account, ids[0]), session.get_one(Programme, ids[1])
                enrolment = enrolments.enrol(session, account, programme, None, NOW)
                enrolments.choose(session, enrolment, ids[2], NOW)
                session.commit()
                return enrolment.id

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(tap, range(12)))) == 1
        with Session(engine) as session:
            assert chosen(session) == [ids[2]]


class TestOpeningALesson:
    def test_it_chooses_the_course(self, session):
        them = cast(session)
        enrolments.ensure_chosen(session, them.enrolment, them.ethics.lessons[0], NOW)
        enrolments.ensure_chosen(session, them.enrolment, them.ethics.lessons[1], NOW)
        assert chosen(session) == [them.ethics.id]

    def test_a_lesson_of_another_programme_is_not_found(self, session):
        them = cast(session)
        foreign = factories.lesson(session, factories.course(session, factories.programme(session)))
        with pytest.raises(NotFound):
            enrolments.ensure_chosen(session, them.enrolment, foreign, NOW)
        assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 1
