"""Which of Redis' errors say that it cannot serve now and may soon: the same call, sent again, will do.

Everything else that Redis answers is a mistake of ours.
"""

import re

from redis import exceptions

_AWAY = (
    exceptions.ConnectionError,  # LOADING and NOAUTH too
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.ClusterDownError,  # MASTERDOWN too
    exceptions.TryAgainError,
)
#: Redis' own codes, where redis-py has no class for them: the first word of an error, or inside what Redis 6 says of a script.
_CODES = re.compile(r"(?:^|: -|caused error: )(?:OOM|READONLY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|BUSY) ")


def is_outage(error: exceptions.RedisError) -> bool:
    """Whether Redis is away, loading, full, read-only, without its replicas, or busy with somebody's script."""
    return isinstance(error, _AWAY) or (
        isinstance(error, exceptions.ResponseError) and _CODES.search(str(error)) is not None
    )
