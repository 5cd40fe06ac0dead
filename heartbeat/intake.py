"""From a request to a reply: the one core behind the Flask view and any other front."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from heartbeat import challenge, pace, reasons, scripts, wire
from heartbeat.keys import Place
from heartbeat.scripts import Call
from heartbeat.state import REASONS, BeatCommand, Entropy, Outcome, PresenceCommand, Session

#: Hours are counted by the Chinese day, wherever the server stands.
LOCAL = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Ticket(NamedTuple):
    """What a study token proves: where its session counts, and how long the lesson is."""

    place: Place
    duration: int


class Moment(NamedTuple):
    """Now, as scripts are told it. Beats that arrive together share one."""

    ms: int
    #: The local day, yyyymmdd.
    day: int

    @classmethod
    def of(cls, now: datetime) -> "Moment":
        return cls(to_ms(now), local_day(now))


class SessionGone(Exception):
    """Redis knows no such session: it was emptied, or the session is long over."""


def to_ms(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND


def local_day(moment: datetime) -> int:
    """The local day as yyyymmdd."""
    local = moment.astimezone(LOCAL)
    return local.year * 10_000 + local.month * 100 + local.day


#: The system's randomness, read for some hundred beats at once; nothing is used twice, nor by two processes.
_DRAWN, _AT_ONCE = 17, 240
_pool: list[bytes] = []
os.register_at_fork(after_in_child=_pool.clear)


def _random_bytes() -> bytes:
    while True:
        try:
            return _pool.pop()
        except IndexError:  # empty, or emptied by another thread in between
            drawn = os.urandom(_DRAWN * _AT_ONCE)
            _pool.extend(drawn[at : at + _DRAWN] for at in range(0, len(drawn), _DRAWN))


def draw_entropy() -> Entropy:
    """Cheap, for every beat draws. (The digits' bias is one in 400,000.)"""
    drawn = _random_bytes()
    digits = int.from_bytes(drawn[4:8], "big") % 10_000
    return Entropy(draw=int.from_bytes(drawn[:4], "big"), check_id=drawn[8:].hex(), digits=f"{digits:04}")


def beat(ticket: Ticket, body: bytes, now: Moment, *, end: bool = False) -> Call:
    """The call that judges a beat. Raises wire.Invalid."""
    read = wire.read_beat(body, ticket.duration)
    command = BeatCommand(
        now_ms=now.ms,
        seq=read.seq,
        acked=read.acked,
        at_ms=to_ms(read.at),
        segments=wire.segments(read),
        day=now.day,
        end=end,
        entropy=draw_entropy(),
    )
    return scripts.beat(ticket.place, command)


def end(ticket: Ticket, body: bytes, now: Moment) -> Call:
    """The call that judges the last beat of a session. Raises wire.Invalid."""
    return beat(ticket, body, now, end=True)


def presence(ticket: Ticket, body: bytes, now: Moment) -> Call:
    """The call that takes the answer to a presence check. Raises wire.Invalid."""
    read = wire.read_presence(body)
    command = PresenceCommand(
        now_ms=now.ms,
        check_id=read.challenge_id,
        answer=(read.answer or "").strip(),
        day=now.day,
        entropy=draw_entropy(),
    )
    return scripts.presence(ticket.place, command)


#: The verbs by the last word of their path, /v1/study/….
Judge = Callable[[Ticket, bytes, Moment], Call]
VERBS: dict[str, Judge] = {"beats": beat, "end": end, "presence": presence}


def withheld(session: Session) -> dict[str, int]:
    """Seconds by reason, those that occurred."""
    return {reason: seconds for reason in REASONS if (seconds := getattr(session, reason))}


def present(outcome: Outcome, pressure: float = 0.0) -> wire.BeatReply:
    """The reply. It follows from the state alone, so the same beat again is answered alike; but `next_ms` rises with the
    `pressure` on the server, 0 (at ease) to 1. Raises SessionGone."""
    s = outcome.session
    if s is None:
        raise SessionGone
    check = _challenge(s) if s.check_id else None
    all_told = s.credited + s.pending == s.reported
    return wire.BeatReply(
        seq=s.seq,
        state=s.told,
        credited=s.covered,
        session=wire.Tally(
            reported=s.reported, credited=s.credited, pending=s.pending, withheld={} if all_told else withheld(s)
        ),
        next_ms=pace.next_ms(s, pressure),
        durable=s.durable,
        challenge=check,
        resend_from=s.seq + 1 if outcome.kind == "resend" else None,
        resume_at=s.frontier if s.told_reason == "skipped" else None,
        message=reasons.message(s.told_reason, check.kind if check else "") or None,
    )


def _challenge(s: Session) -> wire.Challenge | None:
    if not (s.told in ("challenged", "idle") or (s.told == "ended" and s.pending)):
        return None
    left = s.check_deadline_ms - s.told_ms if s.check_deadline_ms else s.rules.answer_ms
    drawn = challenge.picture(s.check_id, s.check_answer) if s.rules.kind == "digits" else None
    return wire.Challenge(id=s.check_id, kind=s.rules.kind, answer_within_ms=max(0, left), picture=drawn)
