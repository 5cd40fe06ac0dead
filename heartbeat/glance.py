"""What is seen of the sessions in Redis without changing anything.

Whoever watches over: how many are open, a sample of them, how far SQL lags behind. A player: its lesson, second by second; the day's tally.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from heartbeat import bitmap, keys, scripts
from heartbeat.intake import SessionGone
from heartbeat.keys import Place
from heartbeat.state import Session
from heartbeat.store import Store

#: No session is due later, ms.
_EVER = 2**53


@dataclass(frozen=True)
class Covered:
    """A lesson as one of its sessions sees it. Half-open intervals of media seconds, in order; `credited` is the length of `coverage`."""

    credited: int
    coverage: list[tuple[int, int]]
    pending: list[tuple[int, int]]


def lesson(store: Store, place: Place) -> Covered:
    """What is credited of the session's lesson by all sessions, and what of this one waits for a presence check, at one moment.

    Raises SessionGone, and redis' errors.
    """
    prefix = keys.tag(keys.bucket(place.account))
    names = (
        keys.session(prefix, place.session),
        keys.coverage(prefix, place.enrolment, place.lesson),
        keys.pending(prefix, place.session),
    )
    found, covered, waiting = cast("list[bytes | None]", store.redis.mget(names))
    if found is None:
        raise SessionGone
    coverage, pending = covered or b"", b""
    if scripts.read_session(found).pending:
        # Another session may have been credited with some of them since.
        pending = bitmap.without(waiting or b"", coverage)
    return Covered(bitmap.count(coverage), bitmap.intervals(coverage), bitmap.intervals(pending))


def credited_on(store: Store, place: Place, day: int) -> int:
    """Seconds credited to the enrolment on the local day yyyymmdd, as the day cap counts them; right while a session is open."""
    name = keys.day(keys.tag(keys.bucket(place.account)), place.enrolment, day)
    return int(cast("bytes | None", store.redis.get(name)) or 0)


def opened(store: Store) -> int:
    """How many sessions are open; those that went silent are among them until a flusher has seen to them."""
    pipe = store.redis.pipeline(transaction=False)
    for bucket in range(keys.BUCKETS):
        pipe.zcard(keys.open_sessions(keys.tag(bucket)))
    return sum(pipe.execute())


def opened_in(store: Store, buckets: Iterable[int]) -> list[Session]:
    """The open sessions of these buckets, as they stand."""
    return [found for _, found in store.read(store.due(_EVER, buckets)) if found is not None]


def oldest_ms(store: Store, sample: int) -> int | None:
    """When the session that has been silent longest of so many dirty ones last changed: SQL has lacked that since then."""
    return min((record.session.last_ms for record in store.records(store.dirty(sample))), default=None)
