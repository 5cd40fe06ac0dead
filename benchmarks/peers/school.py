"""The invented learners of Xueshi's side of the comparison, in SQL and in Redis."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from benchmarks.peers.systems import LEARNERS, LESSON
from heartbeat.intake import draw_entropy, local_day, to_ms
from heartbeat.keys import Place
from heartbeat.state import OpenCommand, Rules
from heartbeat.state import Session as Player
from heartbeat.store import Store
from models import Account, Base, Enrolment
from programmes import demonstration
from services import programmes
from tests import factories

#: Accounts and enrolments of the crowd have ids from here on.
CROWD = 100_000


@dataclass(frozen=True)
class School:
    #: Account and enrolment of each learner that the attacks may use.
    enrolments: list[tuple[int, int]]
    #: Two lessons of LESSON seconds.
    lessons: list[int]
    programme: int


def family(account: int) -> str:
    return f"family-{account}"


def found(engine: Engine, now: datetime) -> School:
    """An empty schema with the demonstration's rules in force: any order of seconds, presence checks every 8 to 15 minutes."""
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        text = demonstration.render(demonstration.DEMONSTRATIONS[0], 1, demonstration.local_day(now))
        programme = programmes.publish(session, text, now)
        lessons = [
            factories.lesson(session, factories.course(session, programme, module="ethics"), duration=LESSON).id
            for _ in range(2)
        ]
        enrolments = []
        for _ in range(LEARNERS):
            account = factories.account(session)
            factories.refresh_token(session, account, family(account.id), now)
            enrolments.append((account.id, factories.enrolment(session, account, programme).id))
        return School(enrolments, lessons, programme.id)


def crowd(engine: Engine, store: Store, of: School, count: int, now: datetime) -> list[Place]:
    """So many more learners, each with an open player; nobody is asked for presence, as in an ordinary quarter of an hour."""
    ids = range(CROWD, CROWD + count)
    account = {
        "role": "teacher", "name": "", "id_kind": "resident_id", "id_envelope": b"", "first_password": "random",
        "must_change_password": False, "must_confirm_profile": False, "token_version": 1, "failed_logins": 0,
        "created_at": now,
    }  # fmt: skip
    enrolment = {"programme_id": of.programme, "status": "active", "enrolled_at": now, "credited_seconds": 0}
    with engine.begin() as connection:
        connection.execute(sa.insert(Account), [account | {"id": i, "id_index": f"{i:064}"} for i in ids])
        connection.execute(sa.insert(Enrolment), [enrolment | {"id": i, "account_id": i} for i in ids])
    return [_opened(store, Place(i, i, of.lessons[0], f"{i:024x}"), now) for i in ids]


def _opened(store: Store, place: Place, now: datetime) -> Place:
    now_ms = to_ms(now)
    rules = Rules(windows=[(now_ms - 10**9, now_ms + 10**12)], presence_min_ms=10**9, presence_max_ms=2 * 10**9)
    player = Player(
        id=place.session, account=place.account, enrolment=place.enrolment, lesson=place.lesson, duration=LESSON, rules=rules,
        opened_ms=now_ms, last_ms=now_ms, next_check_ms=0, days=[local_day(now)],
    )  # fmt: skip
    command = OpenCommand(
        now_ms=now_ms,
        session=player,
        device="phone",
        take_over=True,
        day_tally=0,
        last_ms=0,
        entropy=draw_entropy(),
    )
    assert store.open_session(place, local_day(now), command, b"").kind == "ok"
    return place
