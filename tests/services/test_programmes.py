"""Publishing: a version is put in force once and never edited."""

import pytest
from sqlalchemy.orm import Session

import programmes as files
from services import programmes
from services.errors import NotFound
from tests.programmes.notices import local, phase2_text

NOW = local("2022-07-01T09:00")
SECOND = (("version = 1", 'version = 2\nchanges = "延长学习"'), ("closes = 2022-10-31", "closes = 2022-11-30"))


class TestPublish:
    def test_a_notice_is_published_as_it_is_written(self, engine):
        with Session(engine) as session:
            row = programmes.publish(session, phase2_text(), NOW)
            session.commit()
            assert (row.slug, row.version) == ("xuchang-2022-phase2", 1)
            session.expire_all()
            assert row.document == phase2_text()

    def test_the_same_text_again_is_harmless(self, session):
        first = programmes.publish(session, phase2_text(), NOW)
        assert programmes.publish(session, phase2_text(), NOW).id == first.id

    def test_the_same_version_with_another_text_is_refused(self, session):
        programmes.publish(session, phase2_text(), NOW)
        with pytest.raises(programmes.VersionTaken):
            programmes.publish(session, phase2_text(("mark = 90", "mark = 80")), NOW)

    def test_a_higher_version_supersedes(self, session):
        programmes.publish(session, phase2_text(), NOW)
        second = programmes.publish(session, phase2_text(*SECOND), NOW)
        assert programmes.latest(session, "xuchang-2022-phase2").id == second.id

    def test_a_version_below_the_newest_is_refused(self, session):
        programmes.publish(session, phase2_text(*SECOND), NOW)
        with pytest.raises(programmes.VersionTooLow, match="低于已发布的 2"):
            programmes.publish(session, phase2_text(), NOW)

    def test_an_old_version_again_is_harmless_beside_a_newer_one(self, session):
        first = programmes.publish(session, phase2_text(), NOW)
        programmes.publish(session, phase2_text(*SECOND), NOW)
        assert programmes.publish(session, phase2_text(), NOW).id == first.id

    def test_a_broken_file_is_not_published(self, session):
        with pytest.raises(files.ProgrammeError):
            programmes.publish(session, phase2_text(("mark = 90", "mark = 101")), NOW)
        assert programmes.every(session) == []


class TestGet:
    def test_it_is_read_once(self, session):
        row_id = programmes.publish(session, phase2_text(), NOW).id
        session.commit()
        with Session(session.get_bind()) as first, Session(session.get_bind()) as second:
            assert programmes.get(first, row_id) is programmes.get(second, row_id)
            assert programmes.get(first, row_id).pass_rule.mark == 90

    def test_one_that_was_never_committed_leaves_nothing_behind(self, session):
        first = programmes.publish(session, phase2_text(), NOW)
        assert programmes.get(session, first.id).pass_rule.mark == 90
        session.rollback()
        again = programmes.publish(session, phase2_text(("mark = 90", "mark = 80")), NOW)
        assert programmes.get(session, again.id).pass_rule.mark == 80

    def test_each_database_has_its_own(self, session, engine):
        here = programmes.publish(session, phase2_text(), NOW)
        with Session(engine) as other:
            there = programmes.publish(other, phase2_text(*SECOND), NOW)
            other.commit()
            assert programmes.get(session, here.id).version == 1
            assert programmes.get(other, there.id).version == 2

    def test_an_unknown_one_is_not_found(self, session):
        with pytest.raises(NotFound):
            programmes.get(session, 12345)
        with pytest.raises(NotFound):
            programmes.latest(session, "nowhere")
