"""The demonstration's invented city three weeks into its programme, with what each role has to do: for walks through the console.

Teachers have studied, some a little, some enough; rollups and daily snapshots are there; a bill is paid, homework waits, the hotline has
asked for a correction, one teacher has watched 37 minutes of which 28 counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from heartbeat import bitmap
from models import (
    Account,
    Coverage,
    Enrolment,
    Lesson,
    Organisation,
    Programme,
    Result,
    SignInRecord,
    StudySession,
    WechatBinding,
)
from programmes.demonstration import DEMONSTRATIONS
from services import demonstration, hour_corrections, progress, second_factor
from services.authority import principals
from services.demonstration import DemoAccount
from services.enrolling import enrolments
from services.fees import bills, remittances
from services.fees.remittances import Arrived
from services.handing_in import submissions
from services.watching import snapshots, tallies
from tests import teachers
from tests.conftest import FakeClock

SLUG = DEMONSTRATIONS[0].slug
#: Days for which there are snapshots.
HISTORY = 12
#: The teacher who phones; of 示范东县第一中学.
CALLER = "赵粉笔"
HOMEWORK = (
    "这次培训我最大的收获，是学会了等学生把话说完。以前一提问就急着要答案，现在我会数到五，再请下一位同学补充。",
    "学了“一本书读一个月”，我把整本书阅读放进了早读：每天十分钟，每周一次交流，家长也一起读。",
)


@dataclass(frozen=True)
class Town:
    """`staff` by role, and the teachers by name, with their numbers and passwords."""

    app: Flask
    clock: FakeClock
    engine: sa.Engine
    staff: dict[str, DemoAccount]
    teachers: dict[str, DemoAccount]

    def code(self, role: str) -> str:
        """What the person's phone shows now."""
        return second_factor.code_at(self.staff[role].second_factor, self.clock())

    def scalar(self, query: Any) -> Any:
        with Session(self.engine) as session:
            return session.scalar(query)

    def account_id(self, name: str) -> int:
        return int(self.scalar(sa.select(Account.id).where(Account.name == name)))


def build(app: Flask, engine: sa.Engine, clock: FakeClock) -> Town:
    today = clock()
    with Session(engine) as session:
        clock.set(today - timedelta(days=HISTORY))
        people = demonstration.load(session, teachers.collaborators(app), clock())
        session.flush()
        rows = _enrolled(session)
        _caller(session, rows, today)
        for day in range(HISTORY, 0, -1):
            _study_until(session, rows, today - timedelta(days=day), HISTORY - day)
        clock.set(today)
        tallies.count(session, SLUG, today)
        _payment(app, session, today)
        _homework(session, rows, today)
        _correction(session, today)
        session.commit()
    staff = {one.role: one for one in people if one.second_factor}
    return Town(app, clock, engine, staff, {one.name: one for one in people if one.role == "teacher"})


def _enrolled(session: Session) -> list[Enrolment]:
    """Those of the programme, by name: account ids are random."""
    query = sa.select(Enrolment).join(Programme).join(Account, Account.id == Enrolment.account_id)
    return list(session.scalars(query.where(Programme.slug == SLUG).order_by(Account.name)))


