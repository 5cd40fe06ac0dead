"""Reports of wrong personal data (信息更正), decided once by whoever watches over the teacher: carried out, or refused with a note."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, ProfileCorrection
from programmes.calendar import study_closes_at
from services import accounts, id_numbers, notices, people, programmes
from services.authority import scope
from services.authority.appointments import require_below
from services.authority.principals import Principal
from services.enrolling import moves, quotas
from services.enrolling.enrolments import WITHDRAWN
from services.errors import Conflict, Invalid
from services.passwords import LAST_SIX
from services.profiles import mask_mobile
from services.rosters.rows import read_mobile, read_name, read_stage, read_subject
from services.tables.cells import masked
from services.vault import Vault, VaultError

OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"
STATES = {OPEN: "待处理", ACCEPTED: "已更正", REFUSED: "未更正"}
FIELDS = {
    "name": "姓名",
    "id_number": "证件号码",
    "mobile": "手机号",
    "school": "学校",
    "stage": "学段",
    "subject": "学科",
    "other": "其他",
}
#: Shown masked, and in clear only when asked for (which is written down). "other" is free text: its numbers are masked.
NUMBERS = ("id_number", "mobile")


class NumberTaken(Conflict):
    """这个证件号码已属于另一个账号，没有做任何改动。请核对号码；确属同一人有两个账号的，请联系平台运维处理。"""

    code = "number_taken"


class ReportDecided(Conflict):
    """这条信息更正已有人处理，请刷新页面查看结果。"""

    code = "report_decided"


class ReportUnreadable(Conflict):
    """教师所报的内容已损坏，读不出来，没有做任何改动。请选“不更改”，并请教师重新报告。"""

    code = "report_unreadable"


def reported(vault: Vault, report: ProfileCorrection, *, clear: bool = False) -> str:
    """What the field should say, as staff may see it; numbers in clear only with `clear`.

    Raises ReportUnreadable with `clear`; without, a damaged one is said to be so and hides no others.
    """
    if clear:
        try:
            return vault.open(report.should_be_envelope, report.account_id)
        except VaultError as damaged:
            raise ReportUnreadable from damaged
    masks: dict[str, Callable[[str], str]] = {
        "id_number": lambda text: id_numbers.mask(id_numbers.normalise(text)),
        "mobile": mask_mobile,
    }
    return people.masked(vault, report.should_be_envelope, report.account_id, masks.get(report.field, masked))


def now_says(session: Session, vault: Vault, account: Account, field: str) -> str:
    """What we hold now, numbers masked; "" for nothing, and for what is no field of ours."""
    if field == "id_number":
        return people.masked(vault, account.id_envelope, account.id, id_numbers.mask)
    if field == "mobile":
        mobile = account.mobile_envelope
        return people.masked(vault, mobile, account.id, mask_mobile) if mobile else ""
    if field == "school":
        school = session.get(Organisation, account.school_id) if account.school_id else None
        return school.name if school else ""
    return {"name": account.name, "stage": account.stage, "subject": account.subject}.get(field) or ""


def first_password_follows(account: Account) -> bool:
    """Whether the password is the last six of the ID number, whatever that is: it changes with it (services.passwords.Passwords.check)."""
    return account.must_change_password and account.password_hash is None and account.first_password == LAST_SIX


def refuse(
    session: Session, principal: Principal, report_id: int, note: str, now: datetime
) -> tuple[ProfileCorrection, bool]:
    """Leave the data as they are; also whether this call decided it. Raises NotFound, NotAllowed, Invalid, ReportDecided."""
    report, account = _open(session, principal, report_id)
    if report.status == REFUSED:
        return report, False
    return _decided(session, principal, report, account, REFUSED, _note(note, required=True), now), True


def accept(
    session: Session,
    vault: Vault,
    principal: Principal,
    report_id: int,
    *,
    note: str,
    school: str = "",
    now: datetime,
) -> tuple[ProfileCorrection, bool]:
    """Carry the change out; also whether this call did. `school`: name or code of the new school, where it is about that.

    What the teacher wrote is checked as a roster's cell is. Raises NotFound (also for a school that is not within reach), NotAllowed,
    Invalid, NumberTaken, QuotaMissing, QuotaFull, ReportDecided, ReportUnreadable.
    """
    found = scope.get(session, principal, ProfileCorrection, report_id)
    shown = _note(note, required=found.field == "other")
    places = (
        _lock_places(session, principal, found) if found.field == "school" else []
    )  # before the account, as moves do
    report, account = _open(session, principal, report_id)
    if report.status == ACCEPTED:
        return report, False
    if report.field == "school":
        _to_school(session, principal, account, _school(session, principal, school), places, now)
    elif report.field != "other":
        _change(session, vault, account, report.field, reported(vault, report, clear=True), now)
    return _decided(session, principal, report, account, ACCEPTED, shown, now), True


def _open(session: Session, principal: Principal, report_id: int) -> tuple[ProfileCorrection, Account]:
    """The report and its account, locked: of two who decide, one comes second. The caller looks whether it was decided as they wish."""
    principal.require("profile")
    report = scope.get(session, principal, ProfileCorrection, report_id)
    require_below(session, principal, report.account_id)
    account = accounts.lock(session, report.account_id)
    session.refresh(report)
    return report, account


def _decided(
    session: Session,
    principal: Principal,
    report: ProfileCorrection,
    account: Account,
    status: str,
    note: str,
    now: datetime,
) -> ProfileCorrection:
    if report.status != OPEN:
        raise ReportDecided
    report.status, report.decided_note = status, note
    report.decided_by, report.decided_at = principal.account_id, now
    what = FIELDS.get(report.field, report.field)
    by = f"处理：{principal.title}{principal.name}。"
    said = f"说明：{note[:150]}。" if note else ""
    if status == ACCEPTED:
        text = f"您报告的“{what}”有误已处理。{said}{by}"
        if report.field == "id_number":
            text += "今后请用新的证件号码登录。"
            if first_password_follows(account):
                text += "您的初始密码也变成新号码的后六位。"
        notices.tell(session, account.id, "profile_corrected", text, now)
    else:
        notices.tell(session, account.id, "profile_refused", f"您报告的“{what}”没有更改。{said}{by}", now)
    session.flush()
    return report


def _note(note: str, *, required: bool) -> str:
    shown = masked(note.strip())
    if required and not shown:
        raise Invalid.field("note", "请填写处理说明，教师会看到")
    if len(shown) > 300:
        raise Invalid.field("note", "处理说明请在 300 字以内")
    return shown


def _change(session: Session, vault: Vault, account: Account, field: str, text: str, now: datetime) -> None:
    for column, value in _columns(vault, account, field, text.strip(), now).items():
        setattr(account, column, value)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else was given the number since we looked
        raise NumberTaken from error


def _columns(vault: Vault, account: Account, field: str, text: str, now: datetime) -> dict[str, Any]:
    if field == "id_number":
        number = id_numbers.parse(text, now.date())
        return {
            "id_kind": number.kind,
            "id_index": vault.index(number),
            "id_envelope": vault.seal(number.number, account.id),
        }
    if field == "mobile":
        return accounts.mobile_columns(vault, read_mobile(text), account.id)
    read = {"name": read_name, "stage": read_stage, "subject": read_subject}[field]
    value = read(text)
    if not value:
        raise Invalid.field(field, "教师没有写明应改成什么，请驳回并说明")
    return {field: value}


def _school(session: Session, principal: Principal, text: str) -> Organisation:
    wanted = text.strip()
    query = sa.select(Organisation).where(
        Organisation.kind == "school", sa.or_(Organisation.code == wanted, Organisation.name == wanted)
    )
    found = session.scalars(scope.scope(query, principal).limit(2)).all()
    if len(found) > 1:
        raise Invalid.field("school", "有几所学校叫这个名称，请改填学校代码")
    if not found:
        raise Invalid.field("school", "您管理的范围内没有这所学校；调往范围以外的，请由上级单位处理")
    return found[0]


def _lock_places(session: Session, principal: Principal, report: ProfileCorrection) -> list[int]:
    """The ids of the enrolments that will move along, with the places (名额) of their programmes locked, always in the same order."""
    query = sa.select(Enrolment).where(Enrolment.account_id == report.account_id, Enrolment.status != WITHDRAWN)
    rows = session.scalars(scope.scope(query, principal).order_by(Enrolment.id)).all()
    for slug in sorted(
        {row.programme.slug for row in rows if programmes.get(session, row.programme_id).enrolment.quota}
    ):
        quotas.lock(session, slug)
    return [row.id for row in rows]


def _to_school(
    session: Session, principal: Principal, account: Account, school: Organisation, places: list[int], now: datetime
) -> None:
    """The account moves, and its enrolments where study is not over; the others stay where they were paid for."""
    if account.school_id == school.id:
        raise Invalid.field("school", "教师已经在这所学校")
    for enrolment_id in places:
        enrolment = session.get_one(Enrolment, enrolment_id)
        if study_closes_at(programmes.get(session, enrolment.programme_id), now) is not None:
            moves.move(session, enrolment, school.id, now, reason="信息更正", moved_by=principal.account_id)
    account.school_id = school.id
