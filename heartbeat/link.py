"""Connections from the event loop to Redis: everything asked in one tick of the loop leaves in one write to each server.

redis-py's own asyncio pipeline costs more for each command than all the rest of a beat; here a command is packed and a reply parsed
by hiredis, and nothing else is done. Errors are redis-py's, so that heartbeat.outage judges them alike.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol, cast

import hiredis
from redis import exceptions
from redis.connection import parse_url

from heartbeat.scripts import BEAT, PRESENCE, Call

#: Redis has this long to answer, and to take a connection; then the beat is refused, and its client sends it again.
ANSWER_S = 2.0
CONNECT_S = 1.0
#: After a connection failed, for this long nothing is tried: those who ask are refused at once.
PAUSE_S = 0.25


_ERRORS: dict[str, type[exceptions.RedisError]] = {
    "NOSCRIPT": exceptions.NoScriptError,
    "LOADING": exceptions.BusyLoadingError,
    "NOAUTH": exceptions.AuthenticationError,
    "WRONGPASS": exceptions.AuthenticationError,
    "MOVED": exceptions.MovedError,
    "ASK": exceptions.AskError,
    "TRYAGAIN": exceptions.TryAgainError,
    "CLUSTERDOWN": exceptions.ClusterDownError,
    "MASTERDOWN": exceptions.MasterDownError,
}


class Link(Protocol):
    """What the lane needs of Redis."""

    async def run(self, call: Call) -> Any:
        """The script's reply. Raises redis' errors."""

    def close(self) -> None: ...


class Connection(asyncio.Protocol):
    """One connection to one server; replies come in the order of the questions."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(protocolError=exceptions.InvalidResponse, replyError=_error_of)
        self._asked: list[bytes] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._answered = 0
        self._watching = False
        self.transport: asyncio.Transport | None = None
        self.closed = False

    def ask(self, *words: Any) -> asyncio.Future[Any]:
        """Ask in this tick's write."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self._asked:
            self._loop.call_soon(self._send)
        if not self._watching:
            self._watching = True
            self._loop.call_later(ANSWER_S, self._watch, self._answered)
        self._asked.append(hiredis.pack_command(words))
        self._waiting.append(future)
        return future

    def close(self) -> None:
        self._fail(exceptions.ConnectionError("closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        reader.feed(data)
        while waiting and (reply := reader.gets()) is not False:
            future = waiting.popleft()
            self._answered += 1
            if future.cancelled():
                continue
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exceptions.ConnectionError("Redis closed the connection"))

    def _send(self) -> None:
        asked, self._asked = self._asked, []
        if self.transport is not None and not self.closed:
            self.transport.write(b"".join(asked))

    def _watch(self, answered: int) -> None:
        """Nothing answered since: what this server still says can no longer be trusted to be in order."""
        if self.closed or not self._waiting:
            self._watching = False
        elif self._answered == answered:
            self._fail(exceptions.TimeoutError("Redis did not answer in time"))
        else:
            self._loop.call_later(ANSWER_S, self._watch, self._answered)

    def _fail(self, error: Exception) -> None:
        self.closed = True
        if self.transport is not None:
            self.transport.abort()
        waiting, self._waiting = self._waiting, deque()
        for future in waiting:
            if not future.done():
                future.set_exception(error)


class Node:
    """One server, by its URL; connected when first asked, and again after a loss."""

    def __init__(self, url: str, scripts: Sequence[Any] = (BEAT, PRESENCE)) -> None:
        self._options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
        self._scripts = scripts
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._not_before = 0.0

    async def connection(self) -> Connection:
        """Raises redis' errors."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        if self._opening is None:
            if asyncio.get_running_loop().time() < self._not_before:
                raise exceptions.ConnectionError("Redis is away")
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    def ready(self) -> Connection | None:
        """The connection, where there is one: saves those who ask a coroutine."""
        found = self._connection
        return found if found is not None and not found.closed else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                connection = await self._connect(loop)
                await self._greet(connection)
        except (OSError, TimeoutError) as error:
            self._not_before = loop.time() + PAUSE_S
            raise exceptions.ConnectionError(f"Redis is away: {error}") from error
        except exceptions.RedisError:
            self._not_before = loop.time() + PAUSE_S
            raise
        finally:
            self._opening = None
        self._connection = connection
        return connection

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        options = self._options
        if "path" in options:
            _, connection = await loop.create_unix_connection(Connection, options["path"])
        else:
            secure = ssl.create_default_context(cafile=options.get("ssl_ca_certs")) if _is_secure(options) else None
            host, port = options.get("host", "localhost"), int(options.get("port", 6379))
            _, connection = await loop.create_connection(Connection, host, port, ssl=secure)
        return connection

    async def _greet(self, connection: Connection) -> None:
        options = self._options
        if options.get("password"):
            user = [options["username"]] if options.get("username") else []
            await connection.ask("AUTH", *user, options["password"])
        if options.get("db"):
            await connection.ask("SELECT", str(options["db"]))
        for script in self._scripts:
            await connection.ask("SCRIPT", "LOAD", script.source)


class SingleLink:
    """To one Redis server."""

    def __init__(self, url: str) -> None:
        self._node = Node(url)

    async def run(self, call: Call) -> Any:
        script, keys, args = call
        connection = self._node.ready() or await self._node.connection()
        try:
            return await connection.ask("EVALSHA", script.sha, str(len(keys)), *keys, *args)
        except exceptions.NoScriptError:
            return await connection.ask("EVAL", script.source, str(len(keys)), *keys, *args)

    def close(self) -> None:
        self._node.close()


def _is_secure(options: dict[str, Any]) -> bool:
    return "connection_class" in options and "SSL" in options["connection_class"].__name__


def _error_of(message: str) -> Exception:
    """redis-py's class for what Redis says; heartbeat.outage knows the others by their first word."""
    code, _, rest = message.partition(" ")
    kind = _ERRORS.get(code)
    return kind(rest) if kind else exceptions.ResponseError(message)
