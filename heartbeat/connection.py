"""One connection from the event loop to one Redis server: everything asked within two milliseconds leaves in one write.

redis-py's own asyncio pipeline costs more for each command than all the rest of a beat; here a command is packed and a reply parsed
by hiredis, and nothing else is done. Errors are redis-py's, so that heartbeat.outage judges them alike.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, cast

import hiredis
from redis import exceptions
from redis.connection import DefaultParser, SSLConnection

from heartbeat.scripts import BEAT, PRESENCE, Call, Script

#: For so long questions are gathered into one write: Redis then reads once, writes its log once, and answers once.
GATHER_S = 0.002
#: With questions open, Redis may be silent for this long; then all of them are refused, and their clients send them again.
ANSWER_S = 2.0
#: Redis has this long to take a connection and to greet.
CONNECT_S = 1.0
#: After a connection failed, for this long nothing is tried: those who ask are refused at once.
PAUSE_S = 0.25


class Connection(asyncio.Protocol):
    """Replies come in the order of the questions. Once closed, it answers every question with ConnectionError."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(protocolError=exceptions.InvalidResponse, replyError=DefaultParser.parse_error)
        self._asked: list[bytes] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()
        #: When Redis last said something, or was first asked after a rest.
        self._heard = 0.0
        self._watching = False
        self.transport: asyncio.Transport | None = None
        self.closed = False

    def ask(self, *words: Any) -> asyncio.Future[Any]:
        """Ask in the next write."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self.closed:
            future.set_exception(exceptions.ConnectionError("the connection is closed"))
            return future
        packed = hiredis.pack_command(words)
        if not self._asked:
            self._loop.call_later(GATHER_S, self._send)
        if not self._waiting:
            self._heard = self._loop.time()
            if not self._watching:
                self._watching = True
                self._loop.call_later(ANSWER_S, self._watch)
        self._asked.append(packed)
        self._waiting.append(future)
        return future

    def close(self) -> None:
        self._fail(exceptions.ConnectionError("the connection was closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        self._heard = self._loop.time()
        reader.feed(data)
        try:
            while waiting and (reply := reader.gets()) is not False:
                future = waiting.popleft()
                if future.cancelled():
                    continue
                if isinstance(reply, Exception):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except exceptions.InvalidResponse as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exceptions.ConnectionError("Redis closed the connection"))

    def _send(self) -> None:
        asked, self._asked = self._asked, []
        if self.transport is not None and not self.closed:
            self.transport.write(b"".join(asked))

    def _watch(self) -> None:
        """After too long a silence, what this server still says can no longer be trusted to be in order."""
        left = self._heard + ANSWER_S - self._loop.time()
        if self.closed or not self._waiting:
            self._watching = False
        elif left <= 0:
            self._fail(exceptions.TimeoutError("Redis did not answer in time"))
        else:
            self._loop.call_later(left, self._watch)

    def _fail(self, error: Exception) -> None:
        self.closed = True
        if self.transport is not None:
            self.transport.abort()
        waiting, self._waiting = self._waiting, deque()
        for future in waiting:
            if not future.done():
                future.set_exception(error)


class Node:
    """One server, by the options of redis.connection.parse_url; connected when first asked, and again after a loss."""

    def __init__(self, options: Mapping[str, Any], scripts: Sequence[Script] = (BEAT, PRESENCE)) -> None:
        self._options, self._scripts = options, scripts
        self._tls: ssl.SSLContext | None = None
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._not_before = 0.0

    async def run(self, call: Call, *, asking: bool = False) -> Any:
        """The script's reply. `asking`: the keys are on their way to this server. Raises redis' errors."""
        connection = self.ready() or await self.connection()
        script, keys, args, _ = call
        try:
            return await _ask(connection, asking, "EVALSHA", script.sha, str(len(keys)), *keys, *args)
        except exceptions.NoScriptError:
            return await _ask(connection, asking, "EVAL", script.source, str(len(keys)), *keys, *args)

    async def ask(self, *words: Any) -> Any:
        connection = self.ready() or await self.connection()
        return await connection.ask(*words)

    def ready(self) -> Connection | None:
        """The connection, where there is one: saves those who ask a coroutine."""
        found = self._connection
        return found if found is not None and not found.closed else None

    async def connection(self) -> Connection:
        """Raises redis' errors."""
        if (found := self.ready()) is not None:
            return found
        if self._opening is None:
            if asyncio.get_running_loop().time() < self._not_before:
                raise exceptions.ConnectionError("Redis is away")
            self._opening = asyncio.create_task(self._open())
        opening = self._opening
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            if opening.cancelled():  # the server was closed meanwhile: it left the cluster
                raise exceptions.ConnectionError("the connection was closed") from None
            raise

    def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        connection = None
        try:
            async with asyncio.timeout(CONNECT_S):
                connection = await self._connect(loop)
                await self._greet(connection)
        except (OSError, TimeoutError, exceptions.RedisError) as error:
            self._not_before = loop.time() + PAUSE_S
            if isinstance(error, exceptions.ConnectionError):
                raise
            raise exceptions.ConnectionError(f"Redis is away: {error}") from error
        else:
            self._connection = connection
            return connection
        finally:
            self._opening = None
            if connection is not None and connection is not self._connection:
                connection.close()

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        options = self._options
        if "path" in options:
            _, connection = await loop.create_unix_connection(Connection, options["path"])
        else:
            host, port = options.get("host", "localhost"), options.get("port", 6379)
            self._tls = self._tls or _tls(options)  # made once: it takes as long as many beats
            _, connection = await loop.create_connection(Connection, host, port, ssl=self._tls)
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


def _ask(connection: Connection, asking: bool, *words: Any) -> asyncio.Future[Any]:
    if asking:  # holds for the next command of this connection
        connection.ask("ASKING").add_done_callback(_heed)
    return connection.ask(*words)


def _heed(future: asyncio.Future[Any]) -> None:
    """Whatever went wrong is told to those who asked for something; nobody waits for this one."""
    if not future.cancelled():
        future.exception()


def _tls(options: Mapping[str, Any]) -> ssl.SSLContext | None:
    """As redis-py would, by the same options. Raises OSError (a bad certificate is one)."""
    kind = options.get("connection_class")
    if not (isinstance(kind, type) and issubclass(kind, SSLConnection)):
        return None
    wanted = SSLConnection(**{name: value for name, value in options.items() if name.startswith("ssl_")})
    context = ssl.create_default_context()
    context.check_hostname = wanted.check_hostname
    context.verify_mode = wanted.cert_reqs
    if wanted.certfile or wanted.keyfile:
        context.load_cert_chain(wanted.certfile, wanted.keyfile)
    if wanted.ca_certs or wanted.ca_path:
        context.load_verify_locations(wanted.ca_certs, wanted.ca_path)
    return context
