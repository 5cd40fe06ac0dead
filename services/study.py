"""Opening a player (学习), and reading one's own writes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

import programmes
from heartbeat import bitmap, glance
from heartbeat import state as counting
from heartbeat.flusher import Flusher
from heartbeat.intake import LOCAL, draw_entropy, local_day, to_ms
from heartbeat.keys import Place
from heartbeat.outage import is_outage
from models import Account, Coverage, Enrolment, Lesson, StudyDay, StudySession, WechatBinding
from programmes.calendar import study_windows
from services import doors
from services import programmes as published
from services.addresses import masked
from services.catalogue import media_address
from services.collaborators import Collaborators
from services.enrolling import enrolments
from services.errors import Conflict, NotFound
from services.tokens import StudyClaims
from services.work import UnitOfWork

#: How long a study token is good for. A player that stays open longer opens a new session.
TOKEN_LIFE = timedelta(hours=24)
#: How far back sessions may have something that SQL lacks.
RECENT = timedelta(hours=48)


class PlayingElsewhere(Conflict):
    """您正在另一台设备上学习。要在这里继续吗？"""

    code = "playing_elsewhere"


@dataclass(frozen=True)
class Opened:
    """A player was opened. Seconds, but for `rules`."""

    session: counting.Session
    study_token: str
    coverage: list[tuple[int, int]]
    resume_at: int
    media_url: str
    programme: programmes.Programme
    #: Of the enrolment on this local day, all lessons together.
    credited_today: int


def open_session(
    session: Session,
    c: Collaborators,
    account: Account,
    *,
    enrolment_id: int,
    lesson_id: int,
    device: str,
    take_over: bool,
    address: str,
    route: str,
    family: str | None = None,
    now: datetime,
) -> Opened:
    """Open a player for a lesson of one's own enrolment; its course is chosen if it was not. `route`: by which door the log-in came;
    `family`: which log-in it is (services.refresh_tokens).

    Raises NotFound; WrongDoor; Withdrawn, StudyNotOpen, StudyOver, NotYourSubject, TooManyHours (services.enrolling.enrolments);
    PlayingElsewhere (another device plays and was not, or may not be, taken over), and redis' errors.
    """
    enrolment = enrolments.owned(session, account.id, enrolment_id)
    lesson = session.get(Lesson, lesson_id) if 0 < lesson_id <= enrolments.GREATEST_ID else None
    if lesson is None:
        raise NotFound("没有找到这个课时。")
    programme = published.get(session, enrolment.programme_id)
    doors.require(programme, route)
    enrolments.ensure_chosen(session, enrolment, lesson, now)
    place = Place(account.id, enrolment.id, lesson.id, secrets.token_hex(12))
    day = local_day(now)
    state = counting.Session(
        id=place.session,
        account=account.id,
        enrolment=enrolment.id,
        lesson=lesson.id,
        duration=lesson.duration,
        rules=counting_rules(programme, now),
        opened_ms=to_ms(now),
        last_ms=to_ms(now),
        next_check_ms=0,
        told_ms=to_ms(now),
        days=[day],
    )
    known = session.get(Coverage, (enrolment.id, lesson.id))
    tally = session.get(StudyDay, (enrolment.id, now.astimezone(programme.zone).date()))
    previous = _previous(session, enrolment, lesson)
    command = counting.OpenCommand(
        now_ms=to_ms(now),
        session=state,
        device=device,
        take_over=take_over,
        day_tally=tally.credited if tally else 0,
        last_ms=_lost_since_ms(session, c, account, now - timedelta(seconds=programme.counting.max_silence)),
        entropy=draw_entropy(),
    )
    # First the row, then Redis: once Redis knows the session a flusher may write it, and must find (or wait for) ours.
    session.add(
        StudySession(
            id=place.session,
            account_id=account.id,
            enrolment_id=enrolment.id,
            lesson_id=lesson.id,
            device=device,
            openid=session.scalar(sa.select(WechatBinding.openid).where(WechatBinding.account_id == account.id)),
            family_id=family,
            address_masked=masked(address),
            opened_at=now,
        )
    )
    session.flush()
    outcome = c.store.open_session(place, day, command, known.bitmap if known else b"")
    if outcome.session is None:
        raise _playing_elsewhere(outcome.lease, programme)
    claims = StudyClaims(
        session=place.session, account=account.id, enrolment=enrolment.id, lesson=lesson.id, duration=lesson.duration
    )
    return Opened(
        session=outcome.session,
        study_token=c.tokens.issue_study(claims, now + TOKEN_LIFE, now),
        coverage=bitmap.intervals(outcome.coverage),
        resume_at=_resume_at(outcome.coverage, outcome.session, _position(c, account, previous)),
        media_url=media_address(c.media_url, lesson),
        programme=programme,
        credited_today=glance.credited_on(c.store, place, day),
    )


def counting_rules(programme: programmes.Programme, now: datetime) -> counting.Rules:
    """The programme's counting rules in the units of the heartbeat, with the study windows of a token's life."""
    rule, check = programme.counting, programme.counting.presence
    windows = study_windows(programme, now - timedelta(hours=1), now + TOKEN_LIFE + timedelta(hours=1))
    return counting.Rules(
        rate_permille=round(rule.max_rate * 1000),
        max_silence_ms=rule.max_silence * 1000,
        beat_every_ms=rule.beat_every * 1000,
        may_skip_ahead=rule.may_skip_ahead,
        day_cap=-1 if rule.day_cap is None else rule.day_cap,
        second_device=rule.second_device,
        presence_min_ms=check.min_seconds * 1000,
        presence_max_ms=check.max_seconds * 1000,
        answer_ms=check.answer_within * 1000,
        kind=check.kind,
        holds_since_presence=check.holds == "since_last_presence",
        windows=[(to_ms(start), to_ms(end)) for start, end in windows],
    )


def catch_up(work: UnitOfWork, c: Collaborators, account_id: int, now: datetime) -> None:
    """Flush what this account's sessions have not yet in SQL, so that the teacher reads what the player just showed.

    With Redis away nothing is done: SQL's figures are then the best there are.
    """
    with work(read_only=True) as session:
        engine = session.get_bind().engine
        recent = session.scalars(
            sa.select(StudySession.id)
            .where(StudySession.account_id == account_id, StudySession.opened_at > now - RECENT)
            .order_by(StudySession.opened_at.desc())
            .limit(50)
        ).all()
    try:
        records = c.store.unflushed(account_id, recent)
        Flusher(engine, c.store, c.clock).flush(records)
    except RedisError as error:
        if not is_outage(error):
            raise


def _playing_elsewhere(lease: counting.Lease | None, programme: programmes.Programme) -> PlayingElsewhere:
    if lease is None:
        raise AssertionError("a conflict names the lease")
    allowed = programme.counting.second_device == "ask"
    return PlayingElsewhere(
        None if allowed else "您正在另一台设备上学习。本项目不允许同时使用两台设备，请先在那台设备上结束学习。",
        device=lease.device,
        since=local_time(lease.since_ms),
        may_take_over=allowed,
    )


def local_time(ms: int) -> str:
    """RFC 3339 in Chinese time."""
    return datetime.fromtimestamp(ms / 1000, LOCAL).isoformat(timespec="seconds")


def _lost_since_ms(session: Session, c: Collaborators, account: Account, since: datetime) -> int:
    """Where Redis has lost the session that the account is watching in: until when the account's time is used up, as far as SQL
    knows; else 0.

    The teacher resends what the player still holds, and the wall time for it is what has passed since the account last beat, or
    since the opening where nothing was flushed yet (the first one, where several were lost one after the other).
    """
    seen = sa.func.coalesce(StudySession.last_beat_at, StudySession.opened_at)
    rows = session.execute(
        sa.select(
            StudySession.id,
            StudySession.opened_at,
            StudySession.last_beat_at,
            StudySession.ended_at,
            StudySession.pending,
            Enrolment.programme_id,
        )
        .join(Enrolment, Enrolment.id == StudySession.enrolment_id)
        .where(StudySession.account_id == account.id, seen > since)
        .order_by(StudySession.opened_at.desc())
    ).all()
    if not rows or rows[0].ended_at is not None or c.store.sessions(account.id, [rows[0].id]):
        return 0
    opened = min(row.opened_at for row in rows if row.ended_at is None)
    used = []
    for row in rows:
        if row.last_beat_at:
            # Seconds that waited for a check are lost with the session: the wall time that they took is free again.
            rate = published.get(session, row.programme_id).counting.max_rate
            used.append(row.last_beat_at - timedelta(seconds=row.pending / rate))
    return to_ms(max([opened, *used]))


def _previous(session: Session, enrolment: Enrolment, lesson: Lesson) -> StudySession | None:
    return session.scalar(
        sa.select(StudySession)
        .where(StudySession.enrolment_id == enrolment.id, StudySession.lesson_id == lesson.id)
        .order_by(StudySession.opened_at.desc())
        .limit(1)
    )


def _position(c: Collaborators, account: Account, previous: StudySession | None) -> int:
    """Where the last player of this lesson stopped: Redis knows it sooner than SQL."""
    if previous is None:
        return 0
    live = c.store.sessions(account.id, [previous.id]).get(previous.id)
    return live.position if live else previous.position


def _resume_at(coverage: bytes, opened: counting.Session, position: int) -> int:
    """The first second not credited from `position` on, else from the start; 0 once all is credited.

    Where skipping ahead is forbidden, never beyond what was seen: a player that goes on from there would earn nothing.
    """
    if not opened.rules.may_skip_ahead:
        position = min(position, opened.frontier)
    gaps = (second for start in (position, 0) for second in range(start, opened.duration))
    return next((second for second in gaps if not bitmap.has(coverage, second)), 0)
