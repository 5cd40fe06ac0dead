"""Connections to the servers we stand on."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def make_redis(url: str) -> "Redis":
    """A client that fails at once when Redis is away: a beat is safe to repeat, so the learner's client retries, not we."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=0.5,
        socket_timeout=0.8,
        health_check_interval=0,
    )
