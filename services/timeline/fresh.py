"""Whether the desk sees what the player just showed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from heartbeat.intake import to_ms
from heartbeat.outage import is_outage
from services import study
from services.collaborators import Collaborators
from services.work import UnitOfWork

#: A player that beat so recently is taken for open.
_LIVE = timedelta(minutes=3)


@dataclass(frozen=True)
class Fresh:
    """Everything acknowledged to the player before `at` is in SQL; `complete` False: Redis is away, the last minutes may be missing.

    `playing`: the session that earns now, "" for none.
    """

    at: datetime
    complete: bool
    playing: str = ""


def caught_up(work: UnitOfWork, c: Collaborators, account_id: int, now: datetime) -> Fresh:
    """Flush what the account's sessions have not yet in SQL. No transaction may be open: on SQLite the flush needs the only lock."""
    study.catch_up(work, c, account_id, now)
    try:
        lease = c.store.lease(account_id)
    except RedisError as error:
        if not is_outage(error):
            raise
        return Fresh(now, complete=False)
    live = lease is not None and lease.session and to_ms(now) - lease.last_ms <= _LIVE / timedelta(milliseconds=1)
    return Fresh(now, complete=True, playing=lease.session if lease and live else "")
