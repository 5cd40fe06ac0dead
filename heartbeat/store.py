"""Typed calls to lua/*.lua, and the reads of the flusher. Beside the lane, nothing else runs scripts."""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import msgspec
import structlog
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

from heartbeat import keys, scripts
from heartbeat.keys import Place
from heartbeat.outage import is_outage
from heartbeat.scripts import HEAL, LAPSE, OPEN, RELEASE, SETTLE, Call, Script, encode, read_lease, read_outcome
from heartbeat.state import BeatCommand, Lease, OpenCommand, Outcome, PresenceCommand, Session

log = structlog.get_logger()

#: A session is flushed once more every hour …
HEAL_EVERY_MS = 3_600_000
#: … until this long after its last beat.
HEAL_FOR_MS = 48 * 3_600_000
#: At least this long a clean key is kept: two healing rounds.
LEAST_TTL_MS = 2 * HEAL_EVERY_MS
#: How many sessions one script settles: it holds Redis up for about a millisecond, and Lua takes a few thousand arguments.
SETTLE_AT_ONCE = 1_000

#: (bucket, session id)
Member = tuple[int, str]


class Record(NamedTuple):
    """One dirty session as the flusher reads it."""

    session: Session
    coverage: bytes
    #: Credited seconds by local day, yyyymmdd.
    days: dict[int, int]


def _counted(prefix: str, s: Session) -> list[str]:
    """The keys that hold what a session counted: the lesson's coverage, then the tally of each day."""
    return [keys.coverage(prefix, s.enrolment, s.lesson), *(keys.day(prefix, s.enrolment, day) for day in s.days)]


def _unreadable(session_id: str) -> None:
    log.error("state_unreadable", session=session_id)


