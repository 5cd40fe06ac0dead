"""Redis, kept from answering for a while, so that a server can be killed in the middle of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis


@contextmanager
def paused(url: str) -> Iterator[None]:
    """Redis keeps every command that may write waiting."""
    with Redis.from_url(url) as redis:
        redis.client_pause(60_000, all=False)
        try:
            yield
        finally:
            redis.client_unpause()


def blocked(url: str) -> bool:
    """Whether a client of Redis waits for its command to be run."""
    with Redis.from_url(url) as redis:
        return any("b" in client["flags"] for client in redis.client_list())
