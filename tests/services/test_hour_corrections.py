"""Asked by one, decided by another, merged as a flusher merges: on the three databases, also at the same time."""

import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from heartbeat import bitmap, keys, state
from heartbeat.flusher import Flusher
from heartbeat.keys import Place
from heartbeat.store import Store
from models import Coverage, Enrolment, HourCorrection, Notice, StudyDay
from services import hour_corrections as hours
from services.authority.principals import NotAllowed
from services.errors import Invalid, NotFound
from tests import factories
from tests.heartbeat.histories import Player, local_day
from tests.heartbeat.studying import DURATION, RULES, Learner
from tests.services.correcting import NOW, Desk, desk, staff


@pytest.fixture
def here(engine: sa.Engine) -> Desk:
    with Session(engine, expire_on_commit=False) as session:
        yield desk(session)


@pytest.fixture
def on_sqlite(session: Session) -> Desk:
    return desk(session)


def ask(at: Desk, first: int = 0, last: int = 750, **changes) -> HourCorrection:
    values = {"reason": "outage", "told": "8月1日故障", "evidence": "故障通报 3 号"} | changes
    by = values.pop("by", at.agent)
    enrolment_id, lesson_id = values.pop("enrolment_id", at.enrolment.id), values.pop("lesson_id", at.lesson.id)
    made = hours.ask(at.session, by, enrolment_id, lesson_id, first=first, last=last, now=NOW, **values)
    at.session.commit()
    return made


def approve(at: Desk, correction: HourCorrection, by=None, note: str = "属实"):
    found = hours.decide(at.session, by or at.approver, correction.id, True, note, NOW)
    at.session.commit()
    return found


def total(at: Desk) -> int:
    at.session.expire_all()
    return at.session.get_one(Enrolment, at.enrolment.id).credited_seconds


