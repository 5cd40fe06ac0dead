"""Is the caller who they say (核对身份)? The questions of the programme: what the caller answers is typed in, and the system says for each
whether it is so; the right answer is never shown. All must be right.

Name, school, stage and subject stand on the pages that the agent looks at, and every colleague knows them: they find the person, they
prove nothing. What proves is PRIVATE_QUESTIONS, which no page of the desk shows; without one of those nobody can be known by telephone.

Who watches over the person at their school may instead have seen the document. A voice on the telephone shows none, so the hotline
must ask. Wrong answers are counted from the audit log: after WRONG_TRIES of them, by whomever, nobody can answer for this person for
a while, however many agents are called.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Enrolment, Organisation
from programmes.schema import IDENTITY_QUESTIONS, PRIVATE_QUESTIONS, IdentityQuestion, SignIn
from services import audit, programmes
from services.authority.principals import NotAllowed, Principal
from services.collaborators import Collaborators
from services.errors import Conflict, Invalid, Locked
from services.rosters.rows import same_name
from services.vault import Vault, VaultError

#: So many wrong tries within the span close a person for the span: three leave room for a slip of the tongue, and a guesser who is right
#: once in a hundred needs a day and a half of calls.
WRONG_TRIES = 3
SPAN = timedelta(hours=1)
#: Fewer questions than this are no check.
LEAST_QUESTIONS = 3
LONGEST_ANSWER = 64

TITLES: dict[str, str] = {
    "name": "姓名",
    "school": "所在学校",
    "stage_subject": "任教学段和学科",
    "mobile_last_four": "预留手机号的末四位",
    "birth_date": "出生日期（8 位数字，如 19800215）",
}
QUESTIONS: tuple[IdentityQuestion, ...] = get_args(IdentityQuestion)
IN_PERSON, BY_QUESTIONS, ON_SERVER = "in_person", "questions", "server"
_ACTION = "check_identity"
#: What is part of every school's name says nothing.
_ANY_SCHOOL = frozenset({"小学", "中学", "学校", "高中", "初中", "幼儿园", "一小", "一中", "第一", "实验", "中心"})


class MustAsk(NotAllowed):
    """热线客服必须核对提问，不能当面核对证件。"""

    code = "must_ask"


class AskedTooOften(Locked):
    """此人的核对问题一小时内答错三次，暂时不能电话核对。请本人联系学校管理员当面核对证件。"""

    code = "asked_too_often"


class TooLittleKnown(Conflict):
    """系统里此人的资料太少，不能用提问核对身份。请本人联系学校管理员当面核对证件。"""

    code = "too_little_known"


@dataclass(frozen=True)
class Given:
    """What staff say of the caller: having seen the document, or the answers by question, as they were given."""

    in_person: bool = False
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Checked:
    """`how` the identity was checked. `matches`: question → whether the answer is right; empty in person."""

    how: str
    matches: Mapping[str, bool] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(self.matches.values())


@dataclass(frozen=True)
class Asking:
    """What this member of staff may check of this person now."""

    questions: tuple[str, ...]
    may_vouch: bool
    closed_until: datetime | None

    @property
    def can_ask(self) -> bool:
        return self.closed_until is None and enough(self.questions)


def asking(session: Session, vault: Vault, principal: Principal, account: Account, now: datetime) -> Asking:
    until = closed_until(session, account.id, now)
    return Asking(questions_for(session, vault, account), may_vouch(principal), until)


def may_vouch(principal: Principal) -> bool:
    """Whether this person meets those they watch over: whoever looks after a school's people, as the hotline does not."""
    return principal.may("bulk_reset")


def rule_of(session: Session, account_id: int) -> SignIn | None:
    """How people sign in by the newest programme that the person takes part in; None without any."""
    query = (
        sa.select(Enrolment.programme_id)
        .where(Enrolment.account_id == account_id, Enrolment.status != "withdrawn")
        .order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())
    )
    newest = session.scalar(query.limit(1))
    return programmes.get(session, newest).sign_in if newest is not None else None


def questions_for(session: Session, vault: Vault, account: Account) -> tuple[str, ...]:
    """The programme's questions, as far as the system knows the answers."""
    rule = rule_of(session, account.id)
    known = _answers(session, vault, account)
    asked = dict.fromkeys(rule.identity_questions if rule else IDENTITY_QUESTIONS)
    return tuple(question for question in asked if question in known)


def enough(questions: tuple[str, ...]) -> bool:
    """Whether these can tell the teacher from a colleague: one of them at least is what a colleague does not know."""
    return len(questions) >= LEAST_QUESTIONS and not PRIVATE_QUESTIONS.isdisjoint(questions)


