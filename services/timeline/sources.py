"""Where entries come from: each source asks an index for the newest few rows of one person, up to a moment."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import (
    Account,
    AuditEntry,
    Bill,
    Course,
    EnrolmentMove,
    HourCorrection,
    Lesson,
    Notice,
    Organisation,
    Paper,
    ProfileCorrection,
    SignInRecord,
    StudySession,
)
from services.audit import ACTIONS
from services.authority.roles import ROLES
from services.hour_corrections import ASKED, STATES
from services.media_time import told, told_span
from services.profile_corrections import FIELDS, OPEN
from services.profile_corrections import STATES as REPORT_STATES
from services.timeline import reckoning
from services.timeline.entries import Entry, Kind, Tone
from services.timeline.subject import Subject

#: (session, whose, not later than, at most so many) → entries, newest first.
Source = Callable[[Session, Subject, datetime | None, int], Iterator[Entry]]

ROUTES = {"web": "网页", "wechat": "微信小程序", "portal": "省级平台", "console": "管理后台"}
_SIGN_INS: dict[str, tuple[str, Tone]] = {
    "in": ("登录成功", "green"),
    "wrong_password": ("密码错误", "red"),
    "wrong_code": ("动态验证码错误", "red"),
    "locked": ("账号锁定中，登录被拒绝", "red"),
    "refused": ("登录被拒绝", "red"),
    "out": ("退出登录", "secondary"),
}
_BINDINGS: dict[str, tuple[str, Tone]] = {"bound": ("绑定微信", "blue"), "unbound": ("解除微信绑定", "yellow")}
_PASSWORD_ACTIONS = ("reset_password", "bulk_reset", "unlock", "unbind_wechat", "change_password", "end_sessions")
_ENROLMENT_ACTIONS = ("enrolment", "import_roster", "undo_import")
ENDS = {"ended": "本人结束", "lapsed": "长时间没有上报，自动结束", "displaced": "被另一台设备接替"}


def newest(query: Any, moment: InstrumentedAttribute[Any], until: datetime | None, limit: int) -> Any:
    """The newest `limit` rows, not later than `until`; of one moment in the order of the entries' keys."""
    if until is not None:
        query = query.where(moment <= until)
    return query.order_by(moment.desc(), sa.inspect(moment.class_).primary_key[0].desc()).limit(limit)


