"""The notice with a part of every kind, a workshop with a leader, and learners who hand things in. In summer 2022."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Achievement, Enrolment, Organisation, Programme, Workshop
from services import programmes
from services.enrolling import enrolments
from services.handing_in import submissions
from tests import factories
from tests.programmes.notices import local, phase2_text

NOW = local("2022-08-01T09:00")
#: The first instant that is too late, and the first that is not too early.
OVER, BEGIN = local("2022-11-01T00:00"), local("2022-07-16T00:00")
TEXT = "通过这次培训，我对信息技术在语文课堂上的运用有了新的认识，也改进了自己的课堂提问。"
OTHER_TEXT = "这一学期我上了十二节公开课，听课四十节，最大的收获是学会了等学生把话说完。"

_PARTS = """
[[parts]]
kind = "submitted"
key = "posts"
title = "研讨发帖"
points = 6
each = 2
clause = "虚构"

[[parts]]
kind = "submitted"
key = "report"
title = "校本研修活动总结"
points = 10
min_words = 30
until = 2022-09-30
clause = "虚构"

[[parts]]
kind = "certified"
key = "abilities"
title = "微能力点认证"
points = 30
count = 3
each = 10
clause = "虚构"

[[parts]]
kind = "assessed"
key = "school"
title = "校本研修考核"
points = 10
clause = "虚构"

[[parts]]
kind = "marked"
key = "exam"
title = "结业测试"
points = 20
clause = "虚构"

[[parts]]
kind = "attended"
key = "offline"
title = "线下研修"
points = 10
hours = 8
clause = "虚构"

[pass_rule]"""
_LEADER = """
[leader]
clause = "虚构"

[leader.pass_rule]
mark = 90
total = 100
clause = "虚构"

[[leader.parts]]
kind = "submitted"
key = "bulletins"
title = "研修简报"
points = 15
each = 5
clause = "虚构"

[[leader.parts]]
kind = "assessed"
key = "office"
title = "市级评定"
points = 5
clause = "虚构"
"""
_RATE = """
[[leader.parts]]
kind = "rated"
key = "{0}"
title = "{0}率"
points = 20
measure = "{0}"
clause = "虚构"
assumed = "没有人交作业时按 0% 计"
bands = [{{ least = 60, value = 16 }}, {{ least = 85, value = 18 }}, {{ least = 95, value = 20 }}]
"""
_GRADES = 'grades = { "优秀" = 10, "良好" = 8, "中等" = 6, "不及格" = 4 }'
CHANGES = (
    ("\n[pass_rule]", _PARTS),
    (_GRADES, f'{_GRADES}\noriginal = true\nabout_words = 800\ntemplate = ["优势分析", "劣势分析"]'),
    (
        "\n[enrolment]",
        _LEADER + "".join(map(_RATE.format, ("took_part", "passed", "graded", "recommended"))) + "\n[enrolment]",
    ),
)


@dataclass
class Class:
    """One workshop with `learners`, and a learner outside it. All are at the same school."""

    session: Session
    programme: Programme
    school: Organisation
    leader: Account
    workshop: Workshop
    learners: list[Enrolment] = field(default_factory=list)

    def learner(self, workshop: Workshop | None = None, **changes: Any) -> Enrolment:
        who = factories.account(self.session, school_id=self.school.id, **changes)
        enrolment = enrolments.enrol(self.session, who, self.programme, self.school.id, NOW)
        enrolment.workshop_id = workshop.id if workshop else None
        self.session.flush()
        return enrolment

    def hand_in(self, enrolment: Enrolment, part: str = "summary", text: str = TEXT, **more: Any) -> Achievement:
        more = {"item": "1", "now": NOW} | more
        return submissions.submit(self.session, enrolment, part, more.pop("item"), text=text, **more)


def class_of(session: Session, size: int = 2, *changes: tuple[str, str]) -> Class:
    programme = programmes.publish(session, phase2_text(*CHANGES, *changes), NOW)
    leader = factories.account(session, role="workshop_leader")
    workshop = Workshop(programme_slug=programme.slug, code="W1", title="小学语文一坊", leader_id=leader.id)
    session.add(workshop)
    session.flush()
    made = Class(session, programme, factories.school(session), leader, workshop)
    made.learners = [made.learner(workshop) for _ in range(size)]
    return made