class TestApproval:
    def test_credits_the_seconds_and_tells_the_teacher(self, here: Desk) -> None:
        made = ask(here)
        assert total(here) == 0
        approve(here, made)
        row = here.session.get_one(Coverage, (here.enrolment.id, here.lesson.id))
        assert bitmap.intervals(row.bitmap) == [(0, 750)]
        assert (row.credited, total(here), made.credited) == (750, 750, 750)
        notice = here.session.scalars(sa.select(Notice)).one()
        assert (notice.account_id, notice.kind) == (here.teacher.id, "hours_corrected")
        assert "0:00–12:30" in notice.text
        assert here.session.scalar(sa.select(sa.func.count()).select_from(StudyDay)) == 0

    def test_keeps_which_seconds_were_new(self, here: Desk) -> None:
        held = bitmap.of([(100, 200)])
        row = Coverage(
            enrolment_id=here.enrolment.id, lesson_id=here.lesson.id, bitmap=held, credited=100, updated_at=NOW
        )
        here.session.add(row)
        here.enrolment.credited_seconds = 100
        here.session.commit()
        made = ask(here, 0, 300)
        approve(here, made)
        assert bitmap.intervals(made.bitmap or b"") == [(0, 100), (200, 300)]
        assert (made.credited, total(here)) == (200, 300)

    def test_again_changes_nothing_and_the_other_way_is_refused(self, here: Desk) -> None:
        made = ask(here)
        assert approve(here, made)[1] is True
        assert approve(here, made)[1] is False
        with pytest.raises(hours.DecidedAlready):
            hours.decide(here.session, here.approver, made.id, False, "反悔", NOW)
        here.session.rollback()
        assert total(here) == 750
        assert here.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 1

    def test_two_at_once_are_one(self, here: Desk, engine: sa.Engine) -> None:
        made = ask(here)
        second = staff(here.session, "county_admin", here.county)
        here.session.commit()
        done: list[bool] = []
        ready = threading.Barrier(2)

        def decide(by) -> None:
            with Session(engine) as own:
                ready.wait()
                done.append(hours.decide(own, by, made.id, True, "属实", NOW)[1])
                own.commit()

        threads = [threading.Thread(target=decide, args=(by,)) for by in (here.approver, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(done) == [False, True]
        assert total(here) == 750

    def test_a_live_session_a_correction_and_a_flush_give_the_union(self, here: Desk, engine, redis, clock) -> None:
        store = Store(redis)
        place = (here.teacher.id, here.enrolment.id, here.lesson.id, "live")
        learner = _learner(store, place).watch()
        approve(here, ask(here, 10, 100))
        learner.watch(20)
        Flusher(engine, store, clock).drain()
        row = here.session.get_one(Coverage, (here.enrolment.id, here.lesson.id), populate_existing=True)
        assert bitmap.intervals(row.bitmap) == [(0, 100)]
        assert (row.credited, total(here)) == (100, 100)
        before = store.records([_member(place)])[0].coverage
        assert bitmap.intervals(before) == [(0, 40)], "the open player's copy knows nothing of it yet"
        after = _reopen(store, Place(*place[:3], "next"), row.bitmap, learner.now_ms + 1000)
        assert bitmap.intervals(after) == [(0, 100)], "the next opening brings Redis up to SQL"

    def test_a_flusher_at_the_same_time_loses_nothing(self, here: Desk, engine, redis, clock) -> None:
        store = Store(redis)
        made = [ask(here, at, at + 50) for at in range(0, 500, 100)]
        learner = _learner(store, (here.teacher.id, here.enrolment.id, here.lesson.id, "live"))
        errors: list[BaseException] = []

        def flush() -> None:
            try:
                for _ in range(5):
                    learner.watch(20)
                    Flusher(engine, store, clock).drain()
            except BaseException as error:  # noqa: BLE001 — told to the test
                errors.append(error)

        thread = threading.Thread(target=flush)
        thread.start()
        for one in made:
            approve(here, one)
        thread.join(20)
        assert errors == []
        row = here.session.get_one(Coverage, (here.enrolment.id, here.lesson.id), populate_existing=True)
        wanted = bitmap.of([(0, 100), *((at, at + 50) for at in range(0, 500, 100))])
        assert bitmap.intervals(row.bitmap) == bitmap.intervals(wanted)
        assert total(here) == row.credited == bitmap.count(wanted)


class TestWhoMay:
    def test_nobody_decides_what_they_asked_whatever_the_role(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        made = ask(at, by=at.approver)
        with pytest.raises(NotAllowed):
            hours.decide(at.session, at.approver, made.id, True, "属实", NOW)
        city = staff(at.session, "city_admin", at.county, at.session.get_one(type(at.teacher), at.approver.account_id))
        with pytest.raises(NotAllowed):
            hours.decide(at.session, city, made.id, True, "属实", NOW)

    def test_a_hotline_agent_asks_and_does_not_decide(self, on_sqlite: Desk) -> None:
        made = ask(on_sqlite)
        other = staff(on_sqlite.session, "hotline", on_sqlite.county)
        with pytest.raises(NotAllowed):
            hours.decide(on_sqlite.session, other, made.id, True, "属实", NOW)

    def test_nothing_about_oneself_or_ones_betters(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        learning = staff(at.session, "county_admin", at.county, at.teacher)
        with pytest.raises(NotAllowed):
            ask(at, by=learning)
        with pytest.raises(NotAllowed):  # the teacher is now of a higher rank than the hotline
            ask(at)

    def test_who_was_asked_about_cannot_approve(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        made = ask(at)
        learning = staff(at.session, "county_admin", at.county, at.teacher)
        with pytest.raises(NotAllowed):
            hours.decide(at.session, learning, made.id, True, "属实", NOW)

    def test_outside_of_reach_is_not_found(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        made = ask(at)
        with pytest.raises(NotFound):
            ask(at, by=at.foreigner)
        with pytest.raises(NotFound):
            hours.decide(at.session, at.foreigner, made.id, True, "属实", NOW)


class TestBadInput:
    @pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 5), (9, 3), (0, 2701), (0, 10**12)])
    def test_a_span_outside_of_the_lesson(self, on_sqlite: Desk, first: int, last: int) -> None:
        with pytest.raises(Invalid):
            ask(on_sqlite, first, last)

    @pytest.mark.parametrize(
        "changes",
        [
            {"reason": "because"},
            {"reason": "other", "told": " "},
            {"told": "长" * 251},
            {"evidence": ""},
            {"evidence": "长" * 501},
        ],
    )
    def test_words_that_say_nothing_or_too_much(self, on_sqlite: Desk, changes: dict) -> None:
        with pytest.raises(Invalid):
            ask(on_sqlite, **changes)

    def test_another_programmes_lesson(self, on_sqlite: Desk) -> None:
        other = factories.programme(on_sqlite.session)
        lesson = factories.lesson(on_sqlite.session, factories.course(on_sqlite.session, other))
        for lesson_id in (lesson.id, 0, -1, 2**63, 10**30):
            with pytest.raises(NotFound):
                ask(on_sqlite, lesson_id=lesson_id)

    def test_the_same_again_is_one_and_ten_hours_are_the_most(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        ask(at, 0, 2700)
        with pytest.raises(hours.AskedAlready):
            ask(at, 0, 2700)
        long = at.of.ability.lessons[1]
        for first in range(6):
            ask(at, first, 5400, lesson_id=long.id)
        with pytest.raises(hours.TooManyHoursOpen):
            ask(at, 6, 5400, lesson_id=long.id)

    def test_what_is_credited_already_or_of_somebody_who_left(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        made = ask(at)
        approve(at, made)
        with pytest.raises(hours.CreditedAlready):
            ask(at, 10, 700)
        waiting = ask(at, 700, 800)
        at.enrolment.status = "withdrawn"
        at.session.commit()
        with pytest.raises(hours.TakesNoPart):
            ask(at, 1000, 1100)
        with pytest.raises(hours.TakesNoPart):
            approve(at, waiting)

    def test_numbers_of_people_are_not_kept(self, on_sqlite: Desk) -> None:
        made = ask(on_sqlite, told="她的号码 999999198001010017", evidence="电话 13812345678")
        assert "999999198001010017" not in made.reason
        assert "13812345678" not in made.evidence

    def test_refusing_credits_nothing_and_says_why(self, on_sqlite: Desk) -> None:
        at = on_sqlite
        made = ask(at)
        hours.decide(at.session, at.approver, made.id, False, "没有故障记录", NOW)
        assert (made.state, made.bitmap, total(at)) == ("refused", None, 0)
        assert "没有故障记录" in at.session.scalars(sa.select(Notice.text)).one()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.sets(st.integers(0, 80)), first=st.integers(0, 79), length=st.integers(1, 40))
def test_new_is_what_was_not_held(held: set[int], first: int, length: int) -> None:
    bits = bitmap.of((second, second + 1) for second in held)
    new = hours._new(bits, first, first + length)
    assert set(bitmap.seconds(new)) == set(range(first, first + length)) - held


def _member(place: tuple[int, int, int, str]) -> tuple[int, str]:
    return keys.bucket(place[0]), place[3]


def _learner(store: Store, place: tuple[int, int, int, str]) -> Learner:
    return Learner(store, Place(*place)).open()


def _reopen(store: Store, place: Place, coverage: bytes, now_ms: int) -> bytes:
    """Opens one more player, as services.study does with what SQL knows; the coverage that it begins with."""
    opened = state.Session(
        id=place.session, account=place.account, enrolment=place.enrolment, lesson=place.lesson, duration=DURATION,
        rules=RULES, opened_ms=now_ms, last_ms=now_ms, next_check_ms=0, days=[local_day(now_ms)],
    )  # fmt: skip
    entropy = Player(None, RULES).entropy()
    command = state.OpenCommand(
        now_ms=now_ms, session=opened, device="phone", take_over=True, day_tally=0, last_ms=0, entropy=entropy
    )
    return store.open_session(place, local_day(now_ms), command, coverage).coverage
