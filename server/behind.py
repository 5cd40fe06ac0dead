"""What stands behind the lane: Flask in threads, through a2wsgi, so that no client can keep a thread.

a2wsgi alone loses a thread for ever when a client goes away in the middle of a long reply, holds one while a body trickles in, and
tells Flask nothing of a chunked body. Here a body is read on the event loop before a thread is taken, and Flask is told its length;
the sending ends with the client; and media, which take minutes, have threads of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from werkzeug.wsgi import ClosingIterator

from heartbeat.lane import Message, Receive, Scope, Send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MEDIA = "/media/"
#: Where Flask's side finds the client of its request, in the scope.
CLIENT = "xueshi.client"
#: Set in the scope of a request whose body was left alone, because too many large ones are held already.
BUSY = "xueshi.busy"


@dataclass(frozen=True)
class Files:
    """Where files are handed in: below `path` a body may have `longest` bytes. A larger one than others may have is read to its end within
    `seconds`, and of these so many are held `at_once`; only of those whose Cookie header `admits` takes, for whoever is slow keeps a
    place from others."""

    path: str
    longest: int
    admits: Callable[[str], bool]
    at_once: int = 4
    seconds: float = 120


class Behind:
    """`app` as an ASGI application. Bodies of more than `longest_body` bytes, of `files` more than theirs, are left to its 413."""

    def __init__(
        self,
        app: "WSGIApplication",
        threads: int,
        longest_body: int,
        media_threads: int = 4,
        files: Files | None = None,
    ) -> None:
        shown: Any = _while_watched(app)
        self._web: Any = WSGIMiddleware(shown, workers=threads)
        self._media: Any = WSGIMiddleware(shown, workers=media_threads)
        self._longest_body = longest_body
        self._files = files
        self._held = 0
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._web(scope, receive, send)
            return
        async with self._room(scope) as longest:
            await self._answer(scope, receive, send, longest)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, longest: int) -> None:
        client = _Client(send)
        if BUSY not in scope:
            scope, receive = await self._with_body(scope, receive, longest)
        threads = self._media if scope["path"].startswith(MEDIA) else self._web
        # A task of its own: the server cancels this one when the client has gone, and a2wsgi, cancelled, would leave its thread
        # waiting for ever for room in a queue that nobody empties.
        running = asyncio.create_task(threads({**scope, CLIENT: client}, receive, client.send))
        self._running.add(running)
        running.add_done_callback(self._ended)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            client.leave()
            raise
        if client.fault is not None:
            raise client.fault

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # told by who waited; when nobody did, there is nobody to tell

    @asynccontextmanager
    async def _room(self, scope: Scope) -> AsyncIterator[int]:
        """How many bytes the body may have. Whoever may bring a large one holds a place until the reply."""
        files = self._files
        declared = _declared(scope)
        door = files is not None and scope["path"].startswith(files.path) and scope["method"] == "POST"
        large = door and (declared is None or declared > self._longest_body)
        # Strangers are sent to the sign-in by Flask, without their body.
        if files is None or not large or not files.admits(_cookies(scope)):
            yield self._longest_body
        elif self._held >= files.at_once:
            scope[BUSY] = True
            yield 0
        else:
            self._held += 1
            try:
                yield files.longest
            finally:
                self._held -= 1

    async def _with_body(self, scope: Scope, receive: Receive, longest: int) -> tuple[Scope, Receive]:
        """The request with its body at hand. Flask reads a body by its Content-Length alone, so a chunked one is given one here: a
        too long body's is too long (413), a broken-off body's is more than there is (400)."""
        declared = _declared(scope)
        if declared is not None and declared > longest:
            return scope, receive  # Flask refuses before it reads
        body, more, length = bytearray(), True, 0
        try:
            async with asyncio.timeout(self._files.seconds if self._files and longest > self._longest_body else None):
                while more and len(body) <= longest:
                    message = await receive()
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    length = len(body) + (message["type"] == "http.disconnect")
        except TimeoutError:
            length = len(body) + 1  # as one that broke off
        if declared is None and length:
            headers = [pair for pair in scope["headers"] if pair[0] != b"transfer-encoding"]
            scope = {**scope, "headers": [*headers, (b"content-length", b"%d" % length)]}
        whole: Message = {"type": "http.request", "body": bytes(body), "more_body": False}

        async def read() -> Message:
            return whole

        return scope, read


def _declared(scope: Scope) -> int | None:
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), None)


def _cookies(scope: Scope) -> str:
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")


class _Client:
    """Who waits for the reply, until they go; what is sent to them after that goes nowhere, at once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sending: asyncio.Future[None] | None = None
        self.gone = False
        #: What the server said to a reply that it could not send.
        self.fault: BaseException | None = None

    async def send(self, message: Message) -> None:
        if self.gone:
            return
        self._sending = sending = asyncio.ensure_future(self._send(message))
        await asyncio.wait({sending})
        if not sending.cancelled() and (fault := sending.exception()):
            self.fault, self.gone = fault, True

    def leave(self) -> None:
        self.gone = True
        if self._sending is not None:
            self._sending.cancel()


def _while_watched(app: "WSGIApplication") -> "WSGIApplication":
    """`app`, which begins nothing for a client that has gone, and reads no file to its end for one."""

    def shown(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        client: _Client = environ["asgi.scope"][CLIENT]
        if client.gone:
            return ()
        chunks = app(environ, start_response)
        return ClosingIterator(takewhile(lambda _: not client.gone, chunks), getattr(chunks, "close", None))

    return shown
