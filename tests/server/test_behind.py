"""Flask behind the lane: what clients do with its threads. In a real gunicorn with few threads, then the rest by hand."""

import asyncio
import http.client
import json
import shutil
import socket
import struct
import threading

import pytest

from server import MAX_BODY_BYTES
from server.behind import BUSY, Behind, Files
from tests.acceptance.system import System
from tests.waiting import wait_until

THREADS = 2
MEDIA_THREADS = 4
LOGIN = b'{"id_number":"99999919740505004X","password":"x"}'


@pytest.fixture(scope="module")
def system(redis_server, sqlite_template):
    """gunicorn alone, with one worker and a film of 64 MB."""
    made = System(redis_server, "http://127.0.0.1:9")
    with (made.directory / "film.mp4").open("wb") as film:
        film.truncate(64 << 20)
    shutil.copy(sqlite_template, made.directory / "xueshi.db")
    made.env |= {"WEB_CONCURRENCY": "1", "WEB_THREADS": str(THREADS), "MEDIA_ROOT": str(made.directory)}
    made.take_port()
    made._spawn("-m", "gunicorn", "-c", "gunicorn.conf.py", "asgi:app")
    try:
        wait_until(made._ready, timeout=30, what="gunicorn to be ready")
        yield made
    finally:
        made.close()


def talk(system, request: bytes, timeout: float = 5) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", system.port), timeout=timeout)
    connection.sendall(request)
    return connection


def reply_on(connection: socket.socket) -> tuple[int, str]:
    """The status, and the code of the problem."""
    with http.client.HTTPResponse(connection) as reply:
        reply.begin()
        return reply.status, json.loads(reply.read())["code"]


def login(*lines: str) -> bytes:
    first = ("POST /v1/auth/password HTTP/1.1", "Host: x", "Content-Type: application/json")
    return "\r\n".join((*first, *lines, "", "")).encode()


def chunked(body: bytes) -> bytes:
    parts = (body[at : at + 30_000] for at in range(0, len(body), 30_000))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def film_status(system, timeout: float) -> int:
    """Of a film's first byte."""
    with talk(system, b"GET /media/film.mp4 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n", timeout) as connection:
        return int(connection.recv(4096).split()[1])


@pytest.mark.parametrize(
    ("lines", "body", "expected"),
    [
        (["Transfer-Encoding: chunked"], chunked(LOGIN), (401, "bad_credentials")),
        ([f"Content-Length: {len(LOGIN)}"], LOGIN, (401, "bad_credentials")),
        (["Transfer-Encoding: chunked"], chunked(b'"%s"' % (b"a" * 400_000)), (413, "request_entity_too_large")),
        ([f"Content-Length: {MAX_BODY_BYTES + 1}"], b"", (413, "request_entity_too_large")),
    ],
    ids=["chunked", "length", "chunked too long", "length too long"],
)
def test_a_body_is_the_same_however_it_is_sent(system, lines, body, expected):
    with talk(system, login(*lines) + body) as connection:
        assert reply_on(connection) == expected


def test_a_body_that_trickles_in_keeps_no_thread(system):
    slow = [talk(system, login(f"Content-Length: {len(LOGIN)}") + LOGIN[:1]) for _ in range(2 * THREADS)]
    with talk(system, login(f"Content-Length: {len(LOGIN)}") + LOGIN) as quick:
        assert reply_on(quick)[0] == 401
    for connection in slow:
        with connection:
            connection.sendall(LOGIN[1:])
            assert reply_on(connection)[0] == 401