class Store:
    """Raises redis' ConnectionError and TimeoutError when Redis is away; every verb is safe to repeat."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self._threads = threading.local()

    def open_session(self, place: Place, day: int, command: OpenCommand, coverage: bytes) -> Outcome:
        """`coverage` is what SQL knows of the lesson (a packed command cannot carry bytes into Lua)."""
        prefix = keys.tag(keys.bucket(place.account))
        names = [*place.names(day), keys.heal(prefix)]
        return read_outcome(self._run(OPEN, names, [encode(command), command.now_ms + HEAL_EVERY_MS, coverage]))

    def run(self, call: Call) -> Outcome:
        """A beat, or the answer to a presence check."""
        return read_outcome(self._run(call.script, call.keys, call.args))

    def beat(self, place: Place, command: BeatCommand) -> Outcome:
        return self.run(scripts.beat(place, command))

    def presence(self, place: Place, command: PresenceCommand) -> Outcome:
        return self.run(scripts.presence(place, command))

    def release(self, account: int) -> None:
        """No session of the account earns any longer."""
        self._run(RELEASE, [keys.lease(keys.tag(keys.bucket(account)), account)], [])

    def lease(self, account: int) -> Lease | None:
        raw = self.redis.get(keys.lease(keys.tag(keys.bucket(account)), account))
        return read_lease(cast("bytes", raw)) if raw else None

    def sessions(self, account: int, session_ids: Sequence[str]) -> dict[str, Session]:
        """Those of an account's sessions that Redis still holds."""
        found = self._found(keys.session, account, session_ids)
        return {i: scripts.read_session(raw) for i, raw in found.items()}

    def pending(self, account: int, session_ids: Sequence[str]) -> dict[str, bytes]:
        """The media seconds, as bitmaps, that wait in an account's sessions for a presence check."""
        return self._found(keys.pending, account, session_ids)

    def unflushed(self, account: int, session_ids: Sequence[str]) -> list[Record]:
        """Those of an account's sessions that SQL lacks something of."""
        if not session_ids:
            return []
        bucket = keys.bucket(account)
        scores = self.redis.zmscore(keys.dirty(keys.tag(bucket)), list(session_ids))
        marked = [i for i, score in zip(session_ids, scores, strict=True) if score is not None]
        return self.records((bucket, i) for i in marked)

    # What the flusher needs ---------------------------------------------------------------------------------------

    def sizes(self) -> list[int]:
        """How many sessions of each bucket hold something that SQL lacks."""
        pipe = self.redis.pipeline(transaction=False)
        for bucket in range(keys.BUCKETS):
            pipe.zcard(keys.dirty(keys.tag(bucket)))
        return cast("list[int]", pipe.execute())

    def backlog(self) -> int:
        """How many sessions hold something that SQL lacks."""
        return sum(self.sizes())

    def dirty(self, limit: int) -> list[Member]:
        """Up to `limit` dirty sessions, from a random bucket on."""
        turn = random.randrange(keys.BUCKETS)  # noqa: S311 — shares work, guards nothing
        taken, room, sizes = list[int](), limit, self.sizes()
        for bucket in (*range(turn, keys.BUCKETS), *range(turn)):
            if sizes[bucket] and room > 0:
                taken.append(bucket)
                room -= sizes[bucket]
        return self.dirty_in(taken)[:limit]

    def dirty_in(self, buckets: Iterable[int]) -> list[Member]:
        return self._members(keys.dirty, buckets, "+inf")

    def due(self, now_ms: int, buckets: Iterable[int]) -> list[Member]:
        """Open sessions that may have lapsed."""
        return self._members(keys.open_sessions, buckets, now_ms)

    def to_heal(self, now_ms: int, buckets: Iterable[int]) -> list[Member]:
        return self._members(keys.heal, buckets, now_ms)

    def records(self, members: Iterable[Member]) -> list[Record]:
        """The state behind dirty members. Bitmaps are read after sessions, so they never lack what a session counts.

        One that cannot be read is left out, and the log names it: it must not hold up the others.
        """
        by_prefix: dict[str, list[Session]] = {}
        for (bucket, _), s in self.read(members, named=True):
            if s:
                by_prefix.setdefault(keys.tag(bucket), []).append(s)
        pipe = self.redis.pipeline(transaction=False)
        for prefix, sessions in by_prefix.items():
            pipe.mget([name for s in sessions for name in _counted(prefix, s)])
        records = []
        for sessions, raws in zip(by_prefix.values(), pipe.execute(), strict=True):
            rest = iter(raws)
            for s in sessions:
                coverage, tallies = next(rest) or b"", [next(rest) for _ in s.days]
                try:
                    days = {day: int(n) for day, n in zip(s.days, tallies, strict=True) if n}
                except ValueError:
                    _unreadable(s.id)
                else:
                    records.append(Record(s, coverage, days))
        return records

    def settle(self, records: Iterable[Record], now_ms: int) -> None:
        """SQL holds these records: what has not changed since is clean, and may expire where the session is over."""
        by_prefix: dict[str, list[Session]] = {}
        for record in records:
            by_prefix.setdefault(keys.tag(keys.bucket(record.session.account)), []).append(record.session)
        calls = []
        for prefix, sessions in by_prefix.items():
            for start in range(0, len(sessions), SETTLE_AT_ONCE):
                some = sessions[start : start + SETTLE_AT_ONCE]
                names, over = [keys.dirty(prefix)], []
                for place, s in enumerate(some, 1):
                    if s.end_reason and not s.pending:
                        rests_on = [keys.session(prefix, s.id), keys.pending(prefix, s.id)]
                        rests_on += [keys.lease(prefix, s.account), *_counted(prefix, s)]
                        names += rests_on
                        over.append((place, max(LEAST_TTL_MS, s.last_ms + keys.RETAIN_MS - now_ms), len(rests_on)))
                told = ([s.id for s in some], [s.version for s in some], over)
                calls.append((names, [encode(told), keys.RETAIN_MS]))
        self._run_many(SETTLE, calls)

    def silent(self, members: Iterable[Member], now_ms: int) -> list[Member]:
        """Those of `due` that must be seen to. The others have beaten since: they are put off until they may have lapsed."""
        silent, later = [], dict[int, dict[str, int]]()
        for member, s in self.read(members):
            until_ms = s.last_ms + s.rules.max_silence_ms if s and not s.end_reason else 0
            if now_ms <= until_ms:
                later.setdefault(member[0], {})[member[1]] = until_ms + 1
            else:
                silent.append(member)
        pipe = self.redis.pipeline(transaction=False)
        for bucket, times in later.items():
            pipe.zadd(keys.open_sessions(keys.tag(bucket)), times, xx=True)
        pipe.execute()
        return silent

    def lapse(self, members: Iterable[Member], now_ms: int) -> None:
        """Settle those sessions that went silent, were displaced, or left a check open at their end."""
        calls = []
        for (bucket, session_id), s in self.read(members):
            if s is None:
                self.redis.zrem(keys.open_sessions(keys.tag(bucket)), session_id)
            else:
                calls.append((Place(s.account, s.enrolment, s.lesson, s.id).names(0), [session_id, now_ms]))
        self._run_many(LAPSE, calls, spare=True)

    def heal(self, members: Iterable[Member], now_ms: int) -> None:
        calls = []
        for bucket, session_id in members:
            prefix = keys.tag(bucket)
            names = [keys.session(prefix, session_id), keys.dirty(prefix), keys.heal(prefix)]
            calls.append((names, [session_id, now_ms, HEAL_FOR_MS, HEAL_EVERY_MS]))
        self._run_many(HEAL, calls, spare=True)

    def forget(self, members: Iterable[Member]) -> None:
        """Drop dirty members whose session is no more (Redis came back without it)."""
        for bucket, session_id in members:
            prefix = keys.tag(bucket)
            if not self.redis.exists(keys.session(prefix, session_id)):  # else it could not be read
                self.redis.zrem(keys.dirty(prefix), session_id)

    def _found(self, name: Callable[[str, str], str], account: int, session_ids: Sequence[str]) -> dict[str, bytes]:
        """What stands under this name of the sessions, where something does."""
        prefix = keys.tag(keys.bucket(account))
        found = self.redis.mget([name(prefix, i) for i in session_ids]) if session_ids else []
        return {i: raw for i, raw in zip(session_ids, cast("list[bytes | None]", found), strict=True) if raw}

    def _members(self, index: Callable[[str], str], buckets: Iterable[int], until: int | str) -> list[Member]:
        """Members of one index whose score is not above `until`."""
        pipe = self.redis.pipeline(transaction=False)
        taken = list(buckets)
        for bucket in taken:
            pipe.zrangebyscore(index(keys.tag(bucket)), "-inf", until)
        return [(b, member.decode()) for b, found in zip(taken, pipe.execute(), strict=True) for member in found]

    def read(self, members: Iterable[Member], *, named: bool = False) -> list[tuple[Member, Session | None]]:
        """One MGET a bucket: the more members of a bucket stand together, the fewer commands.

        What cannot be read is left out; `named`, the log says so.
        """
        by_bucket: dict[int, list[Member]] = {}
        for member in members:
            by_bucket.setdefault(member[0], []).append(member)
        pipe = self.redis.pipeline(transaction=False)
        for bucket, some in by_bucket.items():
            pipe.mget([keys.session(keys.tag(bucket), session_id) for _, session_id in some])
        found = list[tuple[Member, Session | None]]()
        for some, raws in zip(by_bucket.values(), pipe.execute(), strict=True):
            for member, raw in zip(some, raws, strict=True):
                try:
                    found.append((member, None if raw is None else scripts.read_session(raw)))
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    if named:
                        _unreadable(member[1])
        return found

    # ---------------------------------------------------------------------------------------------------------------

    def _run(self, script: Script, names: Sequence[str], args: Sequence[Any]) -> Any:
        """A connection that Redis has closed meanwhile (it was restarted) is opened anew; every verb is safe to repeat."""
        try:
            return self._evaluate(script, names, args)
        except RedisConnectionError:
            return self._evaluate(script, names, args)

    def _evaluate(self, script: Script, names: Sequence[str], args: Sequence[Any]) -> Any:
        """EVALSHA, and EVAL once where the server does not know the script yet."""
        try:
            return self._call("EVALSHA", script.sha, len(names), *names, *args)
        except NoScriptError:
            return self._call("EVAL", script.source, len(names), *names, *args)

    def _call(self, *words: Any) -> Any:
        """On the thread's own connection: taking one from the pool and giving it back costs as much as the talk itself."""
        own = getattr(self._threads, "redis", None)
        if own is None:
            own = self._threads.redis = self.redis.client()  # type: ignore[no-untyped-call]
        return own.execute_command(*words)

    def _run_many(self, script: Script, calls: Sequence[tuple[list[str], list[Any]]], *, spare: bool = False) -> None:
        """The same script over many keys in one pipeline.

        With `spare`, a session (the first argument) whose state the script cannot read does not hold up the others.
        """
        if not calls:
            return
        pipe = self.redis.pipeline(transaction=False)
        queue: Callable[..., Any] = pipe.execute_command
        for names, args in calls:
            queue("EVALSHA", script.sha, len(names), *names, *args)
        for (names, args), reply in zip(calls, pipe.execute(raise_on_error=False), strict=True):
            try:
                if isinstance(reply, NoScriptError):
                    self._run(script, names, args)
                elif isinstance(reply, Exception):
                    raise reply
            except ResponseError as error:
                # An error of the script itself: it could not read what it found.
                if not spare or is_outage(error) or "user_script" not in str(error):
                    raise
                _unreadable(args[0])
