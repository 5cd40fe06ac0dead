"""What somebody who watches over sees of the sessions in Redis: how many are open, a sample of them, how far SQL lags behind."""

from collections.abc import Iterable

from heartbeat import keys
from heartbeat.state import Session
from heartbeat.store import Store

#: No session is due later, ms.
_EVER = 2**53


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
