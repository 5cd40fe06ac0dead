"""Corrections of hours (学时更正): one member of staff asks, a second decides, the teacher is told. See docs/adr/0016.

A correction adds media seconds of one lesson to what was credited, never edits what was counted, and takes nothing away. What it adds is
merged into the coverage by OR under the lock of the enrolment, as a flusher merges (heartbeat.merge): both may work at once.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat import bitmap
from models import Course, Coverage, Enrolment, HourCorrection, Lesson
from services import accounts, media_time, notices
from services.authority import scope
from services.authority.appointments import require_below
from services.authority.principals import NotAllowed, Principal
from services.enrolling.enrolments import WITHDRAWN
from services.errors import Conflict, Invalid, NotFound
from services.tables.cells import masked

ASKED, APPROVED, REFUSED = "asked", "approved", "refused"
STATES = {ASKED: "待审批", APPROVED: "已批准", REFUSED: "未批准"}
#: Media seconds that may wait for a decision for one teacher: 10 h.
MOST_OPEN = 36_000
REASONS = {
    "outage": "平台或网络故障",
    "player": "播放器或设备故障",
    "presence": "在场确认没有弹出或不能提交",
    "displaced": "误被另一台设备接替",
    "other": "其他",
}


class AskedAlready(Conflict):
    """同样的更正已经申请过，正在等待审批，不用再次提交。"""

    code = "asked_already"


class TooManyHoursOpen(Conflict):
    """这位教师等待审批的更正合计不能超过 10 小时，请等已有的申请审批后再提交。"""

    code = "too_many_hours_open"


class CreditedAlready(Conflict):
    """这段时间已经全部计入，不需要更正。"""

    code = "credited_already"


class DecidedAlready(Conflict):
    """这个申请已有人处理，请刷新页面查看结果。"""

    code = "decided_already"


class TakesNoPart(Conflict):
    """这位教师已退出本项目，不能更正学时；请先恢复报名。"""

    code = "takes_no_part"


def ask(
    session: Session,
    principal: Principal,
    enrolment_id: int,
    lesson_id: int,
    *,
    first: int,
    last: int,
    reason: str,
    told: str,
    evidence: str,
    now: datetime,
) -> HourCorrection:
    """Ask that seconds [first, last) of the lesson be credited. `reason` is a key of REASONS, `told` says more.

    Raises NotAllowed, NotFound, Invalid, TakesNoPart, CreditedAlready, AskedAlready, TooManyHoursOpen.
    """
    principal.require("ask_hours")
    enrolment = scope.get(session, principal, Enrolment, enrolment_id)
    require_below(session, principal, enrolment.account_id)
    if enrolment.status == WITHDRAWN:
        raise TakesNoPart
    lesson = lesson_of(session, enrolment, lesson_id)
    if not 0 <= first < last <= lesson.duration:
        raise Invalid.field("last", f"起止时间应在 0:00–{media_time.told(lesson.duration)} 之内，并且结束晚于开始")
    because = _because(reason, told)
    shown = masked(evidence.strip())
    if not 1 <= len(shown) <= 500:
        raise Invalid.field("evidence", "请填写依据，例如学习记录的时间、截图或故障通报，500 字以内")
    accounts.lock(session, enrolment.account_id)  # two who ask at once are counted one after the other
    _refuse_needless(session, enrolment, lesson, first, last)
    asked = HourCorrection(
        enrolment_id=enrolment.id,
        lesson_id=lesson.id,
        first=first,
        last=last,
        reason=because,
        evidence=shown,
        state=ASKED,
        asked_by=principal.account_id,
        asked_at=now,
    )
    session.add(asked)
    session.flush()
    return asked


def decide(
    session: Session, principal: Principal, correction_id: int, approve: bool, note: str, now: datetime
) -> tuple[HourCorrection, bool]:
    """Approve or refuse; also whether this call did it: the same decision again changes nothing.

    Raises NotFound; NotAllowed for who asked, in whatever role, and for anything about oneself or one's betters; Invalid, TakesNoPart,
    DecidedAlready (the other way).
    """
    principal.require("approve_hours")
    correction = scope.get(session, principal, HourCorrection, correction_id)
    enrolment = scope.get(session, principal, Enrolment, correction.enrolment_id)
    if correction.asked_by == principal.account_id:
        raise NotAllowed("不能审批自己提出的申请，请由另一位有审批权限的人处理。")
    require_below(session, principal, enrolment.account_id)
    shown = masked(note.strip())
    if not 1 <= len(shown) <= 300:
        raise Invalid.field("note", "请填写审批意见，300 字以内")
    accounts.lock(session, enrolment.account_id)
    # From here on no flusher writes this enrolment's coverage, and no second approver comes by.
    session.refresh(enrolment, with_for_update={"key_share": True})
    session.refresh(correction)
    wanted = APPROVED if approve else REFUSED
    if correction.state == wanted:
        return correction, False
    if correction.state != ASKED:
        raise DecidedAlready
    if approve and enrolment.status == WITHDRAWN:
        raise TakesNoPart
    correction.state = wanted
    correction.decided_by, correction.decided_at, correction.decided_note = principal.account_id, now, shown
    lesson = session.get_one(Lesson, correction.lesson_id)
    if approve:
        _credit(session, enrolment, lesson, correction, now)
    _tell(session, principal, enrolment, lesson, correction, now)
    session.flush()
    return correction, True


def lesson_of(session: Session, enrolment: Enrolment, lesson_id: int) -> Lesson:
    """A lesson of the enrolment's programme. Raises NotFound."""
    query = (
        sa.select(Lesson)
        .join(Course, Course.id == Lesson.course_id)
        .where(Lesson.id == lesson_id, Course.programme_slug == enrolment.programme.slug)
    )
    lesson = session.scalar(query) if 0 < lesson_id <= scope.GREATEST_ID else None
    if lesson is None:
        raise NotFound("没有找到这个课时。")
    return lesson


