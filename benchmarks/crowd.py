"""Invented teachers who watch: their sessions in Redis, opened many at once; their study tokens; their beats as bytes.

Account n has enrolment n. Each watches a lesson of LESSON seconds at plain speed, a beat every BEAT seconds of it.
"""

import itertools
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hmac import digest
from typing import Any

import hiredis
import msgspec
from redis import Redis

from benchmarks.servers import KEY
from heartbeat import bitmap, keys
from heartbeat.intake import draw_entropy, local_day, to_ms
from heartbeat.keys import Place
from heartbeat.scripts import OPEN, encode, read_session
from heartbeat.state import OpenCommand, Rules, Session
from heartbeat.store import HEAL_EVERY_MS
from services.tokens import StudyClaims, Tokens

LESSON = 2_700
BEAT = 20
#: No presence check within years: whoever measures a beat wants that beat alone.
UNASKED = Rules(presence_min_ms=10**12, presence_max_ms=2 * 10**12)
#: Commands of one write to Redis; the next is sent before the replies to the one before are read.
AT_ONCE = 500

Clock = Callable[[], datetime]


def place(account: int, lesson: int = 1) -> Place:
    return Place(account, account, lesson, f"{lesson:08x}{account:016x}")


def open_sessions(
    redis_socket: str, places: Iterable[Place], clock: Clock, rules: Rules = UNASKED, watched: int = 0
) -> int:
    """Open a player at each place, as POST /v1/study/sessions does in Redis; `watched` seconds of the lesson are credited already.

    Returns how many. About 15,000 a second.
    """
    raw = bitmap.of([(0, watched)]) if watched else b""

    def commands() -> Iterator[bytes]:
        for where in places:
            now = clock()
            now_ms, day = to_ms(now), local_day(now)
            session = Session(
                id=where.session, account=where.account, enrolment=where.enrolment, lesson=where.lesson, duration=LESSON,
                rules=msgspec.structs.replace(rules, windows=[(now_ms - 10**9, now_ms + 10**12)]), opened_ms=now_ms,
                last_ms=now_ms, seq=watched // BEAT, reported=watched, credited=watched, next_check_ms=0, told_ms=now_ms,
                days=[day],
            )  # fmt: skip
            command = OpenCommand(
                now_ms=now_ms, session=session, device="bench", take_over=True, day_tally=watched, last_ms=0,
                entropy=draw_entropy(),
            )  # fmt: skip
            names = [*where.names(day), keys.heal(keys.tag(keys.bucket(where.account)))]
            arguments = (encode(command), str(now_ms + HEAL_EVERY_MS), raw)
            yield hiredis.pack_command(("EVALSHA", OPEN.sha, str(len(names)), *names, *arguments))

    with Redis(unix_socket_path=redis_socket) as redis:
        redis.script_load(OPEN.source)
    return _pipeline(redis_socket, commands())


def _pipeline(redis_socket: str, commands: Iterator[bytes]) -> int:
    """Send them all; every reply must say ok. Returns how many."""
    reader, sent, answered = hiredis.Reader(), 0, 0
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(redis_socket)
        while True:
            batch = list(itertools.islice(commands, AT_ONCE))
            if batch:
                line.sendall(b"".join(batch))
                sent += len(batch)
            while answered < sent - len(batch):
                reply = reader.gets()
                if reply is False:
                    reader.feed(line.recv(1 << 20))
                    continue
                if isinstance(reply, Exception) or reply[0] != b"ok":
                    raise RuntimeError(f"a session was not opened: {reply!r}")
                answered += 1
            if not batch:
                return answered


