"""The clock of the background jobs, and what it starts."""

from datetime import date

import pytest
import sqlalchemy as sa
from redis import Redis

from models import DailyTally, SchoolTally
from server import jobs
from server.jobs import clock as jobs_clock
from services import programmes
from tests import factories
from tests.programmes.notices import local, phase2_text

SLUG = "xuchang-2022-phase2"


@pytest.fixture
def enrolled(session, clock):
    programme = programmes.publish(session, phase2_text(), clock())
    school = factories.school(session)
    factories.enrolment(session, factories.account(session, school_id=school.id), programme)
    session.commit()


@pytest.mark.usefixtures("enrolled")
class TestWhatTheClockStarts:
    def test_is_the_count_and_the_snapshot_of_yesterday_once(self, work, session, clock):
        clock.set(local("2022-08-02T00:10"))
        started = jobs_clock.start_due()
        assert [jobs.status(job).name for job in started] == ["snapshot", "tallies"]
        assert jobs_clock.start_due() == started  # another clock, at once
        work()
        assert [jobs.status(job).state for job in started] == ["done", "done"]
        assert session.scalars(sa.select(DailyTally.day)).all() == [date(2022, 8, 1)]
        assert session.scalar(sa.select(SchoolTally.enrolled)) == 1
        session.commit()
        clock.advance(300)
        assert [jobs.status(job).name for job in jobs_clock.start_due()] == ["tallies"]

    def test_is_nothing_while_sql_or_redis_is_away(self, make_app, tmp_path):
        sql = f"sqlite:///{tmp_path}/none/x.db"
        for away in ({"jobs_redis_url": "redis://127.0.0.1:1/0"}, {"database_url": sql}):
            with make_app(**away).app_context():
                assert jobs_clock.start_due() == []


def test_rq_asks_it_every_five_minutes_and_not_before(redis):
    acted = []
    clock = jobs_clock.make(redis, lambda: acted.append(1))
    assert clock.enqueue_jobs() == []
    (job,) = clock.get_jobs()
    assert job.next_enqueue_time.minute % 5 == 0
    assert 0 < clock.calculate_sleep_interval() <= 60
    job.next_enqueue_time = job.next_enqueue_time.replace(year=2020)
    clock.enqueue_jobs()
    clock.enqueue_jobs()
    assert acted == [1]


class TestTheSnapshotJob:
    @pytest.mark.usefixtures("enrolled")
    def test_again_changes_nothing(self, work, clock):
        clock.set(local("2022-08-02T00:10"))
        done = []
        for _ in range(2):
            job = jobs.enqueue("snapshot", programme=SLUG, day="2022-08-01")
            work()
            done.append(jobs.status(job).result)
        assert done == [{"schools": 1}, {"schools": 0}]

    @pytest.mark.parametrize("day", ["", "yesterday", "2022-02-30", "2022-07-01"])
    @pytest.mark.usefixtures("enrolled")
    def test_of_a_wrong_day_has_failed_in_words(self, work, day):
        job = jobs.enqueue("snapshot", programme=SLUG, day=day)
        work()
        assert jobs.status(job).state == "failed"
        assert jobs.status(job).error.startswith(("日期应如", "只能保存昨天或今天"))


def test_redis_may_be_away_for_long_without_ending_it():
    clock = jobs_clock.make(Redis.from_url("redis://127.0.0.1:1/0"), lambda: None)
    clock.heartbeat()
    clock.save()
