"""Why seconds were not credited: of one session, one lesson or one day, with the arithmetic."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from heartbeat.reasons import WHY
from models import Lesson, StudyDay, StudySession
from programmes.calendar import phase_title, study_open
from services import study
from services.errors import NotFound
from services.media_time import told
from services.timeline import reckoning
from services.timeline.sources import ENDS
from services.why.answers import CHINA, NOT_ENROLLED, Answer, Asked, clock

_STEPS = {
    "too_fast": "请用正常速度播放；上报的时间不能多于实际经过的时间。",
    "gap": "网络断开太久的部分不能核实；请换网络好的地方重看没有记入的部分。",
    "hidden": "请让学习页面保持在前台，不要切到别的应用或锁屏。",
    "skipped": "请从没有看完的地方按顺序看，不要拖动进度条跳过。",
    "repeat": "已经计入的部分再看不会重复记；请打开覆盖图，看还没有计入的部分。",
    "day_cap": "今天已到上限，请明天继续。",
    "idle": "看课时请留意“在场确认”，在时限内点确认；请重看没有记入的部分。",
    "closed": "请在项目的学习时间内学习。",
    "displaced": "同一时间只用一台设备学习。",
    "ended": "请重新打开课时继续学习。",
}
_NO_REPORT = "请检查网络，升级小程序，重新打开课时播放；仍不上报请记下时间和设备，申请学时更正。"
#: Sessions that an answer tells one by one.
MOST_LINES = 30
_PENDING = "还有 {} 在等在场确认：点了确认就记入，不点就不计。"


def minutes(asked: Asked) -> Answer:
    """为什么我看了37分钟只记了30分钟."""
    rows, about = _rows(asked)
    if not rows:
        return Answer(f"{about}还没有学习记录。", steps=("请教师打开课时播放一分钟，再刷新本页。",))
    counted = reckoning.of(rows)
    about += "："
    if not counted.reported:
        return Answer(f"{about}打开了课时，但播放器没有上报任何播放。", _lines(asked, rows), (_NO_REPORT,))
    verdict = "，全部记入" if counted.credited == counted.reported else ""
    evidence = _lines(asked, rows) if len(rows) > 1 or not asked.session_id else ()
    why = tuple(f"{reckoning.SHORT[reason]} {told(seconds)}：{WHY[reason]}" for reason, seconds in _reasons(counted))
    if counted.pending:
        why += (_PENDING.format(told(counted.pending)),)
    return Answer(
        f"{about}{counted.equation}{verdict}。",
        (*why, *evidence),
        tuple(_STEPS[reason] for reason, _ in _reasons(counted)),
    )


def today(asked: Asked) -> Answer:
    """为什么今天看的没有记."""
    if asked.enrolment is None:
        return NOT_ENROLLED
    day = asked.now.astimezone(CHINA).date()
    rows = _of_day(asked, day, asked.enrolment.id)
    programme = asked.programme
    held = asked.session.get(StudyDay, (asked.enrolment.id, day))
    evidence = [f"项目现在：{phase_title(programme, asked.now)}"]
    if held:
        evidence.append(f"今天（按播放时间）已记入 {told(held.credited)}")
    cap = programme.counting.day_cap
    if cap is not None:
        evidence.append(f"本项目每天最多记入 {told(cap)}")
    if not rows and not study_open(programme, asked.now):
        sentence = "今天没有学习记录；现在也不在本项目的学习时间内，看了不计学时。"
        return Answer(sentence, tuple(evidence), (_STEPS["closed"],))
    if not rows:
        sentence = "今天没有收到这位教师在本项目的任何播放上报，所以没有可记的时间。"
        return Answer(sentence, tuple(evidence), ("请教师核对登录的账号和项目是否正确。", _NO_REPORT))
    sentence, steps = _verdict(reckoning.of(rows))
    return Answer(sentence, (*evidence, *_lines(asked, rows)), steps)


def _verdict(counted: reckoning.Reckoning) -> tuple[str, tuple[str, ...]]:
    """Of one day: the sentence, and what to do next."""
    reasons = _reasons(counted)
    steps = tuple(_STEPS[reason] for reason, _ in reasons)
    if not counted.reported:
        return "今天打开了课时，但播放器没有上报任何播放。", (_NO_REPORT,)
    if counted.credited:
        return f"今天的学习有记入：{counted.equation}。", steps
    if counted.pending and not reasons:
        return f"今天的播放在等在场确认：{counted.equation}。", ("请教师在播放页面点“确认在场”。",)
    said = "；".join(WHY[reason].rstrip("。") for reason, _ in reasons[:2])
    return f"今天的播放没有记入：{counted.equation}。原因：{said or '不能归类'}。", steps


def when(asked: Asked) -> Answer:
    """学时什么时候算."""
    last = _latest(asked)
    evidence = []
    if asked.fresh.complete:
        sentence = (
            f"播放时大约每 20 秒上报一次，服务器当场判定，一般一分钟内写进成绩单；截至 {clock(asked.fresh.at, '%H:%M:%S')}，"
            "已收到的都已写入。"
        )
    else:
        sentence = (
            "播放时大约每 20 秒上报一次，服务器当场判定；现在系统正忙，最近几分钟的学习稍后会写进成绩单，不会丢。"
        )
    if last is not None:
        at = clock(last.last_beat_at, "%m月%d日 %H:%M:%S") if last.last_beat_at else "还没有"
        evidence.append(f"最近一次学习：{clock(last.opened_at)} 打开，最后一次上报 {at}，已写入到第 {last.seq} 次")
        if last.pending:
            evidence.append(_PENDING.format(told(last.pending)))
    if asked.fresh.playing:
        evidence.append("播放器现在开着，之后的播放还会继续记入")
    return Answer(
        sentence, tuple(evidence), ("让教师在成绩单页面下拉刷新；网络断过的，重新打开课时，没有提交的会接着补报。",)
    )


def displaced(asked: Asked) -> Answer:
    """换设备被顶下线."""
    rows = asked.session.scalars(
        sa.select(StudySession)
        .where(
            StudySession.account_id == asked.subject.account.id,
            StudySession.enrolment_id.in_(asked.subject.enrolment_ids),
        )
        .order_by(StudySession.opened_at.desc(), StudySession.id.desc())
        .limit(200)
    ).all()
    found = next(
        (i for i, row in enumerate(rows) if row.end_reason == "displaced" or row.withheld.get("displaced", 0)), None
    )
    if found is None:
        return Answer(
            "最近没有被另一台设备接替的记录。",
            steps=("如果是退回了登录页面，请查看“登录”记录：重置密码或修改密码会结束所有设备的登录。",),
        )
    row = rows[found]
    lost = int(row.withheld.get("displaced", 0))
    after_that = f"，之后在原设备播放的 {told(lost)} 不计入" if lost else ""
    began = row.ended_at or row.last_beat_at or row.opened_at
    after = [one for one in rows[:found] if one.opened_at >= row.opened_at and one.device != row.device]
    taker = min(after, key=lambda one: abs(one.opened_at - began), default=None)
    by = (
        f"{clock(taker.opened_at)} 在设备“{taker.device or '未知'}”上打开了学习"
        if taker
        else f"{clock(began)} 有新的登录或密码变更"
    )
    sentence = f"{by}，设备“{row.device or '未知'}”上的学习被接替；同一时间只有一台设备计时{after_that}。"
    evidence = [reckoning.of([row]).equation, WHY["displaced"]]
    if taker is not None:
        evidence.append(f"接替的设备：{reckoning.of([taker]).equation}")
    return Answer(
        sentence,
        tuple(evidence),
        ("只在一台设备上学习；换设备前先在原设备退出播放。", "不是本人换的设备，请马上重置密码。"),
    )


def _rows(asked: Asked) -> tuple[Sequence[StudySession], str]:
    """The sessions asked about, and how the sentence begins. Raises NotFound."""
    if asked.session_id:
        row = asked.session.get(StudySession, asked.session_id[:32])
        if (
            row is None
            or row.account_id != asked.subject.account.id
            or row.enrolment_id not in asked.subject.enrolment_ids
        ):
            raise NotFound
        return [row], f"{clock(row.opened_at)} 的这次学习"
    if asked.lesson_id is not None and asked.enrolment is not None:
        query = sa.select(StudySession).where(
            StudySession.enrolment_id == asked.enrolment.id, StudySession.lesson_id == asked.lesson_id
        )
        return asked.session.scalars(query.order_by(StudySession.opened_at)).all(), "这一课时"
    day, chosen = asked.day, asked.enrolment.id if asked.enrolment is not None else None
    if day is None:
        last = _latest(asked, chosen)
        if last is None:
            return [], "这位教师"
        day = (last.last_beat_at or last.opened_at).astimezone(CHINA).date()
    return _of_day(asked, day, chosen), f"{day:%m月%d日}"


def _of_day(asked: Asked, day: date, enrolment_id: int | None = None) -> Sequence[StudySession]:
    """What was played on this local day; a session over midnight belongs to both days, whole."""
    begin = datetime.combine(day, time(), CHINA)
    end = begin + timedelta(days=1)
    ids = asked.subject.enrolment_ids if enrolment_id is None else [enrolment_id]
    query = sa.select(StudySession).where(
        StudySession.account_id == asked.subject.account.id,
        StudySession.enrolment_id.in_(ids),
        StudySession.opened_at >= begin - study.TOKEN_LIFE,
        StudySession.opened_at < end,
        sa.func.coalesce(StudySession.last_beat_at, StudySession.opened_at) >= begin,
    )
    return asked.session.scalars(query.order_by(StudySession.opened_at)).all()


def _latest(asked: Asked, enrolment_id: int | None = None) -> StudySession | None:
    ids = asked.subject.enrolment_ids if enrolment_id is None else [enrolment_id]
    query = sa.select(StudySession).where(
        StudySession.account_id == asked.subject.account.id,
        StudySession.enrolment_id.in_(ids),
    )
    return asked.session.scalar(query.order_by(StudySession.opened_at.desc()).limit(1))


def _reasons(counted: reckoning.Reckoning) -> list[tuple[str, int]]:
    return [(reason, seconds) for reason, seconds in counted.withheld.items() if reason in WHY]


def _lines(asked: Asked, rows: Sequence[StudySession]) -> tuple[str, ...]:
    """The newest MOST_LINES of these, one a line; their sum is over all."""
    query = sa.select(Lesson.id, Lesson.title).where(Lesson.id.in_({row.lesson_id for row in rows}))
    titles: dict[int, Any] = {row.id: row.title for row in asked.session.execute(query)}
    left_out = len(rows) - MOST_LINES
    more = (f"共 {len(rows)} 次学习，下面只列最近 {MOST_LINES} 次",) if left_out > 0 else ()
    return more + tuple(
        f"{clock(row.opened_at)}–{clock(row.last_beat_at or row.opened_at, '%H:%M')} {titles[row.lesson_id]}："
        f"{reckoning.of([row]).equation}"
        + (f"（{ENDS.get(row.end_reason, row.end_reason)}）" if row.end_reason else "")
        + (f"，在场确认错过 {row.checks_missed} 次" if row.checks_missed else "")
        for row in rows[max(0, left_out) :]
    )
