"""What becomes of each second, and of a presence check: the inner half of the counting rules (see rules.py)."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from heartbeat import bitmap
from heartbeat.state import CARRY_MS, SKIP_SLACK, BeatCommand, Entropy, Lease, Rules, Session


@dataclass
class World:
    """Everything one account's scripts can see. The fields stand for the keys of heartbeat.keys."""

    leases: dict[int, Lease] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    coverage: dict[tuple[int, int], bytearray] = field(default_factory=dict)
    pending: dict[str, bytearray] = field(default_factory=dict)
    days: dict[tuple[int, int], int] = field(default_factory=dict)
    dirty: dict[str, int] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)


def count(world: World, session: Session, lease: Lease, command: BeatCommand, now: int) -> None:
    """Clock, hidden, order, novelty, day cap, presence: one fate for each second played."""
    rules = session.rules
    silence = now - lease.last_ms
    late = lateness(session, command.at_ms, now)
    session.gapped = silence > rules.max_silence_ms or (session.gapped and late > CARRY_MS)
    longest = rules.max_silence_ms * rules.rate_permille // 1000
    allowance = min(silence * rules.rate_permille // 1000, longest) + lease.carry_ms
    allowance = min(allowance, longest + CARRY_MS)
    whole = budget = allowance // 1000
    coverage = world.coverage.setdefault((session.enrolment, session.lesson), bytearray())
    pending = world.pending.setdefault(session.id, bytearray())
    day = (session.enrolment, command.day)
    session.waits_from = session.waits_from if session.pending else 0
    holding = session.presence == "challenged" or rules.holds_since_presence
    fates = Counter[str]()
    for start, stop, hidden in command.segments:
        within = min(stop, start + budget)
        fates["gap" if session.gapped else "too_fast"] += stop - within
        budget -= within - start
        for second in range(start, within):
            if hidden:
                fates["hidden"] += 1
            elif not rules.may_skip_ahead and second > session.frontier + SKIP_SLACK:
                fates["skipped"] += 1
            else:
                session.frontier = max(session.frontier, second + 1)
                if bitmap.has(coverage, second) or bitmap.has(pending, second):
                    fates["repeat"] += 1
                elif 0 <= rules.day_cap <= world.days.get(day, 0) + session.pending:
                    fates["day_cap"] += 1
                elif session.presence == "idle":
                    fates["idle"] += 1
                elif holding:
                    bitmap.add(pending, second)
                    session.waits_from = session.waits_from if session.pending else session.seq
                    session.pending += 1
                else:
                    fates["credited"] += 1
                    credit(world, session, coverage, second, day)
    if fates["credited"] and command.day not in session.days:
        session.days.append(command.day)
    if not session.pending:
        del world.pending[session.id]
    # The last of these that occurred is what the reply speaks of.
    for reason in ("repeat", "hidden", "skipped", "day_cap", "idle", "gap", "too_fast"):
        withhold(session, reason, fates[reason])
    lease.last_ms = now
    lease.carry_ms = min(allowance - (whole - budget) * 1000, CARRY_MS + late)


def lateness(session: Session, at_ms: int, now: int) -> int:
    """How late this beat is, ms: its one-way delay above the least one seen (the base delay of RFC 6817), at most max_silence.

    A beat that waited in a tunnel leaves the wall time it did not use to the beats queued behind it. A clock that does not
    advance proves nothing.
    """
    offset = now - at_ms
    if session.at_ms == 0 or at_ms <= session.at_ms or offset < session.offset_ms:
        session.offset_ms = offset
    session.at_ms = at_ms
    return min(offset - session.offset_ms, session.rules.max_silence_ms)


def credit(world: World, session: Session, coverage: bytearray, second: int, day: tuple[int, int]) -> None:
    bitmap.add(coverage, second)
    session.credited += 1
    session.covered += 1
    world.days[day] = world.days.get(day, 0) + 1


def withhold(session: Session, reason: str, seconds: int) -> None:
    if seconds > 0:
        setattr(session, reason, getattr(session, reason) + seconds)
        if reason != "repeat" or session.told_reason == "":
            session.told_reason = reason


def release(world: World, session: Session, yyyymmdd: int) -> None:
    """Credit what waited for the check that was answered; it counts on the day of the answer."""
    coverage = world.coverage.setdefault((session.enrolment, session.lesson), bytearray())
    day = (session.enrolment, yyyymmdd)
    before = session.credited
    for second in bitmap.seconds(world.pending.pop(session.id, b"")):
        if bitmap.has(coverage, second):
            withhold(session, "repeat", 1)
        elif 0 <= session.rules.day_cap <= world.days.get(day, 0):
            withhold(session, "day_cap", 1)
        else:
            credit(world, session, coverage, second, day)
    session.pending = 0
    if session.credited > before and yyyymmdd not in session.days:
        session.days.append(yyyymmdd)


def drop_pending(world: World, session: Session) -> None:
    withhold(session, "idle", session.pending)
    session.pending = 0
    world.pending.pop(session.id, None)


def miss(world: World, session: Session) -> None:
    session.checks_missed += 1
    session.presence = "idle"
    session.check_id, session.check_answer, session.check_deadline_ms = "", "", 0
    drop_pending(world, session)


def expire_check(world: World, session: Session, acked: int, now: int) -> None:
    """A check that ran out is missed. Its time only starts when the client has seen it: beats that were made before, and waited in
    a tunnel, put the deadline off, by at most one silence."""
    if session.check_deadline_ms:
        if acked < session.check_seq:
            put_off(session, now)
        if now > session.check_deadline_ms:
            miss(world, session)


def put_off(session: Session, now: int) -> None:
    """Give an open check its time again, by at most one silence."""
    latest = session.check_asked_ms + session.rules.answer_ms + session.rules.max_silence_ms
    session.check_deadline_ms = max(session.check_deadline_ms, min(now + session.rules.answer_ms, latest))


def ask_if_due(session: Session, now: int, played: int, entropy: Entropy) -> None:
    """Open a check when one is due and something was played, or a fresh one for a player that is idle.

    Not sooner than one beat's interval after the check before: else digits could be guessed as fast as requests are answered.
    """
    due = session.presence == "playing" and played > 0 and now >= session.next_check_ms
    rested = now >= session.check_asked_ms + session.rules.beat_every_ms
    if due or (session.presence == "idle" and session.check_id == "" and rested):
        ask(session, entropy, now, now + session.rules.answer_ms if due else 0)
        if due:
            session.presence = "challenged"


def ask(session: Session, entropy: Entropy, now: int, deadline_ms: int) -> None:
    session.check_id = entropy.check_id
    session.check_answer = entropy.digits if session.rules.kind == "digits" else ""
    session.check_deadline_ms = deadline_ms
    session.check_seq, session.check_asked_ms = session.seq, now
    session.check_tries = 0
    session.checks_asked += 1


def until_next_check(rules: Rules, entropy: Entropy) -> int:
    return rules.presence_min_ms + entropy.draw * (rules.presence_max_ms - rules.presence_min_ms) // 2**32


def displace(world: World, session: Session, now: int) -> None:
    if session.end_reason != "displaced":
        session.end_reason, session.ended_ms = "displaced", now
        session.check_id, session.check_answer, session.check_deadline_ms = "", "", 0
        drop_pending(world, session)
    tell(session, "displaced", now)


def revive(world: World, session: Session, now: int) -> None:
    """A session that lapsed and still holds the lease goes on with its next beat: silence is not an end."""
    if session.end_reason == "lapsed":
        session.end_reason, session.ended_ms = "", 0
        world.open[session.id] = now + session.rules.max_silence_ms


def end_session(world: World, session: Session, lease: Lease | None, now: int, entropy: Entropy) -> None:
    if session.end_reason != "ended":
        session.end_reason, session.ended_ms = "ended", now
        if lease is not None and lease.session == session.id:
            lease.session = ""
        if session.presence == "playing" and session.pending:
            # A strict programme holds seconds since the last proof: ask for one now, or finishing a lesson would lose them.
            ask(session, entropy, now, now + session.rules.answer_ms)
            session.presence = "challenged"
        if session.pending:
            world.open[session.id] = session.check_deadline_ms + 1
    tell(session, "ended", now)


def tell(session: Session, state: str, now: int) -> None:
    session.told, session.told_ms = state, now


def flushed_up_to(session: Session) -> int:
    """How far a clean session is in SQL: seconds that wait for a check are in no coverage yet.

    One that waits since an unknown beat (an older version did not note which) is nowhere safe.
    """
    return min(session.seq, max(0, session.waits_from - 1)) if session.pending else session.seq


def mark_changed(world: World, session: Session, safe: int) -> None:
    """To be flushed. Where the session was clean until now, SQL holds what was safe before."""
    session.version += 1
    if session.id not in world.dirty:
        session.durable = safe
    world.dirty[session.id] = session.version


def unchanged(world: World, session: Session) -> Session:
    """What a reply shows of a session that did not change."""
    clean = session.id not in world.dirty
    return msgspec.structs.replace(session, durable=flushed_up_to(session)) if clean else session
