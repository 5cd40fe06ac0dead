"""How often one address may fail at the doors: signing in to the API and to the console.

Generous, for a school or a mobile operator stands behind one address, and only failures count: whoever comes in is never in the way of
others. A lockout is by account (services.lockout); this keeps one machine from trying a password on account after account, and from
having us hash without end. Tokens that are refreshed, beats and all else never pass here, nor does what comes from this machine itself.

Redis key, of one address and five minutes:   x:door:<fingerprint>:<window>   how often it failed   2 × WINDOW_S
With Redis away each process counts by itself (docs/adr/0019).
"""

import ipaddress
import threading
from datetime import datetime

import structlog
from flask import Flask, Response, request
from redis import Redis
from redis.exceptions import RedisError

from services.errors import TooMany
from services.vault import Vault
from web.context import client_address, now

WINDOW_S = 300
FAILED = frozenset({400, 401, 422, 423})
#: What needs no guess: a token of 256 random bits is shown.
_NO_DOORS = ("/v1/auth/refresh", "/v1/auth/logout")
_DOORS = ("/v1/auth/", "/console/sign-in")
#: So many addresses a process remembers while Redis is away.
_REMEMBERED = 10_000
log = structlog.get_logger()


class TooManyTries(TooMany):
    """您所在的网络登录失败次数太多，请几分钟后再试。已经登录的不受影响。"""

    code = "too_many_tries"


class DoorLimits:
    """Threads may share one. `limit` failures in a window of five minutes."""

    def __init__(self, redis: "Redis", vault: Vault, limit: int) -> None:
        self._redis, self._vault, self._limit = redis, vault, limit
        self._lock = threading.Lock()
        self._own: dict[str, int] = {}

    def check(self, address: str, moment: datetime) -> None:
        """Raises TooManyTries until the window is over."""
        key = self._key(address, moment)
        try:
            failures = int(self._redis.get(key) or 0)
        except RedisError:
            failures = self._own.get(key, 0)
        if failures >= self._limit:
            raise TooManyTries(retry_after=WINDOW_S - int(moment.timestamp()) % WINDOW_S)

    def failed(self, address: str, moment: datetime) -> None:
        key = self._key(address, moment)
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW_S)
            pipe.execute()
        except RedisError as error:
            log.warning("door_limits_alone", error=type(error).__name__)
            with self._lock:
                if len(self._own) >= _REMEMBERED:
                    self._own.clear()
                self._own[key] = self._own.get(key, 0) + 1

    def _key(self, address: str, moment: datetime) -> str:
        return f"x:door:{self._vault.fingerprint('address', address)[:32]}:{int(moment.timestamp()) // WINDOW_S}"


def install(app: Flask, limits: DoorLimits) -> None:
    @app.before_request
    def _check() -> None:
        if _at_a_door():
            limits.check(client_address(), now())

    @app.after_request
    def _count(response: Response) -> Response:
        if response.status_code in FAILED and _at_a_door():
            limits.failed(client_address(), now())
        return response


def _at_a_door() -> bool:
    path = request.path
    return request.method == "POST" and path.startswith(_DOORS) and path not in _NO_DOORS and _from_elsewhere()


def _from_elsewhere() -> bool:
    try:
        return not ipaddress.ip_address(client_address()).is_loopback
    except ValueError:
        return False
