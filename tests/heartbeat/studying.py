"""Invented learners with rows in SQL, and players for them: what the flusher's tests share."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat import bitmap, state
from heartbeat.keys import Place
from heartbeat.state import BeatCommand, OpenCommand, Rules
from heartbeat.store import Store
from models import Coverage, Enrolment, StudyDay, StudySession
from tests import factories
from tests.heartbeat.histories import OPEN_ALWAYS, START_MS, Player, local_day

DURATION = 600
RULES = Rules(windows=OPEN_ALWAYS)


@dataclass
class Learner:
    """One teacher with one open player; `played` is what an independent bookkeeper says is credited."""

    store: Store
    place: Place
    now_ms: int = START_MS
    seq: int = 0
    at: int = 0
    durable: int = 0
    played: set[int] = field(default_factory=set)
    #: Beats that SQL may lack.
    held: list[BeatCommand] = field(default_factory=list)
    entropy: state.Entropy = field(default_factory=lambda: Player(None, RULES).entropy())

    def open(self) -> "Learner":
        p = self.place
        session = state.Session(
            id=p.session, account=p.account, enrolment=p.enrolment, lesson=p.lesson, duration=DURATION, rules=RULES,
            opened_ms=self.now_ms, last_ms=self.now_ms, next_check_ms=0, days=[local_day(self.now_ms)],
        )  # fmt: skip
        command = OpenCommand(
            now_ms=self.now_ms,
            session=session,
            device="phone",
            take_over=True,
            day_tally=0,
            last_ms=0,
            entropy=self.entropy,
        )
        assert self.store.open_session(p, local_day(self.now_ms), command, b"").kind == "ok"
        return self

    def watch(self, seconds: int = 20, *, end: bool = False) -> "Learner":
        """Play on for so long and beat once."""
        self.now_ms += seconds * 1000
        self.seq += 1
        stop = min(DURATION, self.at + seconds)
        self.held.append(
            BeatCommand(
                now_ms=self.now_ms, seq=self.seq, acked=self.seq - 1, at_ms=self.now_ms,
                segments=[(self.at, stop, False)], day=local_day(self.now_ms), end=end, entropy=self.entropy,
            )
        )  # fmt: skip
        self.played.update(range(self.at, stop))
        self.at = stop
        self.send_last()
        return self

    def send_last(self) -> None:
        """Send the newest beat, and all that is held before it where Redis knows less than we saw; drop what is in SQL."""
        outcome = self.store.beat(self.place, self.held[-1])
        if outcome.kind == "resend":
            assert outcome.session
            for command in [held for held in self.held if held.seq > outcome.session.seq]:
                outcome = self.store.beat(self.place, command)
        assert outcome.kind == "ok"
        assert outcome.session
        self.durable = outcome.session.durable
        self.held = [held for held in self.held if held.seq > self.durable or held.seq == self.seq]


def learners(session: Session, store: Store, count: int) -> list[Learner]:
    """So many teachers enrolled in one programme, each at a lesson of their own choice."""
    programme = factories.programme(session)
    course = factories.course(session, programme)
    lessons = [factories.lesson(session, course, duration=DURATION) for _ in range(3)]
    found = []
    for index in range(count):
        account = factories.account(session)
        enrolment = factories.enrolment(session, account, programme)
        found.append(Learner(store, Place(account.id, enrolment.id, lessons[index % 3].id, f"session{index}")))
    session.commit()
    return found


def assert_sql_holds(session: Session, studied: Sequence[Learner]) -> None:
    """Coverage, totals, days and evidence in SQL are what the bookkeeper says, to the second."""
    session.expire_all()
    for learner in studied:
        p = learner.place
        row = session.get(Coverage, (p.enrolment, p.lesson))
        assert row is not None
        assert set(bitmap.seconds(row.bitmap)) == learner.played
        assert row.credited == len(learner.played)
        assert session.get_one(Enrolment, p.enrolment).credited_seconds == len(learner.played)
        days = sa.select(sa.func.sum(StudyDay.credited)).where(StudyDay.enrolment_id == p.enrolment)
        assert session.scalar(days) == len(learner.played)
        evidence = session.get_one(StudySession, p.session)
        assert (evidence.seq, evidence.credited) == (learner.seq, len(learner.played))
        assert evidence.reported == evidence.credited + evidence.pending + sum(evidence.withheld.values())
    session.rollback()