def test_films_that_nobody_reads_on_take_no_other_threads_and_give_theirs_back(system):
    stalled = [talk(system, b"GET /media/film.mp4 HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(MEDIA_THREADS)]
    assert all(connection.recv(12).endswith(b"200") for connection in stalled)
    with pytest.raises(TimeoutError):
        film_status(system, timeout=0.5)
    with talk(system, login(f"Content-Length: {len(LOGIN)}") + LOGIN) as other:
        assert reply_on(other)[0] == 401
    for connection in stalled:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        connection.close()
    for _ in range(MEDIA_THREADS + 1):  # gunicorn gives them up after 3 s
        assert film_status(system, timeout=10) == 206


class Server:
    """An ASGI server's side of one request, with the messages given; `room` lets replies through."""

    def __init__(self, *messages, headers=(), path="/"):
        self.scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "http_version": "1.1",
                      "headers": list(headers)}  # fmt: skip
        self._messages, self.sent, self.room = list(messages), [], asyncio.Event()
        self.room.set()
        self.asked = asyncio.Event()

    async def receive(self):
        return self._messages.pop(0)

    async def send(self, message):
        self.sent.append(message)
        self.asked.set()
        await self.room.wait()


def part(body: bytes, more: bool = True):
    return {"type": "http.request", "body": body, "more_body": more}


def seen(server: Server, longest: int = 10) -> tuple[str | None, str | None, bytes]:
    """The length, the transfer encoding and the body that the application gets."""
    found = []

    def app(environ, start_response):
        found.append(
            (environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING"), environ["wsgi.input"].read())
        )
        start_response("204 No Content", [])
        return []

    asyncio.run(Behind(app, 1, longest)(server.scope, server.receive, server.send))
    return found[0]


CHUNKED = [(b"transfer-encoding", b"chunked")]


def test_a_chunked_body_gets_the_length_it_has():
    assert seen(Server(part(b"ab"), part(b"cd", False), headers=CHUNKED)) == ("4", None, b"abcd")


def test_no_more_is_read_of_a_chunked_body_once_it_is_too_long():
    assert seen(Server(part(b"a" * 6), part(b"b" * 6), headers=CHUNKED)) == ("12", None, b"aaaaaabbbbbb")


def test_a_body_that_breaks_off_never_looks_whole():
    gone = {"type": "http.disconnect"}
    assert seen(Server(part(b"ab"), gone, headers=CHUNKED)) == ("3", None, b"ab")
    assert seen(Server(part(b"ab"), gone, headers=[(b"content-length", b"4")])) == ("4", None, b"ab")


def test_without_a_body_no_length_is_invented():
    assert seen(Server(part(b"", False))) == (None, None, b"")


def test_the_reply_ends_with_its_client_and_what_waits_for_a_thread_is_not_begun():
    ended, begun = threading.Event(), []

    class Endless:
        def __iter__(self):
            return self

        def __next__(self):
            return b"x"

        def close(self):
            ended.set()

    def app(environ, start_response):
        begun.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return Endless()

    async def story():
        behind = Behind(app, 1, 10)
        first, second = Server(part(b"", False), path="/first"), Server(part(b"", False), path="/second")
        first.room.clear()
        tasks = [asyncio.create_task(behind(each.scope, each.receive, each.send)) for each in (first, second)]
        await first.asked.wait()
        for task in reversed(tasks):
            task.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True)
        )
        await asyncio.wait_for(asyncio.gather(*behind._running), 5)
        assert (len(first.sent), second.sent) == (1, [])

    asyncio.run(story())
    assert ended.is_set()
    assert begun == ["/first"]


def test_a_reply_that_the_server_will_not_send_is_an_error_and_frees_the_thread():
    def app(environ, start_response):
        start_response("200 OK", [])
        return (b"x" for _ in range(1000))

    async def refuse(message):
        raise ValueError("no such header")

    server = Server(part(b"", False))
    with pytest.raises(ValueError, match="no such header"):
        asyncio.run(asyncio.wait_for(Behind(app, 1, 10)(server.scope, server.receive, refuse), 5))


class TestFiles:
    """Bodies that only one door takes."""

    FILES = Files("/files/", longest=30, admits=lambda cookies: "stranger" not in cookies, at_once=1, seconds=0.05)

    def behind(self, found):
        def app(environ, start_response):
            body = environ["wsgi.input"].read() if not environ["asgi.scope"].get(BUSY) else None
            found.append((environ.get("CONTENT_LENGTH"), body))
            start_response("204 No Content", [])
            return []

        return Behind(app, 1, 10, files=self.FILES)

    def told(self, *servers):
        found = []

        async def story():
            behind = self.behind(found)
            await asyncio.gather(*(behind(each.scope, each.receive, each.send) for each in servers))
            assert behind._held == 0

        asyncio.run(asyncio.wait_for(story(), 5))
        return found

    def test_may_be_longer_there_and_only_there(self):
        long = part(b"a" * 20, False)
        assert self.told(Server(long, headers=CHUNKED, path="/files/x")) == [("20", b"a" * 20)]
        assert self.told(Server(part(b"a" * 20), headers=CHUNKED, path="/other")) == [
            ("20", b"a" * 20)
        ]  # cut, and too long
        assert self.told(Server(part(b"a" * 20), part(b"a" * 20), headers=CHUNKED, path="/files/x"))[0][0] == "40"

    def test_that_do_not_come_in_time_look_broken_off(self):
        class Slow(Server):
            async def receive(self):
                return self._messages.pop(0) if self._messages else await asyncio.Event().wait()

        slow = Slow(part(b"ab"), headers=CHUNKED, path="/files/x")
        assert self.told(slow) == [("3", b"ab")]

    def test_are_held_so_many_at_once(self):
        """The second one is left alone while the first is being read."""

        class Held(Server):
            async def receive(self):
                await asyncio.sleep(0)
                return await super().receive()

        first = Held(part(b"ab"), part(b"cd", False), headers=CHUNKED, path="/files/x")
        second = Server(part(b"ef", False), headers=CHUNKED, path="/files/x")
        small = Server(part(b"gh", False), headers=[(b"content-length", b"2")], path="/files/x")
        assert sorted(self.told(first, second, small), key=str) == sorted(
            [("4", b"abcd"), (None, None), ("2", b"gh")], key=str
        )

    def test_of_strangers_are_not_read_and_take_no_place(self):
        """Whoever may not hand in anything could keep all places for as long as the slowest upload takes."""
        stranger = [(b"cookie", b"who=stranger")]
        found = self.told(
            Server(part(b"a" * 20), headers=[*CHUNKED, *stranger], path="/files/x"),
            Server(part(b"cd", False), headers=CHUNKED, path="/files/x"),
        )
        assert sorted(found) == [("2", b"cd"), ("20", b"a" * 20)]  # broken off after the length that others may have
