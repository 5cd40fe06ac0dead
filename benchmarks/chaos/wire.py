"""A teacher's HTTP: one keep-alive connection at a time, to whichever node answers."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: A player waits no longer for a reply, s.
TIMEOUT_S = 4.0


class Away(Exception):
    """No answer, or a server that cannot just now: the same request again will do. `after`: seconds to wait first."""

    def __init__(self, why: str, after: float = 0.5) -> None:
        super().__init__(why)
        self.after = after


class Gone(Exception):
    """410: the session is not known any more."""


@dataclass
class Tally:
    """What all requests met."""

    replies: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    #: Answers that nobody should ever get.
    unexpected: list[str] = field(default_factory=list)
    #: The longest time a teacher was without an answer, s.
    outage: float = 0.0


class Line:
    def __init__(self, ports: list[int], chance: random.Random, tally: Tally) -> None:
        self._ports, self._chance, self._tally = ports, chance, tally
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._away_since: float | None = None

    async def ask(self, path: str, token: str, body: Any) -> dict[str, Any]:
        """POST. Raises Away and Gone."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, document = await self._exchange(path, token, json.dumps(body).encode())
            self._judge(status, document, path)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.hang_up()
            self._tally.broken += 1
            self._away_since = self._away_since or began
            raise Away(type(error).__name__) from None
        except Away:
            self._away_since = self._away_since or began
            raise
        if self._away_since is not None:
            self._tally.outage = max(self._tally.outage, asyncio.get_running_loop().time() - self._away_since)
            self._away_since = None
        if status == 410:
            raise Gone
        return document

    def _judge(self, status: int, document: dict[str, Any], path: str) -> None:
        self._tally.replies[status] += 1
        if status in (200, 201, 410):
            return
        if status not in (429, 503):
            self._tally.unexpected.append(f"{status} {path} {document}"[:300])
        raise Away(f"HTTP {status}", float(document.get("retry_after", 1.0)))

    async def _exchange(self, path: str, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._chance.choice(self._ports))
        reader, writer = self._streams
        head = f"POST {path} HTTP/1.1\r\nHost: xueshi\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in answer[1:])}
        content = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.hang_up()
        document = json.loads(content)
        if "retry-after" in headers:
            document["retry_after"] = headers["retry-after"]
        return int(answer[0].split()[1]), document

    def hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