def _study_until(session: Session, rows: list[Enrolment], moment: datetime, day: int) -> None:
    """One more day of everybody's study, uneven as people are, and its snapshot."""
    for place, row in enumerate(rows):
        pace = (0, 3, 7, 5, 9, 0, 6, 4, 8)[(place + place // 9) % 9]
        if not pace or day < 9 - pace:
            continue
        if row.account.last_login_at is None or place % 4:
            row.account.last_login_at = moment + timedelta(minutes=37 * place % 600)
        row.account.must_change_password = row.account.must_confirm_profile = False
        row.credited_seconds += pace * 2_700
        hours = min(row.credited_seconds / 2_700, 60)
        score, passed = min(hours * 1.4 + 10 * (pace > 4), 90), hours >= 55
        values = {"score": score, "best": 90, "passed": passed, "hours_credited": hours, "hours_counted": hours}
        session.merge(
            Result(enrolment_id=row.id, programme_id=row.programme_id, credits=None, computed_at=moment, **values)
        )
    session.flush()
    tallies.count(session, SLUG, moment)
    snapshots.freeze(session, SLUG, moment.astimezone(snapshots.ZONE).date(), moment)


def _caller(session: Session, rows: list[Enrolment], today: datetime) -> None:
    """Who watched 37 minutes yesterday evening, of which 28 counted, and signed in with a wrong password first."""
    row = next(row for row in rows if row.account.name == CALLER)
    account, evening = row.account, today - timedelta(hours=12)
    session.add(WechatBinding(account_id=account.id, openid="openid-demonstration", bound_at=today - timedelta(days=9)))
    for minutes, result in ((0, "wrong_password"), (1, "in")):
        seen = {"route": "wechat", "device": "iPhone · 微信", "address_masked": "203.0.113.*"}
        at = evening + timedelta(minutes=minutes)
        session.add(SignInRecord(account_id=account.id, at=at, result=result, **seen))
    # minutes after that, code, seconds reported, parts that were credited, why the rest was not, checks missed
    for after, code, reported, credited, withheld, missed in (
        (3, "T02-1", 1_380, [(0, 900), (1_020, 1_200)], {"repeat": 180, "hidden": 120}, 0),
        (30, "T01-1", 840, [(0, 600)], {"idle": 160, "skipped": 80}, 1),
    ):
        lesson, bits = _lesson(session, row, code), bitmap.of(credited)
        begun, seconds = evening + timedelta(minutes=after), bitmap.count(bits)
        ended = begun + timedelta(seconds=reported)
        session.add(
            StudySession(
                id=f"session-{code}",
                account_id=account.id,
                enrolment_id=row.id,
                lesson_id=lesson.id,
                device="iPhone",
                address_masked="203.0.113.*",
                opened_at=begun,
                last_beat_at=ended,
                ended_at=ended,
                end_reason="ended",
                seq=70,
                position=lesson.duration,
                reported=reported,
                credited=seconds,
                withheld=withheld,
                checks_asked=2,
                checks_answered=2 - missed,
                checks_missed=missed,
            )
        )
        session.add(Coverage(enrolment_id=row.id, lesson_id=lesson.id, bitmap=bits, credited=seconds, updated_at=begun))
    session.flush()


def _lesson(session: Session, row: Enrolment, code: str) -> Lesson:
    return next(
        lesson for one in progress.courses(session, row) for lesson in one.course.lessons if lesson.code == code
    )


def _payment(app: Flask, session: Session, today: datetime) -> None:
    """A bill of 示范东县第一中学, and the money for it."""
    school = session.scalars(sa.select(Organisation).where(Organisation.code == "DEMO-SCHOOL-2")).one()
    vault = teachers.collaborators(app).vault
    issued = today - timedelta(days=2)
    bill = bills.issue(
        session, vault, SLUG, school.id, handler="周会计", contact="0374-2990001", invoice={}, now=issued
    )
    paid = Arrived("20220731000117", school.name, bills.slip(session, vault, bill), bill.amount_fen, today.date())
    remittances.record(session, SLUG, paid, today)


def _homework(session: Session, rows: list[Enrolment], today: datetime) -> None:
    for row, text in zip(rows[4:], HOMEWORK, strict=False):
        submissions.submit(
            session, row, "summary", "1", text=text, title="我的培训总结", now=today - timedelta(hours=20)
        )


def _correction(session: Session, today: datetime) -> None:
    hotline = session.scalars(sa.select(Account).where(Account.name == "云热线")).one()
    caller = session.scalars(sa.select(Account).where(Account.name == CALLER)).one()
    row = next(row for row in enrolments.of_account(session, caller.id) if row.programme.slug == SLUG)
    lesson = _lesson(session, row, "T02-1")
    hour_corrections.ask(
        session, principals.of_account(session, hotline)[0], row.id, lesson.id, first=900, last=1_020, reason="outage",
        told="昨晚平台网络中断两分钟", evidence="7月31日21:20 故障通报；来电人描述的时间与学习记录一致。", now=today,
    )  # fmt: skip