def _because(reason: str, told: str) -> str:
    if reason not in REASONS:
        raise Invalid.field("reason", "请选择原因")
    more = masked(told.strip())
    if reason == "other" and not more:
        raise Invalid.field("told", "请写明原因")
    if len(more) > 250:
        raise Invalid.field("told", "原因说明请在 250 字以内")
    return f"{REASONS[reason]}：{more}" if more else REASONS[reason]


def _refuse_needless(session: Session, enrolment: Enrolment, lesson: Lesson, first: int, last: int) -> None:
    """Raises CreditedAlready, AskedAlready, TooManyHoursOpen."""
    held = session.get(Coverage, (enrolment.id, lesson.id))
    if held is not None and not any(_new(held.bitmap, first, last)):
        raise CreditedAlready
    waiting = session.execute(
        sa.select(
            HourCorrection.enrolment_id, HourCorrection.lesson_id, HourCorrection.first, HourCorrection.last
        ).where(
            HourCorrection.enrolment_id.in_(
                sa.select(Enrolment.id).where(Enrolment.account_id == enrolment.account_id)
            ),
            HourCorrection.state == ASKED,
        )
    ).all()
    if (enrolment.id, lesson.id, first, last) in [tuple(row) for row in waiting]:
        raise AskedAlready
    if sum(row.last - row.first for row in waiting) + last - first > MOST_OPEN:
        raise TooManyHoursOpen


def _new(held: bytes, first: int, last: int) -> bytes:
    """What of [first, last) is not held yet, as a bitmap."""
    wanted = bitmap.of([(first, last)])
    new = int.from_bytes(wanted, "little") & ~int.from_bytes(held, "little")
    return new.to_bytes(len(wanted), "little")


def _credit(session: Session, enrolment: Enrolment, lesson: Lesson, correction: HourCorrection, now: datetime) -> None:
    """Merge into the coverage, whose enrolment is locked. The day's tally stays as it is: nobody watched on any day."""
    row = session.get(Coverage, (enrolment.id, lesson.id), populate_existing=True)
    held, counted = (row.bitmap, row.credited) if row else (b"", 0)
    new = _new(held, correction.first, min(correction.last, lesson.duration))
    correction.bitmap, correction.credited = new, bitmap.count(new)
    if not correction.credited:
        return
    merged = bitmap.union(held, new)
    total = bitmap.count(merged)
    if row is None:
        row = Coverage(enrolment_id=enrolment.id, lesson_id=lesson.id)
        session.add(row)
    row.bitmap, row.credited, row.updated_at = merged, total, now
    enrolment.credited_seconds += total - counted


def _tell(
    session: Session,
    principal: Principal,
    enrolment: Enrolment,
    lesson: Lesson,
    correction: HourCorrection,
    now: datetime,
) -> None:
    where = f"“{lesson.title[:60]}”{media_time.told_span(correction.first, correction.last)}"
    by = f"{principal.title}{principal.name}"
    if correction.state == APPROVED:
        text = f"您的学时更正已批准：{where}，新计入 {media_time.told(correction.credited)}。审批：{by}。"
        notices.tell(session, enrolment.account_id, "hours_corrected", text, now)
    else:
        text = f"您的学时更正没有批准：{where}。意见：{correction.decided_note[:120]}。审批：{by}。"
        notices.tell(session, enrolment.account_id, "hours_refused", text, now)
