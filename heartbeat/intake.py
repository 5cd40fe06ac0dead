"""From a request to a reply: the one core behind the Flask view and any other front."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from heartbeat import challenge, reasons, wire
from heartbeat.keys import Place
from heartbeat.state import REASONS, BeatCommand, Entropy, Outcome, PresenceCommand, Session
from heartbeat.store import Store

#: Hours are counted by the Chinese day, wherever the server stands.
LOCAL = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Ticket(NamedTuple):
    """What a study token proves: where its session counts, and how long the lesson is."""

    place: Place
    duration: int


class SessionGone(Exception):
    """Redis knows no such session: it was emptied, or the session is long over."""


def to_ms(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND


def local_day(moment: datetime) -> int:
    """The local day as yyyymmdd."""
    local = moment.astimezone(LOCAL)
    return local.year * 10_000 + local.month * 100 + local.day


def draw_entropy() -> Entropy:
    """Cheap, for every beat draws: one read of the system's randomness. (The digits' bias is one in 400,000.)"""
    drawn = secrets.token_bytes(17)
    digits = int.from_bytes(drawn[4:8], "big") % 10_000
    return Entropy(draw=int.from_bytes(drawn[:4], "big"), check_id=drawn[8:].hex(), digits=f"{digits:04}")


def beat(store: Store, ticket: Ticket, body: bytes, now: datetime, *, end: bool = False) -> wire.BeatReply:
    """Judge a beat. Raises wire.Invalid, SessionGone, and redis' errors when Redis is away (then nothing happened)."""
    read = wire.read_beat(body, ticket.duration)
    command = BeatCommand(
        now_ms=to_ms(now),
        seq=read.seq,
        acked=read.acked,
        at_ms=to_ms(read.at),
        segments=wire.segments(read),
        day=local_day(now),
        end=end,
        entropy=draw_entropy(),
    )
    return present(store.beat(ticket.place, command))


def end(store: Store, ticket: Ticket, body: bytes, now: datetime) -> wire.BeatReply:
    """Judge the last beat of a session. Raises as `beat`."""
    return beat(store, ticket, body, now, end=True)


def presence(store: Store, ticket: Ticket, body: bytes, now: datetime) -> wire.BeatReply:
    """Take the answer to a presence check. Raises as `beat`."""
    read = wire.read_presence(body)
    command = PresenceCommand(
        now_ms=to_ms(now),
        check_id=read.challenge_id,
        answer=(read.answer or "").strip(),
        day=local_day(now),
        entropy=draw_entropy(),
    )
    return present(store.presence(ticket.place, command))


def withheld(session: Session) -> dict[str, int]:
    """Seconds by reason, those that occurred."""
    return {reason: seconds for reason in REASONS if (seconds := getattr(session, reason))}


def present(outcome: Outcome) -> wire.BeatReply:
    """The reply. It follows from the state alone, so the same beat again is answered alike."""
    s = outcome.session
    if s is None:
        raise SessionGone
    check = _challenge(s)
    return wire.BeatReply(
        seq=s.seq,
        state=s.told,
        credited=s.covered,
        session=wire.Tally(reported=s.reported, credited=s.credited, pending=s.pending, withheld=withheld(s)),
        next_ms=_next_ms(s),
        durable=s.durable,
        challenge=check,
        resend_from=s.seq + 1 if outcome.kind == "resend" else None,
        resume_at=s.frontier if s.told_reason == "skipped" else None,
        message=reasons.message(s.told_reason, check.kind if check else "") or None,
    )


def _challenge(s: Session) -> wire.Challenge | None:
    if s.check_id == "" or not (s.told in ("challenged", "idle") or (s.told == "ended" and s.pending)):
        return None
    left = s.check_deadline_ms - s.told_ms if s.check_deadline_ms else s.rules.answer_ms
    drawn = challenge.picture(s.check_id, s.check_answer) if s.rules.kind == "digits" else None
    return wire.Challenge(id=s.check_id, kind=s.rules.kind, answer_within_ms=max(0, left), picture=drawn)


def _next_ms(s: Session) -> int:
    """The usual interval; sooner when an open check runs out before that, so that the teacher sees at once what became of it."""
    if s.told == "challenged" and s.check_deadline_ms:
        return max(1_000, min(s.rules.beat_every_ms, s.check_deadline_ms - s.told_ms + 500))
    return s.rules.beat_every_ms