def closed_until(session: Session, account_id: int, now: datetime) -> datetime | None:
    """When questions may be answered for this person again; None: now."""
    query = (
        sa.select(AuditEntry.at)
        .where(
            AuditEntry.target_kind == "account",
            AuditEntry.target_id == str(account_id),
            AuditEntry.action == _ACTION,
            AuditEntry.result == "failed",
            AuditEntry.at > now - 2 * SPAN,
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.serial.desc())
        .limit(WRONG_TRIES)
    )
    tries = session.scalars(query).all()
    if len(tries) < WRONG_TRIES or tries[0] - tries[-1] > SPAN or now >= tries[0] + SPAN:
        return None
    return tries[0] + SPAN


def check(
    session: Session, using: Collaborators, by: audit.By, account: Account, given: Given, now: datetime
) -> Checked:
    """Whether the caller is this person; `account` is locked by the caller, so that tries are counted one after another.

    A wrong try is written to the audit log here: commit it and change nothing. Raises MustAsk, AskedTooOften, TooLittleKnown, and Invalid
    for answers that are missing, which is no try.
    """
    if by.principal is None:
        return Checked(ON_SERVER)
    if given.in_person:
        if not may_vouch(by.principal):
            raise MustAsk
        return Checked(IN_PERSON)
    until = closed_until(session, account.id, now)
    if until is not None:
        raise AskedTooOften(retry_after=math.ceil((until - now).total_seconds()))
    questions = questions_for(session, using.vault, account)
    if not enough(questions):
        raise TooLittleKnown
    _require_all(questions, given.answers)
    right = _answers(session, using.vault, account)
    checked = Checked(
        BY_QUESTIONS, {question: right[question](given.answers[question][:LONGEST_ANSWER]) for question in questions}
    )
    if not checked.passed:
        audit.record(
            session,
            using.vault,
            by,
            _ACTION,
            now,
            target=("account", account.id),
            organisation_id=account.school_id,
            result="failed",
            matches=dict(checked.matches),
        )
    return checked


def _require_all(questions: tuple[str, ...], answers: Mapping[str, str]) -> None:
    missing = [question for question in questions if not answers.get(question, "").strip()]
    if missing:
        raise Invalid(
            "请逐项询问来电人并填写回答，不知道的填“不知道”。",
            errors=[{"field": f"answer_{question}", "reason": "请填写来电人的回答"} for question in missing],
        )


def _answers(session: Session, vault: Vault, account: Account) -> dict[str, Callable[[str], bool]]:
    """Question → whether an answer is right, for what is known of the person."""
    tests: dict[str, Callable[[str], bool]] = {"name": lambda said: same_name(said, account.name)}
    school = session.get(Organisation, account.school_id) if account.school_id is not None else None
    if school is not None:
        tests["school"] = lambda said: is_school(said, school.name)
    if account.stage and account.subject:
        teaches = account.stage, account.subject
        tests["stage_subject"] = lambda said: is_teaching(said, *teaches)
    mobile = _opened(vault, account.mobile_envelope, account.id)
    if mobile:
        tests["mobile_last_four"] = lambda said: _digits(said) == mobile[-4:]
    number = _opened(vault, account.id_envelope, account.id)
    if len(number) == 18:  # a passport says nothing of the birthday
        tests["birth_date"] = lambda said: birth_digits(said) == number[6:14]
    return tests


def _opened(vault: Vault, envelope: bytes | None, account_id: int) -> str:
    """ "" for what is not there, or was damaged: then it cannot be asked for."""
    try:
        return vault.open(envelope, account_id) if envelope else ""
    except VaultError:
        return ""


def is_school(said: str, name: str) -> bool:
    """Whether `said` is the school, or enough of its name: 许昌实验小学 for 许昌市许昌实验小学."""
    said, name = _plain(said), _plain(name)
    return said == name or (len(said) >= 3 and said in name and said not in _ANY_SCHOOL)


def is_teaching(said: str, stage: str, subject: str) -> bool:
    """Whether both are named, and little else: not a list of all there are."""
    said = _plain(said)
    return _plain(stage) in said and _plain(subject) in said and len(said) <= len(stage) + len(subject) + 4


def birth_digits(said: str) -> str:
    """19800215, 1980-2-15 and 1980年2月15日 as 19800215."""
    plain = unicodedata.normalize("NFKC", said)
    parts = re.fullmatch(r"\D*([0-9]{4})\D+([0-9]{1,2})\D+([0-9]{1,2})\D*", plain)
    return f"{parts[1]}{int(parts[2]):02d}{int(parts[3]):02d}" if parts else _digits(said)


def _digits(said: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", said))


def _plain(text: str) -> str:
    return re.sub(r"[\s、，,/·()（）-]+", "", unicodedata.normalize("NFKC", text)).casefold()
