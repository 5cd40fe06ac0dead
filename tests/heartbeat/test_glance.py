"""What is seen of the sessions in Redis by those who watch over."""

from collections.abc import Callable

from heartbeat import glance, keys
from heartbeat.store import Store
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
