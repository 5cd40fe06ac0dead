"""Connections to the servers we stand on."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from heartbeat.cluster import Cluster
from heartbeat.slots import is_cluster, read_cluster_url


def make_redis(url: str) -> "Redis":
    """A client that fails at once when Redis is away: a beat is safe to repeat, so the learner's client retries, not we.

    It connects when it is first used. Raises ValueError where the URL is none.
    """
    kind = Cluster if is_cluster(url) else Redis
    return kind.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=0.5,
        socket_timeout=0.8,
        health_check_interval=0,
    )


def check_redis_url(url: str) -> None:
    """Raises ValueError with what is wrong; it never repeats a password."""
    if is_cluster(url):
        read_cluster_url(url)
        return
    try:
        parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        kinds = "redis://host:port/0, rediss://…, unix:///path?db=0 or redis+cluster://host:port,host:port…"
        raise ValueError(f"is none of {kinds}") from None
