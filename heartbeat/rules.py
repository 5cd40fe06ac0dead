"""The counting rules in plain Python: what lua/*.lua does inside Redis, line for line, over a World in memory.

The Lua is what runs; this is what it must mean. The property tests drive both with the same histories and compare every
reply and every byte of state. This file holds the verbs; judgement.py what becomes of each second.
"""

from heartbeat import bitmap
from heartbeat.judgement import (
    World,
    ask,
    ask_if_due,
    count,
    displace,
    drop_pending,
    end_session,
    expire_check,
    flushed_up_to,
    mark_changed,
    miss,
    put_off,
    release,
    revive,
    tell,
    unchanged,
    until_next_check,
    withhold,
)
from heartbeat.state import CARRY_MS, MAX_RESENDS, MAX_TRIES, BeatCommand, Lease, OpenCommand, Outcome, PresenceCommand


def open_session(world: World, command: OpenCommand, coverage: bytes) -> Outcome:
    """Take the account's lease for a new session, unless another device holds it and may not be, or was not, taken over."""
    session, now = command.session, command.now_ms
    rules = session.rules
    lease = world.leases.get(session.account)
    # The clock starts at the opening: neither a pause before it nor the opening itself gives anything. But a session that Redis has
    # lost goes on where SQL last saw it; and so does the next opening, when the reply to this one was lost.
    last = command.last_ms or now
    if lease is not None:
        elsewhere = (
            lease.session != ""
            and lease.device != command.device
            and now - max(lease.last_ms, lease.since_ms) <= rules.max_silence_ms
        )
        if elsewhere and (not command.take_over or rules.second_device == "refuse"):
            return Outcome("conflict", lease=lease)
        if lease.last_ms < lease.since_ms:
            last = min(last, lease.last_ms)
        last = max(last, lease.last_ms)
    world.leases[session.account] = Lease(
        session=session.id, device=command.device, since_ms=now, last_ms=last, carry_ms=0
    )
    place = (session.enrolment, session.lesson)
    covered = bitmap.union(world.coverage.get(place, b""), coverage)
    world.coverage[place] = bytearray(covered)
    session.covered = bitmap.count(covered)
    session.frontier = bitmap.end(covered)
    session.next_check_ms = now + until_next_check(rules, command.entropy)
    if lease is not None and lease.check_ms and now - max(lease.last_ms, lease.since_ms) <= rules.presence_max_ms:
        # The account's check stays due when it was: one lesson after the other would never be checked otherwise.
        session.next_check_ms = min(session.next_check_ms, lease.check_ms)
        if session.next_check_ms <= now:
            ask(session, command.entropy, now, now + rules.answer_ms)
            session.presence = session.told = "challenged"
    world.leases[session.account].check_ms = session.next_check_ms
    if command.day_tally > 0:
        day = (session.enrolment, session.days[0])
        world.days[day] = max(world.days.get(day, 0), command.day_tally)
    world.sessions[session.id] = session
    world.dirty[session.id] = session.version
    world.open[session.id] = now + rules.max_silence_ms
    return Outcome("ok", session, coverage=covered)


