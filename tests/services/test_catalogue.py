"""Importing a catalogue again and again, without hurting what was studied."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Course, Coverage, Lesson
from programmes import ProgrammeError
from services import catalogue, programmes
from services.errors import NotFound
from tests import factories
from tests.programmes.notices import local, phase2_text

NOW = local("2022-08-01T09:00")
SLUG = "xuchang-2022-phase2"
FILE = """
[[courses]]
code = "E1"
module = "ethics"
title = "走近师德"
[[courses.lessons]]
code = "1"
title = "第一课时"
duration = 600
media = "e1.mp4"
[[courses.lessons]]
code = "2"
title = "第二课时"
duration = 300
media = "e2.mp4"
"""


def bring(session: Session, text: str = FILE) -> catalogue.Imported:
    if programmes.find_latest(session, SLUG) is None:
        programmes.publish(session, phase2_text(), NOW)
    return catalogue.import_catalogue(session, SLUG, text)


def studied(session: Session, code: str = "1") -> Lesson:
    lesson = session.scalars(sa.select(Lesson).where(Lesson.code == code)).one()
    who = factories.enrolment(session, factories.account(session), programmes.latest(session, SLUG))
    session.add(Coverage(enrolment_id=who.id, lesson_id=lesson.id, bitmap=b"\x80", credited=1, updated_at=NOW))
    session.flush()
    return lesson


def test_courses_and_lessons_arrive_in_order(engine):
    with Session(engine) as session:
        assert bring(session) == catalogue.Imported(courses_added=1, lessons_added=2)
        session.commit()
        session.expire_all()
        [course] = session.scalars(sa.select(Course))
        assert [(lesson.code, lesson.duration) for lesson in course.lessons] == [("1", 600), ("2", 300)]


def test_again_changes_nothing(session):
    bring(session)
    assert bring(session) == catalogue.Imported()


def test_a_title_is_brought_up_to_date_and_the_ids_stay(session):
    bring(session)
    before = session.scalars(sa.select(Lesson.id)).all()
    assert bring(session, FILE.replace("第一课时", "第一讲")).changed == 1
    assert session.scalars(sa.select(Lesson.id)).all() == before


def test_what_the_file_leaves_out_stays(session):
    bring(session)
    bring(session, FILE.replace('code = "E1"', 'code = "E2"'))
    assert session.scalar(sa.select(sa.func.count()).select_from(Course)) == 2


def test_a_studied_lesson_cannot_be_shortened(session):
    bring(session)
    studied(session)
    with pytest.raises(
        ProgrammeError, match="第 1 门课程 E1“走近师德”第 1 个课时：已有人学过，时长不能从 600 秒改短为 599 秒"
    ):
        bring(session, FILE.replace("600", "599"))


def test_one_that_nobody_studied_can(session):
    bring(session)
    studied(session, "2")
    assert bring(session, FILE.replace("600", "599")).changed == 1


def test_a_studied_lesson_can_be_lengthened(session):
    bring(session)
    assert bring(session, FILE.replace("600", "601")).changed == 1
    assert studied(session).duration == 601


def test_a_studied_course_stays_in_its_module(session):
    bring(session)
    studied(session)
    with pytest.raises(ProgrammeError, match="不能从模块 ethics 改到 ability"):
        bring(session, FILE.replace("ethics", "ability"))


def test_a_bad_row_leaves_nothing_half_done(session):
    bring(session)
    text = FILE.replace("走近师德", "新标题") + FILE.replace("E1", "G1").replace("ethics", "gardening")
    with pytest.raises(ProgrammeError, match="没有模块 gardening"):
        bring(session, text)
    assert session.scalars(sa.select(Course.title)).all() == ["走近师德"]


def test_without_the_programme_there_is_nothing_to_import_into(session):
    with pytest.raises(NotFound, match="没有发布过项目"):
        catalogue.import_catalogue(session, SLUG, FILE)


def test_a_media_address_is_quoted_below_the_media_root_or_whole():
    assert catalogue.media_address("/media", Lesson(media="师德/a#1.mp4")) == "/media/%E5%B8%88%E5%BE%B7/a%231.mp4"
    assert catalogue.media_address("/media", Lesson(media="https://cdn.example/v.mp4")) == "https://cdn.example/v.mp4"
