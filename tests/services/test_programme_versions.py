"""A higher version: who would come out otherwise, and moving the enrolments only when that is what was looked at."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Achievement, Bill, Enrolment
from services import programme_versions, programmes
from services.enrolling import enrolments
from services.errors import NotFound
from services.programme_versions import Change, DifferenceChanged, NothingEarlier
from tests import factories
from tests.programmes.notices import phase2_text
from tests.services.studying import NOW, Cast, cast

SLUG = "xuchang-2022-phase2"
SECOND = ("version = 1", 'version = 2\nchanges = "改正"')
#: Fifty minutes of ethics are worth more points, and pass.
LENIENT = (SECOND, ("mark = 90", "mark = 1"))

BILL = {
    "serial": 1,
    "headcount": 1,
    "per_head_fen": 18000,
    "amount_fen": 18000,
    "collector": "city",
    "handler": "经办人",
    "contact_envelope": b"",
    "issued_at": NOW,
}
#: The module of ethics under another key.
MORALS = [
    *[('key = "ethics"', 'key = "morals"')] * 2,
    *[('module = "ethics"', 'module = "morals"')] * 2,
    ('modules = ["ethics"]', 'modules = ["morals"]'),
    ('used_by = ["ethics"', 'used_by = ["morals"'),
]


def publish(session: Session, *changes: tuple[str, str]) -> None:
    programmes.publish(session, phase2_text(*changes, accept=True), NOW)


def look(session: Session, version: int | None = None) -> tuple[programme_versions.Difference, list[Change]]:
    seen: list[Change] = []
    return programme_versions.difference(session, SLUG, version, NOW, seen.append), seen


@pytest.fixture
def them(session) -> Cast:
    made = cast(session)
    made.studied(made.ethics.lessons[0], 2700)
    return made


class TestDifference:
    def test_nobody_changes_where_only_a_title_does(self, session, them):
        publish(session, SECOND, ('title = "网络研修"', 'title = "远程研修"'))
        found, changes = look(session)
        assert (found.enrolments, found.changed, changes) == (1, 0, [])
        assert [(value.path, value.new) for value in found.values] == [
            ("version", "2"),
            ("calendar.phases[study].title", '"远程研修"'),
            ("changes", '"改正"'),
        ]

    def test_a_fail_that_becomes_a_pass(self, engine):
        with Session(engine) as session:
            them = cast(session)
            them.studied(them.ethics.lessons[0], 2700)
            publish(session, *LENIENT)
            found, [change] = look(session)
            assert (found.version, found.changed, found.fail_to_pass, found.pass_to_fail) == (2, 1, 1, 0)
            assert (change.enrolment_id, change.version, change.name) == (them.enrolment.id, 1, them.teacher.name)
            assert (change.old.passed, change.new.passed) == (False, True)
            assert change.old.score == change.new.score == 1.0

    def test_a_paper_that_may_be_printed(self, session, them):
        session.add(Bill(programme_slug=SLUG, school_id=them.teacher.school_id, state="confirmed", **BILL))
        publish(session, *LENIENT)
        found, [change] = look(session)
        assert (change.old.papers, change.new.papers) == ((), ("结业证书",))
        assert (found.papers_gained, found.papers_lost) == (1, 0)

    def test_points_that_rise_and_fall(self, session, them):
        publish(session, SECOND, ("points = 15", "points = 30"))
        found, [change] = look(session)
        assert (change.old.score, change.new.score) == (1.0, 2.0)
        assert (found.score_up, found.score_down) == (1, 0)

    def test_hours_of_a_module_that_is_dropped_are_named(self, session, them):
        publish(session, SECOND, *MORALS)
        found, [change] = look(session)
        assert change.dropped == (("专业理念与师德", 1.0),)
        assert (found.hours_dropped, change.new.score) == (1, 0.0)

    def test_so_is_what_was_handed_in_for_a_part_that_is_dropped(self, session, them):
        session.add(Achievement(enrolment_id=them.enrolment.id, part="stories", at=NOW, item="x", entered_at=NOW))
        publish(session, SECOND, ('key = "stories"', 'key = "tales"'))
        found, [change] = look(session)
        assert change.lost == ("研修活动“您身边的师生故事”",)
        assert found.parts_lost == 1

    def test_people_of_several_versions_are_each_compared_with_their_own(self, session, them):
        publish(session, SECOND, ("points = 15", "points = 30"))
        other = factories.account(session)
        late = enrolments.enrol(session, other, programmes.latest(session, SLUG), None, NOW)
        publish(session, ("version = 1", 'version = 3\nchanges = "再改"'), ("mark = 90", "mark = 1"))
        found, changes = look(session)
        assert found.enrolments == 2
        assert [(change.enrolment_id, change.version) for change in changes] == [(them.enrolment.id, 1)]
        assert late.programme.version == 2

    def test_the_withdrawn_are_left_out(self, session, them):
        enrolments.withdraw(them.enrolment)
        publish(session, *LENIENT)
        assert look(session)[0].enrolments == 0

    def test_it_streams_in_chunks_and_reports(self, session, them, monkeypatch):
        monkeypatch.setattr(programme_versions, "CHUNK", 2)
        for _ in range(4):
            enrolments.enrol(session, factories.account(session), them.programme, None, NOW)
        publish(session, *LENIENT)
        reported: list[tuple[int, int]] = []
        found = programme_versions.difference(
            session, SLUG, None, NOW, report=lambda done, total: reported.append((done, total))
        )
        assert reported == [(2, 5), (4, 5), (5, 5)]
        assert found.enrolments == 5

    def test_the_first_version_has_nothing_before_it(self, session, them):
        with pytest.raises(NothingEarlier):
            look(session)

    @pytest.mark.parametrize("version", [3, 10**6])
    def test_a_version_that_was_never_published(self, session, them, version):
        with pytest.raises(NotFound):
            look(session, version)


class TestApply:
    def test_moves_those_of_earlier_versions(self, engine):
        with Session(engine) as session:
            them = cast(session)
            them.studied(them.ethics.lessons[0], 2700)
            publish(session, *LENIENT)
            found, _ = look(session)
            assert programme_versions.apply(session, SLUG, 2, found.digest, NOW) == 1
            session.commit()
            assert session.get_one(Enrolment, them.enrolment.id).programme.version == 2

    def test_again_moves_nobody(self, session, them):
        publish(session, *LENIENT)
        programme_versions.apply(session, SLUG, 2, look(session)[0].digest, NOW)
        assert programme_versions.apply(session, SLUG, 2, look(session)[0].digest, NOW) == 0

    def test_so_does_the_same_command_again(self, session, them):
        publish(session, *LENIENT)
        seen = look(session)[0].digest
        assert [programme_versions.apply(session, SLUG, 2, seen, NOW) for _ in range(2)] == [1, 0]

    @pytest.mark.parametrize("seen", ["", "0" * 16, "’; DROP TABLE enrolment"])
    def test_not_without_having_looked(self, session, them, seen):
        publish(session, *LENIENT)
        with pytest.raises(DifferenceChanged):
            programme_versions.apply(session, SLUG, 2, seen, NOW)
        assert them.enrolment.programme.version == 1

    def test_not_when_somebody_else_would_change_meanwhile(self, session, them):
        publish(session, *LENIENT)
        found, _ = look(session)
        second = enrolments.enrol(session, factories.account(session), them.programme, None, NOW)
        them.enrolment = second
        them.studied(them.ethics.lessons[1], 5400)
        with pytest.raises(DifferenceChanged):
            programme_versions.apply(session, SLUG, 2, found.digest, NOW)

    def test_not_by_what_was_seen_of_another_version(self, session, them):
        publish(session, *LENIENT)
        found, _ = look(session, 2)
        publish(session, ("version = 1", 'version = 3\nchanges = "再改"'), ("mark = 90", "mark = 1"))
        with pytest.raises(DifferenceChanged):
            programme_versions.apply(session, SLUG, 3, found.digest, NOW)

    def test_a_little_more_studying_meanwhile_changes_nothing_that_was_agreed_to(self, session, them):
        publish(session, *LENIENT)
        found, _ = look(session)
        them.studied(them.ethics.lessons[1], 60)
        assert programme_versions.apply(session, SLUG, 2, found.digest, NOW) == 1


@given(st.lists(st.integers(0, 5400), min_size=1, max_size=5), st.integers(1, 3))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_the_sum_of_what_is_told_one_by_one(session, seconds, mark):
    session.rollback()
    made = cast(session)
    for studied in seconds:
        made.enrolment = enrolments.enrol(session, factories.account(session), made.programme, None, NOW)
        made.studied(made.ethics.lessons[1], studied)
    publish(session, SECOND, ("mark = 90", f"mark = {mark}"), ("points = 15", "points = 16"))
    found, changes = look(session)
    assert found.enrolments == len(seconds) + 1
    assert found.changed == len(changes)
    assert found.fail_to_pass == sum(change.new.passed and not change.old.passed for change in changes)
    assert found.score_up == sum(change.new.score > change.old.score for change in changes)
    assert look(session)[0].digest == found.digest