def beat(world: World, session_id: str, command: BeatCommand) -> Outcome:
    """Judge what a player says it played; with `end`, the session's last word."""
    session = world.sessions.get(session_id)
    if session is None:
        return Outcome("gone")
    if command.acked > session.seq and session.resend_asked != session.seq + 1:
        session.resend_asked, session.resend_times = session.seq + 1, 0
    if command.acked > session.seq and session.resend_times < MAX_RESENDS:
        # Redis came back older. A check that came back with it may have been answered: its time starts again. This beat is on time,
        # and shows how late those are that are sent again.
        session.resend_times += 1
        if session.check_deadline_ms:
            put_off(session, command.now_ms)
        offset = command.now_ms - command.at_ms
        if session.at_ms == 0 or offset < session.offset_ms:
            session.offset_ms = offset
        session.at_ms = max(session.at_ms, 1)
        return Outcome("resend", unchanged(world, session))
    if command.seq <= session.seq:
        return Outcome("ok", unchanged(world, session))
    safe = flushed_up_to(session)
    lease = world.leases.get(session.account)
    now = max(command.now_ms, session.last_ms, lease.last_ms if lease else 0)
    played = sum(stop - start for start, stop, _ in command.segments)
    session.reported += played
    session.seq = command.seq
    session.last_ms = now
    session.told_reason = ""
    if session.end_reason == "ended":
        withhold(session, "ended", played)
    elif lease is None or lease.session != session.id:
        displace(world, session, now)
        withhold(session, "displaced", played)
    elif not any(start <= now < stop for start, stop in session.rules.windows):
        withhold(session, "closed", played)
        lease.last_ms, lease.carry_ms = now, min(lease.carry_ms, CARRY_MS)
        tell(session, "closed", now)
    else:
        revive(world, session, now)
        expire_check(world, session, command.acked, now)
        count(world, session, lease, command, now)
        if not command.end:
            ask_if_due(session, now, played, command.entropy)
        lease.check_ms = session.next_check_ms
        tell(session, session.presence, now)
    if command.segments:
        session.position = command.segments[-1][1]
    if command.end and session.end_reason != "displaced":
        end_session(world, session, lease, now, command.entropy)
    mark_changed(world, session, safe)
    return Outcome("ok", session)


def presence(world: World, session_id: str, command: PresenceCommand) -> Outcome:
    """Take the answer to a presence check. An answer to a check that is not open changes nothing."""
    session = world.sessions.get(session_id)
    if session is None:
        return Outcome("gone")
    lease = world.leases.get(session.account)
    now = max(command.now_ms, session.last_ms)
    safe = flushed_up_to(session)
    if session.end_reason != "ended" and (lease is None or lease.session != session.id):
        if session.end_reason == "displaced":
            return Outcome("ok", unchanged(world, session))
        displace(world, session, now)
        mark_changed(world, session, safe)
        return Outcome("ok", session)
    if session.check_id == "" or session.check_id != command.check_id:
        return Outcome("ok", unchanged(world, session))
    session.told_reason = ""
    if session.check_deadline_ms and now > session.check_deadline_ms:
        miss(world, session)
        session.told_reason = "late_answer"
    elif session.rules.kind == "digits" and command.answer != session.check_answer:
        session.check_tries += 1
        session.told_reason = "wrong_answer"
        if session.check_tries >= MAX_TRIES:
            miss(world, session)
    else:
        session.checks_answered += 1
        session.presence = "playing"
        session.check_id, session.check_answer, session.check_deadline_ms = "", "", 0
        session.next_check_ms = now + until_next_check(session.rules, command.entropy)
        if lease is not None:
            lease.check_ms = session.next_check_ms
        release(world, session, command.day)
    if session.end_reason != "ended":
        ask_if_due(session, now, 0, command.entropy)
    tell(session, "ended" if session.end_reason == "ended" else session.presence, now)
    mark_changed(world, session, safe)
    return Outcome("ok", session)


def lapse(world: World, session_id: str, now_ms: int) -> None:
    """Settle a session that went silent, was displaced, or ended with a check left open: what is pending becomes idle."""
    session = world.sessions.get(session_id)
    if session is None:
        world.open.pop(session_id, None)
        return
    lease = world.leases.get(session.account)
    safe = flushed_up_to(session)
    changed = False
    if session.end_reason == "ended":
        due = session.check_deadline_ms if session.pending else 0
    elif session.end_reason == "" and (lease is None or lease.session != session.id):
        taken_ms = lease.since_ms if lease is not None and lease.session else now_ms
        displace(world, session, max(taken_ms, session.last_ms))
        due, changed = 0, True
    elif session.end_reason == "":
        due = session.last_ms + session.rules.max_silence_ms
    else:
        due = 0
    if due and now_ms <= due:
        world.open[session_id] = due + 1
        return
    if due:
        if session.end_reason == "":
            session.end_reason, session.ended_ms = "lapsed", session.last_ms
        if session.presence == "challenged":
            miss(world, session)
        drop_pending(world, session)
        changed = True
    world.open.pop(session_id, None)
    if changed:
        mark_changed(world, session, safe)


def release_lease(world: World, account: int) -> None:
    """No session of the account earns any longer (its password was changed)."""
    if account in world.leases:
        world.leases[account].session = ""
