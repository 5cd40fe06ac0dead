"""The event loop's connection to one Redis: it never hangs, never mixes up replies, and comes back."""

import asyncio
import datetime as dt
import ipaddress
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis import exceptions

from heartbeat import connection, scripts
from heartbeat.connection import GATHER_S
from heartbeat.keys import Place
from heartbeat.link import SingleLink
from heartbeat.outage import is_outage
from heartbeat.scripts import Call, read_outcome
from heartbeat.state import BeatCommand, Entropy
from tests.redis_cluster import free_ports
from tests.servers import Process, RedisServer, redis_binary
from tests.waiting import wait_until

ENTROPY = Entropy(draw=0, check_id="c", digits="0000")


def beat(account: int = 7) -> Call:
    """Of a session that there is not: `gone` is the answer."""
    command = BeatCommand(now_ms=1, seq=1, acked=0, at_ms=1, segments=[], day=20220801, end=False, entropy=ENTROPY)
    return scripts.beat(Place(account, 1, 1, "none"), command)


async def answered(link: Any, call: Call | None = None) -> bool:
    return read_outcome(await link.run(call or beat())).kind == "gone"


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    def run(story: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(story)

    return run


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    monkeypatch.setattr(connection, "CONNECT_S", 0.3)
    monkeypatch.setattr(connection, "PAUSE_S", 0.05)


async def until_answered(link: Any) -> None:
    """A player that tries again."""
    async with asyncio.timeout(10):
        while True:
            try:
                assert await answered(link)
            except exceptions.RedisError as error:
                if not is_outage(error):
                    raise
                await asyncio.sleep(0.02)
            else:
                return


def test_what_is_asked_together_leaves_in_one_write(run, redis_url, monkeypatch):
    async def story():
        link = SingleLink(redis_url)
        await answered(link)
        written = []
        transport = link._node.ready().transport
        link._node.ready().transport = type("Counting", (), {"write": written.append, "abort": transport.abort})()
        asking = [asyncio.create_task(answered(link, beat(account))) for account in range(100)]
        await asyncio.sleep(20 * GATHER_S)
        assert len(written) == 1
        transport.write(written[0])
        assert all(await asyncio.gather(*asking))
        link.close()

    run(story())


def test_a_script_that_redis_forgot_is_sent_again(run, redis_url, redis):
    async def story():
        link = SingleLink(redis_url)
        assert await answered(link)
        redis.script_flush()
        assert all(await asyncio.gather(*(answered(link) for _ in range(20))))
        link.close()

    run(story())


def test_a_question_that_nobody_waits_for_any_more_does_not_shift_the_replies(run, redis_url):
    async def story():
        link = SingleLink(redis_url)
        await answered(link)
        talk = link._node.ready()
        asked = [talk.ask("ECHO", str(number)) for number in range(10)]
        asked[3].cancel()
        asked[7].cancel()
        kept = [number for number in range(10) if number not in (3, 7)]
        assert [await asked[number] for number in kept] == [str(number).encode() for number in kept]
        link.close()

    run(story())


class TestSilence:
    def test_is_refused_in_time_and_forgiven(self, run, own_redis, quick):
        async def story():
            link = SingleLink(own_redis.url)
            assert await answered(link)
            own_redis.process.send_signal(signal.SIGSTOP)
            try:
                began = time.monotonic()
                several = await asyncio.gather(*(answered(link) for _ in range(50)), return_exceptions=True)
                assert {type(error) for error in several} == {exceptions.TimeoutError}
                assert time.monotonic() - began < 2
                with pytest.raises(exceptions.ConnectionError):  # connects, but is not greeted
                    await answered(link)
            finally:
                own_redis.process.send_signal(signal.SIGCONT)
            await until_answered(link)
            link.close()

        run(story())

    def test_is_counted_from_the_first_question(self, run, own_redis, quick, monkeypatch):
        """Whatever was answered before, and however many go on asking: no watch is begun anew."""
        monkeypatch.setattr(connection, "ANSWER_S", 0.6)

        async def story():
            link = SingleLink(own_redis.url)
            assert await answered(link)  # a watch begins
            await asyncio.sleep(0.3)
            assert await answered(link)
            own_redis.process.send_signal(signal.SIGSTOP)
            try:
                began = time.monotonic()
                first = asyncio.create_task(answered(link))
                more = []
                while not first.done():
                    more.append(asyncio.create_task(answered(link)))
                    await asyncio.sleep(0.05)
                assert 0.5 < time.monotonic() - began < 1.1
                await asyncio.gather(first, *more, return_exceptions=True)
            finally:
                own_redis.process.send_signal(signal.SIGCONT)
            link.close()

        run(story())

    def test_while_greeting_leaves_no_connection_behind(self, run, own_redis, quick):
        async def story():
            link = SingleLink(own_redis.url)
            own_redis.process.send_signal(signal.SIGSTOP)
            try:
                for _ in range(3):
                    with pytest.raises(exceptions.ConnectionError):
                        await answered(link)
                    await asyncio.sleep(connection.PAUSE_S * 2)
            finally:
                own_redis.process.send_signal(signal.SIGCONT)
            await asyncio.to_thread(wait_until, lambda: others(own_redis.url) == 0)
            link.close()

        run(story())


def others(url: str, **login: Any) -> int:
    """How many clients there are beside the one that asks."""
    with closing(redis_py.Redis.from_url(url, **login)) as client:
        return len(client.client_list()) - 1


def test_a_redis_that_was_killed_is_told_at_once_and_found_again(run, own_redis, quick):
    async def story():
        link = SingleLink(own_redis.url)
        assert await answered(link)
        own_redis.process.send_signal(signal.SIGSTOP)
        waiting = [asyncio.create_task(answered(link)) for _ in range(20)]
        await asyncio.sleep(0.02)
        await asyncio.to_thread(own_redis.stop, signal.SIGKILL)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(error) for error in told} == {exceptions.ConnectionError}
        with pytest.raises(exceptions.ConnectionError):
            await answered(link)
        await asyncio.to_thread(own_redis.start)
        await until_answered(link)
        link.close()

    run(story())