class Mint:
    """Study tokens in bulk: services.tokens makes one, and the others differ from it in their claims. Ten times as quick."""

    def __init__(self, now: datetime) -> None:
        tokens = Tokens(KEY, 900)
        claims = StudyClaims(place(1).session, 1, 1, 1, LESSON)
        sample = tokens.issue_study(claims, now + timedelta(days=36_500), now)
        header, payload, _ = sample.encode().split(b".")
        self._header = header + b"."
        self._common = msgspec.json.decode(urlsafe_b64decode(payload + b"=="))
        assert self._signed(self._common) == sample.encode(), "services.tokens signs otherwise than this does"

    def token(self, where: Place) -> bytes:
        own = {"sub": str(where.account), "ses": where.session, "enr": where.enrolment, "les": where.lesson}
        return self._signed(self._common | own)

    def _signed(self, claims: dict[str, Any]) -> bytes:
        signed = self._header + urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
        return signed + b"." + urlsafe_b64encode(digest(KEY, signed, "sha256")).rstrip(b"=")

    def head(self, where: Place, path: str = "/v1/study/beats") -> bytes:
        """A request up to the length of its body."""
        return (
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: " % (path.encode(), self.token(where))
        )


def beat(head: bytes, seq: int, at: bytes, start: int, stop: int) -> bytes:
    """The request that reports media seconds [start, stop). `at`: the player's clock, RFC 3339."""
    played = b"[%d,%d]" % (start, stop) if stop > start else b""
    body = b'{"seq":%d,"acked":%d,"at":"%b","played":[%b]}' % (seq, seq - 1, at, played)
    return b"%b%d\r\n\r\n%b" % (head, len(body), body)


class Watching:
    """Some teachers who beat in turn. Their requests are made beforehand: the client shares the machine with what it measures.

    `watched`: how far into the lesson they are, s. `redis_socket` None: nobody counts them (an empty application is asked).
    `opened`: their sessions of lesson 1 are open already.
    """

    def __init__(
        self,
        accounts: Sequence[int],
        clock: Clock,
        mint: Mint,
        redis_socket: str | None = None,
        watched: int = 0,
        *,
        opened: bool = False,
    ) -> None:
        self.accounts, self._clock, self._mint = accounts, clock, mint
        self._redis_socket, self._watched = redis_socket, watched
        self._requests: Iterator[bytes] = iter(())
        self._begin(1 if opened else 0)

    def _begin(self, lesson: int) -> None:
        self._lesson, self._sent, self._began = lesson, 0, self._clock()
        self._heads: list[bytes | None] = [None] * len(self.accounts)

    def prepare(self, count: int) -> None:
        """So many requests are ready; what was ready and not sent is forgotten. Where the lesson has no room, all open the next."""
        room = len(self.accounts) * ((LESSON - self._watched) // BEAT)
        if self._lesson == 0 or self._sent + count > room:
            if count > room:
                raise ValueError(f"{len(self.accounts)} teachers have no {count} beats in a lesson")
            self._begin(self._lesson + 1)
            if self._redis_socket:
                places = (place(account, self._lesson) for account in self.accounts)
                open_sessions(self._redis_socket, places, self._clock, watched=self._watched)
        self._requests = iter([self._request(number) for number in range(self._sent, self._sent + count)])

    def _request(self, number: int) -> bytes:
        turn, index = divmod(number, len(self.accounts))
        head = self._heads[index]
        if head is None:
            head = self._heads[index] = self._mint.head(place(self.accounts[index], self._lesson))
        start = self._watched + BEAT * turn
        at = self._began + timedelta(seconds=BEAT * (turn + 1))
        return beat(head, start // BEAT + 1, at.isoformat(timespec="milliseconds").encode(), start, start + BEAT)

    @property
    def counts(self) -> bool:
        return self._redis_socket is not None

    def __iter__(self) -> "Watching":
        return self

    def __next__(self) -> bytes:
        request = next(self._requests)
        self._sent += 1
        return request

    def counted(self, redis: "Redis") -> tuple[int, int]:
        """Seconds that Redis credited in the lesson they watch now, and those that they sent."""
        if not self.counts:
            return 0, self._sent * BEAT
        names = []
        for account in self.accounts[: self._sent]:
            where = place(account, self._lesson)
            names.append(keys.session(keys.tag(keys.bucket(account)), where.session))
        found = (raw for start in range(0, len(names), 5000) for raw in redis.mget(names[start : start + 5000]))
        credited = sum(read_session(raw).credited - self._watched for raw in found)
        return credited, self._sent * BEAT