def sign_ins(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    yield from _records(session, of, until, limit, "sign_in", _SIGN_INS)


def bindings(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    seen = False
    for entry in _records(session, of, until, limit, "password", _BINDINGS):
        seen = seen or (of.binding is not None and entry.at == of.binding.bound_at)
        yield entry
    bound = of.binding
    if bound is not None and not seen and (until is None or bound.bound_at <= until):
        yield Entry(bound.bound_at, "password", "binding", "绑定微信", tone="blue")


def _records(
    session: Session, of: Subject, until: datetime | None, limit: int, kind: Kind, words: dict[str, tuple[str, Tone]]
) -> Iterator[Entry]:
    query = sa.select(SignInRecord).where(SignInRecord.account_id == of.account.id, SignInRecord.result.in_(words))
    for row in session.scalars(newest(query, SignInRecord.at, until, limit)):
        title, tone = words[row.result]
        where = " · ".join(part for part in (ROUTES.get(row.route, row.route), row.device, row.address_masked) if part)
        yield Entry(row.at, kind, f"sign-in {row.id:020}", title, (where,), tone)


def studies(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    """Titles are asked for afterwards: joined, all of a long story would be sorted before it is cut."""
    query = sa.select(StudySession).where(
        StudySession.account_id == of.account.id, StudySession.enrolment_id.in_(of.enrolment_ids)
    )
    rows = session.scalars(newest(query, StudySession.opened_at, until, limit)).all()
    named = sa.select(Lesson.id, Lesson.title, Course.title).join(Course, Course.id == Lesson.course_id)
    found = session.execute(named.where(Lesson.id.in_({row.lesson_id for row in rows})))
    titles = {lesson_id: (lesson, course) for lesson_id, lesson, course in found}
    for row in rows:
        yield study(row, *titles[row.lesson_id])


def study(row: StudySession, lesson: str, course: str) -> Entry:
    """A study session as an entry."""
    counted = reckoning.of([row])
    lines = [counted.equation if counted.reported else "打开了课时，还没有上报播放"]
    if row.checks_asked:
        lines.append(f"在场确认：{row.checks_asked} 次，已答 {row.checks_answered}，错过 {row.checks_missed}")
    ended = ENDS.get(row.end_reason or "", row.end_reason) if row.ended_at else "还没有结束"
    lines.append(
        " · ".join(part for part in (f"设备 {row.device}" if row.device else "", row.address_masked, ended) if part)
    )
    lines.append(f"已写入数据库：到第 {row.seq} 次上报")
    tone: Tone = "green" if counted.credited else "red" if counted.lost else "secondary"
    return Entry(
        row.opened_at, "study", f"study {row.id}", f"学习 {course}·{lesson}", tuple(lines), tone,
        session_id=row.id, enrolment_id=row.enrolment_id, lesson_id=row.lesson_id,
    )  # fmt: skip


def resets(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    """Those of a whole school at once are written down for the school; each teacher's notice tells of them."""
    told = set()
    for entry in _audited(session, "account", [of.account.id], _PASSWORD_ACTIONS, "password", until, limit):
        told.add(entry.at)
        yield entry
    query = sa.select(Notice).where(Notice.account_id == of.account.id, Notice.kind == "password_reset")
    for row in session.scalars(newest(query, Notice.at, until, limit)):
        if row.at not in told:
            yield Entry(row.at, "password", f"notice {row.id:020}", "密码已重置", (row.text,), "yellow")


def enrolment_acts(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    yield from _audited(session, "enrolment", of.enrolment_ids, _ENROLMENT_ACTIONS, "enrolment", until, limit)


def _audited(
    session: Session,
    target: str,
    ids: list[int],
    actions: tuple[str, ...],
    kind: Kind,
    until: datetime | None,
    limit: int,
) -> Iterator[Entry]:
    query = sa.select(AuditEntry).where(
        AuditEntry.target_kind == target,
        AuditEntry.target_id.in_([str(one) for one in ids]),
        AuditEntry.action.in_(actions),
        AuditEntry.result == "done",
    )
    for row in session.scalars(newest(query, AuditEntry.at, until, limit)):
        role = ROLES[row.role].title if row.role in ROLES else "系统"
        tone: Tone = "yellow" if kind == "password" else "blue"
        yield Entry(
            row.at,
            kind,
            f"audit {row.serial:020}",
            ACTIONS[row.action],
            tone=tone,
            by=f"{row.actor_name} {role}".strip(),
        )


def payments(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    owed = {(of.programme_of(row).slug, row.school_id) for row in of.enrolments if row.school_id is not None}
    query = sa.select(Bill).where(
        Bill.school_id.in_({school for _, school in owed}),
        Bill.programme_slug.in_({slug for slug, _ in owed}),
        Bill.state == "confirmed",
    )
    titles = {row.slug: row.title for row in of.programmes.values()}
    for row in session.scalars(newest(query, Bill.confirmed_at, until, limit)):
        if (row.programme_slug, row.school_id) in owed and row.confirmed_at is not None:
            lines = (titles[row.programme_slug], of.schools.get(row.school_id, ""))
            yield Entry(row.confirmed_at, "money", f"bill {row.id:020}", "学校缴费已确认", lines, "green")


def papers(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    query = sa.select(Paper).where(Paper.account_id == of.account.id)
    for row in session.scalars(newest(query, Paper.issued_at, until, limit)):
        name = str(row.says.get("title") or "证书")
        yield Entry(row.issued_at, "money", f"paper {row.id:020}", f"取得{name}", (f"编号 {row.number}",), "green")
    revoked = query.where(Paper.revoked_at.is_not(None))
    for row in session.scalars(newest(revoked, Paper.revoked_at, until, limit)):
        if row.revoked_at is not None:
            lines = (f"编号 {row.number}", row.revoked_because)
            yield Entry(row.revoked_at, "money", f"revoked {row.id:020}", "证书被撤销", lines, "red")


def enrolled(_session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    """They are in memory already."""
    for row in [one for one in of.enrolments if until is None or one.enrolled_at <= until][:limit]:
        lines = tuple(part for part in (of.schools.get(row.school_id or 0, ""), row.late_reason) if part)
        title = f"报名：{of.programme_of(row).title}"
        yield Entry(row.enrolled_at, "enrolment", f"enrolled {row.id:020}", title, lines, "blue")


def moves(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    before, after, mover = aliased(Organisation), aliased(Organisation), aliased(Account)
    query = (
        sa.select(EnrolmentMove, before.name, after.name, mover.name)
        .outerjoin(before, before.id == EnrolmentMove.from_school_id)
        .outerjoin(after, after.id == EnrolmentMove.to_school_id)
        .outerjoin(mover, mover.id == EnrolmentMove.moved_by)
        .where(EnrolmentMove.enrolment_id.in_(of.enrolment_ids))
    )
    for row, came, went, by in session.execute(newest(query, EnrolmentMove.moved_at, until, limit)):
        lines = tuple(part for part in (f"{came or '无学校'} → {went or '无学校'}", row.reason) if part)
        yield Entry(row.moved_at, "enrolment", f"move {row.id:020}", "调动学校", lines, "blue", by=by or "")


def hours_asked(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    query = _corrections(of, HourCorrection.asked_by)
    for row, lesson, name in session.execute(newest(query, HourCorrection.asked_at, until, limit)):
        lines = (f"{lesson} {told_span(row.first, row.last)}", row.reason)
        yield Entry(row.asked_at, "correction", f"asked {row.id:020}", "申请学时更正", lines, "yellow", by=name or "")


def hours_decided(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    query = _corrections(of, HourCorrection.decided_by).where(HourCorrection.state != ASKED)
    for row, lesson, name in session.execute(newest(query, HourCorrection.decided_at, until, limit)):
        approved = row.state == "approved"
        new = f"，新计入 {told(row.credited)}" if approved else ""
        lines = (f"{lesson} {told_span(row.first, row.last)}{new}", row.decided_note)
        yield Entry(
            row.decided_at, "correction", f"decided {row.id:020}", f"学时更正{STATES[row.state]}", lines,
            "green" if approved else "red", by=name or "",
        )  # fmt: skip


def _corrections(of: Subject, who: InstrumentedAttribute[Any]) -> Any:
    return (
        sa.select(HourCorrection, Lesson.title, Account.name)
        .join(Lesson, Lesson.id == HourCorrection.lesson_id)
        .outerjoin(Account, Account.id == who)
        .where(HourCorrection.enrolment_id.in_(of.enrolment_ids))
    )


def reports(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    query = sa.select(ProfileCorrection).where(ProfileCorrection.account_id == of.account.id)
    for row in session.scalars(newest(query, ProfileCorrection.created_at, until, limit)):
        title = f"报告“{FIELDS.get(row.field, row.field)}”有误"
        yield Entry(row.created_at, "correction", f"report {row.id:020}", title, (), "yellow")


def reports_decided(session: Session, of: Subject, until: datetime | None, limit: int) -> Iterator[Entry]:
    query = (
        sa.select(ProfileCorrection, Account.name)
        .outerjoin(Account, Account.id == ProfileCorrection.decided_by)
        .where(ProfileCorrection.account_id == of.account.id, ProfileCorrection.status != OPEN)
    )
    for row, name in session.execute(newest(query, ProfileCorrection.decided_at, until, limit)):
        if row.decided_at is not None:
            title = f"“{FIELDS.get(row.field, row.field)}”{REPORT_STATES.get(row.status, row.status)}"
            lines = (row.decided_note,) if row.decided_note else ()
            yield Entry(row.decided_at, "correction", f"settled {row.id:020}", title, lines, "blue", by=name or "")


SOURCES: dict[Kind, tuple[Source, ...]] = {
    "sign_in": (sign_ins,),
    "study": (studies,),
    "password": (bindings, resets),
    "money": (payments, papers),
    "correction": (hours_asked, hours_decided, reports, reports_decided),
    "enrolment": (enrolled, moves, enrolment_acts),
}