def test_a_question_on_a_closed_connection_is_refused_and_not_forgotten(run, redis_url):
    async def story():
        link = SingleLink(redis_url)
        await answered(link)
        talk = link._node.ready()
        talk.close()
        async with asyncio.timeout(1):
            with pytest.raises(exceptions.ConnectionError):
                await talk.ask("PING")
        assert await answered(link)
        link.close()
        await asyncio.sleep(0)

    run(story())


def test_many_that_ask_before_there_is_a_connection_share_one(run, own_redis):
    async def story():
        link = SingleLink(own_redis.url)
        assert all(await asyncio.gather(*(answered(link) for _ in range(50))))
        assert await asyncio.to_thread(others, own_redis.url) == 1
        link.close()

    run(story())


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-7\r\n", b"*1\r\n", b"\x00" * 4096, b""])
def test_a_server_that_is_no_redis_is_refused(run, words, quick):
    async def story():
        async def answer(_reader: Any, writer: asyncio.StreamWriter) -> None:
            writer.write(words)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            link = SingleLink(f"redis://127.0.0.1:{port}/0")
            async with asyncio.timeout(2):
                with pytest.raises(exceptions.ConnectionError):
                    await answered(link)
            link.close()

    run(story())


def test_a_redis_with_too_many_clients_is_an_outage(run, own_redis, quick):
    async def story():
        with closing(redis_py.Redis.from_url(own_redis.url)) as client:
            client.config_set("maxclients", 1)
            link = SingleLink(own_redis.url)
            with pytest.raises(exceptions.RedisError) as caught:
                await answered(link)
            assert is_outage(caught.value)
            client.config_set("maxclients", 100)
        await until_answered(link)
        link.close()

    run(story())


class SecureRedis(Process):
    """TLS with a certificate of its own, and a user with a password."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.certificate, key = self.directory / "cert.pem", self.directory / "key.pem"
        _certify(self.certificate, key)
        self.key = key

    def url(self, login: str = "teacher:p%40ss%2Fword", database: int = 3) -> str:
        return f"rediss://{login}@127.0.0.1:{self.port}/{database}?ssl_ca_certs={self.certificate}"

    def start(self) -> "SecureRedis":
        files = [
            "--tls-cert-file",
            self.certificate,
            "--tls-key-file",
            self.key,
            "--tls-ca-cert-file",
            self.certificate,
        ]
        words = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no", "--bind", "127.0.0.1"]
        user = ["--user", "teacher", "on", ">p@ss/word", "~*", "&*", "+@all"]
        self.spawn([redis_binary(), *words, *files, *user, "--save", "", "--requirepass", "other"], self._answers)
        return self

    def _answers(self) -> bool:
        try:
            with redis_py.Redis.from_url(self.url()) as client:
                return bool(client.ping())
        except redis_py.ConnectionError:
            return False


def _certify(certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))


@pytest.fixture(scope="module")
def secure() -> Iterator[SecureRedis]:
    server = SecureRedis(free_ports(1)[0])
    try:
        yield server.start()
    except RuntimeError as error:
        if "Bad directive" not in str(error):
            raise
        pytest.skip("this Redis was built without TLS")
    finally:
        server.close()


class TestSecure:
    def test_with_user_password_and_database(self, run, secure):
        async def story():
            link = SingleLink(secure.url())
            assert await answered(link)
            talk = link._node.ready()
            assert b" db=3 " in await talk.ask("CLIENT", "INFO")
            assert await talk.ask("ACL", "WHOAMI") == b"teacher"
            link.close()

        run(story())

    def test_a_wrong_password_is_an_outage_and_leaves_no_connection(self, run, secure, quick):
        async def story():
            link = SingleLink(secure.url(login="teacher:wrong"))
            for _ in range(3):
                with pytest.raises(exceptions.AuthenticationError) as caught:
                    await answered(link)
                assert is_outage(caught.value)
                with pytest.raises(exceptions.ConnectionError, match="away"):
                    await answered(link)
                await asyncio.sleep(connection.PAUSE_S * 1.5)
            await asyncio.to_thread(wait_until, lambda: others(secure.url()) == 0)
            link.close()

        run(story())

    def test_a_certificate_that_is_not_trusted_is_refused(self, run, secure):
        async def story():
            link = SingleLink(secure.url().partition("?")[0])
            with pytest.raises(exceptions.ConnectionError, match="certificate"):
                await answered(link)
            link.close()

        run(story())
