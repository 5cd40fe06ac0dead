"""The client of all systems: one exchange at a time for the attacks, and a load over keep-alive connections."""

import asyncio
import http.client
import itertools
import json
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

#: One ping as a player sends it: one request, or two one after the other (PlayEdu).
Ping = tuple[bytes, ...]
CONNECTIONS = 64
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Refused(Exception):
    """The server did not answer 2xx."""


def request(method: str, path: str, headers: Mapping[str, str], body: Any = None) -> bytes:
    """The bytes of a request with a JSON body."""
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(sent)}", "", ""]
    return "\r\n".join(lines).encode() + sent


class Wire:
    """One keep-alive connection. Raises Refused for an answer that is not 2xx, OSError where nobody answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def post(self, sent: bytes) -> None:
        self._socket.sendall(sent)

    def receive(self) -> tuple[http.client.HTTPMessage, Any]:
        """Headers, and the JSON body."""
        answer = http.client.HTTPResponse(self._socket)
        answer.begin()
        body = answer.read()
        if not 200 <= answer.status < 300:
            raise Refused(f"{answer.status} {body[:300]!r}")
        return answer.headers, json.loads(body) if body else None

    def exchange(self, sent: bytes) -> tuple[http.client.HTTPMessage, Any]:
        self.post(sent)
        return self.receive()

    def close(self) -> None:
        self._socket.close()


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last is answered, until there is none or it is told to stop between two pings."""

    def __init__(self, pings: Iterable[Ping]) -> None:
        self.pings = iter(pings)
        self.answered, self.stopping, self.received = 0, False, b""
        self.rest: Iterator[bytes] = iter(())
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._begin()

    def _begin(self) -> None:
        ping = None if self.stopping else next(self.pings, None)
        if ping is None:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.rest = iter(ping)
            self.transport.write(next(self.rest))

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank or len(body) < int(cast("re.Match[bytes]", _LENGTH.search(head))[1]):
            return
        self.received = b""
        if not head.startswith(b"HTTP/1.1 2"):
            self._fail(f"{head[:60]!r} {body[:300]!r}")
        elif following := next(self.rest, None):
            self.transport.write(following)
        else:
            self.answered += 1
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server hung up: {exc}")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(Refused(why))


def play(port: int, pings: Sequence[Ping], seconds: float) -> list[int]:
    """Send the pings over CONNECTIONS connections until all are answered or `seconds` have passed; those begun are finished.

    Returns the places in `pings` of those that were answered 2xx. Raises Refused at the first other answer.
    """
    return asyncio.run(_play(port, pings, seconds))


def _as_is(connection: _Connection) -> _Connection:
    return connection


async def _play(port: int, pings: Sequence[Ping], seconds: float) -> list[int]:
    loop = asyncio.get_running_loop()
    shares = [range(first, len(pings), CONNECTIONS) for first in range(min(CONNECTIONS, len(pings)))]
    connections = []
    for share in shares:
        connection = _Connection([pings[place] for place in share])
        await loop.create_connection(partial(_as_is, connection), "127.0.0.1", port)
        connections.append(connection)
    all_done = asyncio.gather(*(connection.done for connection in connections))
    try:
        await asyncio.wait_for(asyncio.shield(all_done), seconds)
    except TimeoutError:
        for connection in connections:
            connection.stopping = True
        await all_done
    return [
        place
        for share, connection in zip(shares, connections, strict=True)
        for place in itertools.islice(share, connection.answered)
    ]
