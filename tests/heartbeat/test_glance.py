"""What is seen of the sessions in Redis by those who watch over."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeat import bitmap, glance, keys
from heartbeat.intake import SessionGone
from heartbeat.scripts import encode
from heartbeat.store import Store
from tests.heartbeat.histories import local_day
from tests.heartbeat.studying import Learner


def test_the_longest_silence_of_what_waits_is_known_without_a_flusher(
    store: Store, class_of: Callable[[int], list[Learner]]
) -> None:
    assert glance.oldest_ms(store, 10) is None
    first, second = class_of(2)
    second.watch()
    assert glance.oldest_ms(store, 10) == first.now_ms


def test_open_sessions_are_counted_and_read_from_their_buckets(
    store: Store, class_of: Callable[[int], list[Learner]]
) -> None:
    learners = class_of(3)
    assert glance.opened(store) == 3
    buckets = {keys.bucket(one.place.account) for one in learners}
    assert {one.id for one in glance.opened_in(store, buckets)} == {one.place.session for one in learners}
    assert glance.opened_in(store, set(range(keys.BUCKETS)) - buckets) == []


def test_a_session_sees_what_is_credited_of_its_lesson_by_all_and_what_of_its_own_waits(
    store: Store, class_of: Callable[[int], list[Learner]]
) -> None:
    (one,) = class_of(1)
    assert glance.lesson(store, one.place) == glance.Covered(20, [(0, 20)], [])
    one.at = 40
    one.watch()
    prefix = keys.tag(keys.bucket(one.place.account))
    state = store.sessions(one.place.account, [one.place.session])[one.place.session]
    store.redis.set(keys.pending(prefix, one.place.session), bitmap.of([(50, 70)]))
    # No second waits by the session's own count: what stands there is left over.
    assert glance.lesson(store, one.place) == glance.Covered(40, [(0, 20), (40, 60)], [])
    state.pending = 20
    store.redis.set(keys.session(prefix, one.place.session), encode(state))
    assert glance.lesson(store, one.place) == glance.Covered(40, [(0, 20), (40, 60)], [(60, 70)])


def test_a_session_that_redis_does_not_know_is_gone(store: Store, class_of: Callable[[int], list[Learner]]) -> None:
    (one,) = class_of(1)
    with pytest.raises(SessionGone):
        glance.lesson(store, one.place._replace(session="another"))
    with pytest.raises(SessionGone):
        glance.lesson(store, one.place._replace(account=one.place.account + 1))


def test_the_day_is_told_as_its_cap_counts_it(store: Store, class_of: Callable[[int], list[Learner]]) -> None:
    (one,) = class_of(1)
    day = local_day(one.now_ms)
    assert glance.credited_on(store, one.place, day) == 20
    one.watch(15)
    assert glance.credited_on(store, one.place, day) == 35
    assert glance.credited_on(store, one.place, day + 1) == 0


@given(left=st.binary(max_size=9), right=st.binary(max_size=9))
def test_a_set_without_another_holds_the_rest(left: bytes, right: bytes) -> None:
    rest = bitmap.without(left, right)
    assert len(rest) == len(left)
    assert set(bitmap.seconds(rest)) == set(bitmap.seconds(left)) - set(bitmap.seconds(right))
