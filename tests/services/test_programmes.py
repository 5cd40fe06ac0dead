"""Publishing: a version is put in force once and never edited."""

import pytest
from sqlalchemy.orm import Session

import programmes as files
from services import programmes
from services.errors import NotFound
from tests import factories
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


class TestFindings:
    """The linter's findings keep a file from being published, unless somebody accepted them with a reason."""

    BROKEN = ("per_head = 180", "per_head = 181")

    def test_an_open_finding_is_refused_by_name(self, session):
        with pytest.raises(files.ProgrammeError) as caught:
            programmes.publish(session, phase2_text(self.BROKEN), NOW)
        [problem] = caught.value.problems
        assert problem.startswith("五.(一)、(二)、(四).1：通知写每人 181 元，又写每学时 3 元：全部学时 3 × 60 = 180 元")
        assert "fee_arithmetic，at = fee" in problem
        assert programmes.every(session) == []

    def test_an_accepted_one_is_published(self, session):
        assert programmes.publish(session, phase2_text(self.BROKEN, accept=True), NOW).version == 1

    def test_an_acceptance_that_matches_nothing_is_no_obstacle(self, session):
        mended = phase2_text(('rule = "shared"\nshared = "Haolaoshi123"', 'rule = "random"'))
        assert programmes.publish(session, mended, NOW).version == 1

    def test_what_was_published_before_the_linter_knew_better_stays_in_force(self, session):
        text = phase2_text(self.BROKEN)
        row = factories.programme(session, slug="xuchang-2022-phase2", version=1, document=text)
        assert programmes.publish(session, text, NOW).id == row.id
        assert programmes.get(session, row.id).fee.per_head == 181


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
