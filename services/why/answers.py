"""What a question is about, and what an answer is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

import programmes as rules
from models import Enrolment
from services import programmes
from services.timeline.fresh import Fresh
from services.timeline.subject import Subject

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Answer:
    """`sentence` can be read out as it is; `evidence` are the lines it rests on, `steps` what to do next."""

    sentence: str
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """`enrolment` None: the person has none within reach. `session_id`, `lesson_id` or `day` narrow a question about studying."""

    session: Session
    subject: Subject
    enrolment: Enrolment | None
    fresh: Fresh
    now: datetime
    session_id: str = ""
    lesson_id: int | None = None
    day: date | None = None

    @property
    def programme(self) -> rules.Programme:
        """The notice of the enrolment; only where there is one."""
        if self.enrolment is None:
            raise AssertionError("asked without an enrolment")
        return programmes.get(self.session, self.enrolment.programme_id)


NOT_ENROLLED = Answer(
    "这个账号没有参加任何项目，所以没有学时和成绩。",
    steps=("请学校管理员核对报名名单，把这位教师导入项目。",),
)


def clock(moment: datetime, shape: str = "%m月%d日 %H:%M") -> str:
    """In Chinese time."""
    return moment.astimezone(CHINA).strftime(shape)
