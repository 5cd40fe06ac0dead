"""The notice's programme with honours and a leader's table, and people who have passed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Account,
    Achievement,
    Bill,
    Course,
    Coverage,
    Enrolment,
    LeaderAchievement,
    Lesson,
    Paper,
    Programme,
    Workshop,
)
from services import programmes
from services.enrolling import enrolments
from services.papers import papers
from services.papers import says as paper_says
from tests import factories
from tests.programmes.notices import local, phase2_text

#: Study is over by then, and honours may be settled.
AFTER = local("2022-11-05T11:00")
DURING = local("2022-09-01T11:00")
#: Passing by courses alone: 60 of the 90 points are enough.
EASY = ("mark = 90", "mark = 60")
PAPERS = (
    "[enrolment]",
    """[[papers]]
key = "proof"
title = "学时证明"
states_hours = true
assumed = "虚构"

[[papers]]
key = "excellent"
title = "优秀学员"
assumed = "虚构"
[papers.honour]
share = 0.1
within = "programme"
assumed = "虚构"

[[papers]]
key = "excellent_leader"
title = "优秀辅导教师"
role = "workshop_leader"
assumed = "虚构"
[papers.honour]
share = 0.5
within = "programme"
rounding = "up"
assumed = "虚构"

[leader]
assumed = "虚构"
[[leader.parts]]
kind = "submitted"
key = "bulletins"
title = "研修简报"
points = 15
least = 3
each = 5
assumed = "虚构"
[leader.pass_rule]
mark = 10
total = 15
assumed = "虚构"

[enrolment]""",
)


@dataclass
class Awarding:
    session: Session
    programme: Programme
    lessons: dict[str, Lesson]

    def learner(self, hours: float = 60, **changes: Any) -> Enrolment:
        """Somebody who studied so many hours of the sixty, the modules in turn."""
        account = factories.account(self.session, stage="小学", subject="语文", **_named(changes))
        school = changes.pop("school_id", None) or factories.school(self.session).id
        enrolment = enrolments.enrol(self.session, account, self.programme, school, DURING)
        for column, value in changes.items():
            setattr(enrolment, column, value)
        for module, most in (("ethics", 15), ("knowledge", 15), ("ability", 10), ("technology", 20)):
            studied = min(hours, most)
            hours -= studied
            if studied:
                self.session.add(
                    Coverage(
                        enrolment_id=enrolment.id,
                        lesson_id=self.lessons[module].id,
                        bitmap=b"",
                        credited=int(studied * 2700),
                        updated_at=DURING,
                    )
                )
        self.session.flush()
        return enrolment

    def hand_in(self, enrolment: Enrolment, part: str, **values: Any) -> None:
        self.session.add(Achievement(enrolment_id=enrolment.id, part=part, at=DURING, **(values | _entered())))
        self.session.flush()

    def paid(self, enrolment: Enrolment, state: str = "confirmed") -> Bill:
        bill = Bill(
            programme_slug=self.programme.slug,
            school_id=enrolment.school_id,
            serial=1,
            state=state,
            headcount=1,
            per_head_fen=18000,
            amount_fen=18000,
            collector="city",
            handler="周若溪",
            contact_envelope=b"",
            issued_at=DURING,
        )
        self.session.add(bill)
        self.session.flush()
        return bill

    def workshop(self, leader: Account | None = None, bulletins: int = 0) -> Workshop:
        code = f"w{self.session.query(Workshop).count() + 1}"
        made = Workshop(
            programme_slug=self.programme.slug,
            code=code,
            title=f"工作坊 {code}",
            leader_id=leader.id if leader else None,
        )
        self.session.add(made)
        self.session.flush()
        for number in range(bulletins):
            self.session.add(
                LeaderAchievement(
                    workshop_id=made.id, part="bulletins", item=f"第{number + 1}期", at=DURING, **_entered()
                )
            )
        self.session.flush()
        return made


def awarding(session: Session, *changes: tuple[str, str], now: datetime = DURING) -> Awarding:
    programme = programmes.publish(session, phase2_text(EASY, PAPERS, *changes, accept=True), now)
    lessons = {}
    for module in ("ethics", "knowledge", "ability", "technology"):
        course: Course = factories.course(session, programme, module=module)
        lessons[module] = factories.lesson(session, course, duration=20 * 2700)
    return Awarding(session, programme, lessons)


def hold_papers(session: Session, account: Account, slug: str) -> Paper:
    """A learner's and a leader's paper, issued before the programme is over (which no service does); the learner's is returned."""
    session.add(Workshop(programme_slug=slug, code="w1", title="工作坊", leader_id=account.id))
    programme = programmes.get(session, programmes.latest(session, slug).id)
    held = []
    for serial, kind in enumerate(("proof", "excellent_leader"), 1):
        rule = programme.paper(kind)
        assert rule is not None
        says = paper_says.compose(
            programme, rule, name=account.name, hours=60.0, school="示范第一小学", stage="小学", subject="语文"
        )
        held.append(
            Paper(
                account_id=account.id,
                programme_slug=slug,
                kind=kind,
                number=papers.number_of(slug, serial),
                code=f"{serial:032x}",
                says=says.frozen(),
                issued_at=DURING,
            )
        )
    session.add_all(held)
    session.flush()
    return held[0]


def _named(changes: dict[str, Any]) -> dict[str, Any]:
    return {"name": changes.pop("name")} if "name" in changes else {}


def _entered() -> dict[str, Any]:
    return {"entered_at": DURING}
