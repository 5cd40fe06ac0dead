"""Results of everybody beside the score cards of each."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Coverage, Enrolment, Result
from programmes.evidence import LessonEvidence, tally
from programmes.schema import HourRule
from services import programmes, progress, results
from tests import factories
from tests.programmes.notices import phase2_text
from tests.services.awarding import AFTER, DURING
from tests.services.paying import SLUG
from tests.services.registering import work_on

PRO_RATA = 'credit = "pro_rata"'
MODULES = ("ethics", "knowledge", "ability", "technology", "gone")

completions = st.sampled_from([None, 1, 0.95, 0.5, 0.333, 0.07])
#: (module, ability, duration, credited)
studied = st.lists(
    st.tuples(
        st.sampled_from(MODULES),
        st.sampled_from(["", "A1", "B2"]),
        st.integers(1, 5400),
        st.integers(0, 6000),
    ),
    max_size=8,
)


def hours(completion):
    return HourRule() if completion is None else HourRule(credit="on_completion", completion=completion)


def rule(completion):
    return (PRO_RATA, PRO_RATA if completion is None else f'credit = "on_completion"\ncompletion = {completion}')


class TestSums:
    @given(world=st.lists(st.tuples(completions, studied), min_size=1, max_size=3))
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_the_database_sums_as_the_tally_does_by_either_rule(self, engine, world):
        with Session(engine) as session:
            programme = factories.programme(session)
            rules, told = {}, {}
            for completion, lessons in world:
                one = factories.enrolment(session, factories.account(session), programme)
                rules[one.id] = hours(completion)
                told[one.id] = study(session, programme, one, lessons)
            found = results._tallies(session, rules)
            for one, evidence in told.items():
                expected = tally(rules[one], evidence)
                assert nonzero(found[one].modules) == nonzero(expected.modules)
                assert nonzero(found[one].abilities) == nonzero(expected.abilities)
            session.rollback()

    def test_the_result_says_what_the_card_says(self, engine):
        with Session(engine) as session:
            for version, completion in ((1, None), (2, 0.95)):
                changes = (rule(completion), ("version = 1", f'version = {version}\nchanges = "虚构"'))
                programme = programmes.publish(session, phase2_text(*changes, accept=True), DURING)
                for number in range(4):
                    enrolment = factories.enrolment(session, factories.account(session), programme)
                    lessons = [(module, "", 2700, 2600 - 300 * number) for module in MODULES[:-1]]
                    study(session, programme, enrolment, lessons)
            session.commit()
            done = results.recompute(work_on(engine), SLUG, AFTER)
            assert (done.enrolments, done.changed, done.passed) == (8, 8, 0)
            for enrolment in session.scalars(sa.select(Enrolment)):
                card = progress.score_card(session, enrolment, AFTER)
                row = session.get_one(Result, enrolment.id)
                assert row.programme_id == enrolment.programme_id
                assert (row.score, row.best, row.passed) == (card.score, card.best, card.passed)
                assert (row.hours_credited, row.hours_counted, row.credits) == (
                    card.hours_credited,
                    card.hours_counted,
                    card.credits,
                )

    def test_two_at_once_both_end_well_and_nothing_is_lost(self, engine):
        with Session(engine) as session:
            programme = programmes.publish(session, phase2_text(accept=True), DURING)
            for _ in range(3):
                factories.enrolment(session, factories.account(session), programme)
            session.commit()
        done = []

        def meanwhile(*, read_only):
            """Another one gets in between the first look and the first write."""
            if not read_only and not done:
                done.append(None)
                done[0] = results.recompute(work_on(engine), SLUG, AFTER)
            return work_on(engine)(read_only=read_only)

        done.append(results.recompute(meanwhile, SLUG, AFTER))
        assert [(one.enrolments, one.changed) for one in done] == [(3, 3), (3, 0)]
        with Session(engine) as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == 3


class TestRecompute:
    @pytest.fixture
    def enrolled(self, session):
        programme = programmes.publish(session, phase2_text(accept=True), DURING)
        rows = [factories.enrolment(session, factories.account(session), programme) for _ in range(5)]
        for row in rows:
            study(session, programme, row, [("ethics", "", 2700, 2700)])
        session.commit()
        return rows

    def recompute(self, session, now=AFTER, **more):
        session.commit()
        return results.recompute(work_on(session.get_bind()), SLUG, now, **more)

    def test_writes_only_what_changed(self, session, enrolled):
        assert self.recompute(session).changed == 5
        later = AFTER.replace(hour=23)
        assert self.recompute(session, later).changed == 0
        assert set(session.scalars(sa.select(Result.computed_at))) == {AFTER}
        session.execute(sa.update(Coverage).where(Coverage.enrolment_id == enrolled[2].id).values(credited=1350))
        assert self.recompute(session, later).changed == 1
        session.expire_all()
        row = session.get_one(Result, enrolled[2].id)
        assert (row.hours_credited, row.computed_at) == (0.5, later)

    def test_leaves_out_who_withdrew(self, session, enrolled):
        enrolled[0].status = "withdrawn"
        assert self.recompute(session).enrolments == 4
        assert session.get(Result, enrolled[0].id) is None

    def test_takes_everybody_in_chunks_and_says_how_far_it_is(self, session, enrolled, monkeypatch):
        monkeypatch.setattr(results, "CHUNK", 2)
        monkeypatch.setattr(results.score_chunk, "__defaults__", (2,))
        told = []
        assert self.recompute(session, progress=lambda *said: told.append(said)).enrolments == 5
        assert told == [(2, 5), (4, 5), (5, 5)]
        session.commit()
        assert [one.enrolment_id for one in results.each(session, SLUG, AFTER)] == sorted(one.id for one in enrolled)

    def test_of_a_programme_that_there_is_not_does_nothing(self, session):
        assert self.recompute(session).enrolments == 0


def study(session, programme, enrolment, lessons):
    """Rows of coverage, and the same as evidence."""
    told = []
    for module, ability, duration, credited in lessons:
        course = factories.course(session, programme, module=module, ability=ability)
        lesson = factories.lesson(session, course, duration=duration)
        session.add(
            Coverage(enrolment_id=enrolment.id, lesson_id=lesson.id, bitmap=b"", credited=credited, updated_at=DURING)
        )
        told.append(LessonEvidence(module, lesson.id, duration, credited, ability))
    session.flush()
    return told


def nonzero(found):
    return {key: seconds for key, seconds in found.items() if seconds}
