"""The live view beside what really plays."""

from datetime import UTC, datetime

import pytest

from heartbeat import keys
from heartbeat.keys import Place
from heartbeat.store import Store
from server.clients import make_redis
from services.watching import live, snapshots, tallies
from tests.heartbeat.studying import Learner
from tests.programmes.notices import local
from tests.services.watching.world import SLUG


@pytest.fixture
def store(redis):
    return Store(redis)


def at(ms):
    return datetime.fromtimestamp(ms / 1000, UTC)


def test_it_counts_who_plays_and_what_sql_lacks(session, store):
    learners = [Learner(store, Place(account, account, 1, f"s{account}")).open().watch(20) for account in (1, 2, 3)]
    found = live.look(session, store, at(learners[0].now_ms + 5_000))
    assert (found.playing.watching, found.playing.backlog, found.playing.lag_s) == (3, 3, 5)
    assert found.redis_ms is not None
    assert found.sql_ms is not None


def test_the_sample_says_why_seconds_were_withheld(session, store):
    one = Learner(store, Place(1, 1, 1, "s1")).open().watch(20)
    one.at = 0  # the same seconds once more
    one.watch(20)
    beginning = keys.bucket(1)
    found = live.look(session, store, at(one.now_ms // 1024 * 1024 + beginning))
    assert (found.playing.sampled, found.playing.reported) == (1, 40)
    assert [(reason.title, reason.seconds, reason.share) for reason in found.playing.reasons] == [("重复观看", 20, 0.5)]


def test_without_redis_it_says_so_and_the_rest_stands(session, here):
    away = Store(make_redis("redis://127.0.0.1:1/0"))
    found = live.look(session, away, local("2022-02-02T10:00"))
    assert (found.playing, found.redis_ms) == (None, None)
    assert found.sql_ms is not None


def test_today_is_what_came_since_the_snapshot_of_yesterday(session, store, here):
    night, noon = local("2022-02-02T00:10"), local("2022-02-02T12:00")
    one = here.teacher(here.west_school, credited_seconds=100)
    tallies.count(session, SLUG, night)
    assert live.look(session, store, noon).today_s is None
    snapshots.freeze(session, SLUG, night.date().replace(day=1), night)
    one.credited_seconds = 3700
    session.flush()
    tallies.count(session, SLUG, noon)
    found = live.look(session, store, noon)
    assert (found.today_s, found.counted_at) == (3600, noon)


def test_the_rate_is_of_two_looks():
    look = live.Live(at(65_000), None, None, None, None, None, 1_000, 1)
    assert live.beats_per_minute(look, 900, 60_000) == 1200
    assert live.beats_per_minute(look, None, None) is None
    assert live.beats_per_minute(look, 2_000, 60_000) is None  # the processes began anew
    assert live.beats_per_minute(look, 900, 65_000) is None
