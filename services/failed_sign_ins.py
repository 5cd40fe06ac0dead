"""Counts how many different accounts somebody failed to sign in to from one address: whoever tries one password on many numbers.

An address is never locked, for hundreds of teachers share their school's; who runs the system is told instead (log: many_failures).

Redis keys, all with a time to live, of one slot for each address:
    x:failed:{<fingerprint>}:<window>   HyperLogLog of numbers that were tried     two windows
    x:failed:{<fingerprint>}:told       that it was said                           TELL_EVERY_S
"""

from datetime import datetime

import structlog
from redis import Redis
from redis.exceptions import RedisError

from services.addresses import masked
from services.vault import Vault

#: Two windows are looked at: ten minutes.
WINDOW_S = 300
#: A school's teachers mistype, too; so many in ten minutes are worth a look.
MANY = 20
TELL_EVERY_S = 60
log = structlog.get_logger()


class FailedSignIns:
    """Threads may share one. Where Redis is away nothing is counted, and nobody is kept from signing in."""

    def __init__(self, redis: "Redis", vault: Vault) -> None:
        self._redis, self._vault = redis, vault

    def add(self, address: str, number: str, now: datetime) -> int:
        """Somebody at `address` failed with `number`, as typed; how many different ones in the last ten minutes, about. 0: not known."""
        if not address:
            return 0
        prefix = f"x:failed:{{{self._vault.fingerprint('address', address)[:32]}}}:"
        window = int(now.timestamp()) // WINDOW_S
        present, before = f"{prefix}{window}", f"{prefix}{window - 1}"
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.pfadd(present, self._vault.fingerprint("tried number", number))
            pipe.expire(present, 2 * WINDOW_S)
            pipe.pfcount(present, before)
            count = int(pipe.execute()[-1])
            if count > MANY and self._redis.set(f"{prefix}told", 1, nx=True, ex=TELL_EVERY_S):
                log.warning("many_failures", address=masked(address), accounts=count, minutes=2 * WINDOW_S // 60)
        except RedisError as error:
            log.warning("failed_sign_ins_not_counted", error=type(error).__name__)
            return 0
        return count
