"""Exemption (免修) by a certificate that the notice knows. Nothing earned is ever deleted, so that it can be undone."""

import re
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Enrolment
from services import accounts, id_numbers, programmes
from services.enrolling.enrolments import ACTIVE, EXEMPT, WITHDRAWN, Withdrawn
from services.errors import Conflict, Invalid

_NUMBER = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
EARLIEST = date(1980, 1, 1)


class NoExemption(Conflict):
    """本项目没有免修的规定。"""

    code = "no_exemption"


def exempt(session: Session, enrolment: Enrolment, *, kind: str, number: str, issued: date, now: datetime) -> str:
    """Exempt the enrolment by the certificate of this kind, number and date; returns what the score card then says. Another replaces it.

    Raises NoExemption, Withdrawn, Invalid (the kind, the number, the date).
    """
    notice = programmes.get(session, enrolment.programme_id)
    kinds = {known.key: known.title for known in notice.enrolment.exemptions}
    if not kinds:
        raise NoExemption(f"“{notice.title}”的通知没有免修的规定。")
    if kind not in kinds:
        told = "、".join(f"{key}（{title}）" for key, title in kinds.items())
        raise Invalid.field("kind", f"没有这种免修，通知规定的是 {told}")
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise Invalid.field("number", "请填写证书编号，64 个字以内")
    if _is_id_number(number):
        raise Invalid.field("number", "这是证件号码，请填写证书的编号")
    if not EARLIEST <= issued <= now.astimezone(notice.zone).date():
        raise Invalid.field("issued", "证书日期不正确，请核对")
    accounts.lock(session, enrolment.account_id)
    session.refresh(enrolment)
    if enrolment.status == WITHDRAWN:
        raise Withdrawn("已退出的教师不能办理免修，请先恢复报名。")
    certificate = f"，证书 {number}，{issued.isoformat()}"
    enrolment.exemption = kinds[kind][: 200 - len(certificate)] + certificate
    enrolment.status = EXEMPT
    session.flush()
    return enrolment.exemption


def undo(session: Session, enrolment: Enrolment) -> bool:
    """The teacher takes part again, with all that was earned; False where there was no exemption."""
    accounts.lock(session, enrolment.account_id)
    session.refresh(enrolment)
    if enrolment.status != EXEMPT:
        return False
    enrolment.status, enrolment.exemption = ACTIVE, ""
    session.flush()
    return True


def _is_id_number(text: str) -> bool:
    """Of eighteen characters and right: a certificate's own number may well look like a passport's."""
    try:
        return len(id_numbers.normalise(text)) == 18 and bool(id_numbers.parse(text))
    except Invalid:
        return False
