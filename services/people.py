"""Finding a teacher at the desk (查询教师): by exact ID number or mobile, or by how the name begins; only within one's reach.

Numbers are shown masked, of a mobile nothing but its first three digits: the last four are one of the questions by which a caller is
known (services.identity_check). Whoever is out of reach is not found, as if there were no such person.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Organisation, WechatBinding
from programmes.card import ScoreCard
from services import accounts, id_numbers, progress
from services.authority import appointments, principals, scope
from services.authority.principals import NotAllowed, Principal
from services.errors import Invalid
from services.id_numbers import IdNumber
from services.rosters.rows import read_mobile, read_name
from services.vault import Vault, VaultError

#: How many are shown of those whose name begins so.
SHOWN = 20
#: Of whatever is typed.
LONGEST = 64
ID_NUMBER, MOBILE, NAME, UNREADABLE = "id_number", "mobile", "name", "unreadable"
#: What stands in place of a number whose envelope was damaged.
DAMAGED = "（资料损坏）"


@dataclass(frozen=True)
class Person:
    account_id: int
    name: str
    role: str
    id_number_masked: str
    mobile_masked: str | None
    school_id: int | None
    school: str | None
    stage: str | None
    subject: str | None
    last_login_at: datetime | None
    locked_until: datetime | None
    #: How the first password was made that still stands; None where the person chose one.
    first_password: str | None


@dataclass(frozen=True)
class Found:
    """`kind`: what was looked for. `hint`: why nothing can be found by this text. `more`: than are listed."""

    kind: str
    people: Sequence[Person] = ()
    more: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Asked:
    """A text that was typed, as one of the kinds that can be looked for."""

    kind: str
    #: A name, or a mobile.
    text: str = field(default="", repr=False)
    number: IdNumber | None = None
    hint: str = ""


@dataclass(frozen=True)
class Card:
    """One person as the desk sees them. `untouchable`: why this member of staff may change nothing; "" where they may."""

    person: Person
    roles: Sequence[str]
    enrolments: Sequence[tuple[int, str, ScoreCard]]
    wechat_bound: bool
    failed_logins: int
    must_confirm_profile: bool
    untouchable: str


def understand(text: str) -> Asked:
    """What the text asks for. Full-width digits, spaces and hyphens are as good as none."""
    if len(text) > LONGEST or any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in text):
        return Asked(UNREADABLE, hint="输入的内容太长，或有不能识别的字符。请输入姓名、完整的手机号或证件号码。")
    number = id_numbers.normalise(text)
    if any(character.isdigit() for character in number):
        return _numbered(number)
    try:
        name = read_name(" ".join(text.split()))
    except Invalid:
        return Asked(UNREADABLE, hint="请输入姓名、完整的手机号或证件号码。")
    if len(name) < 2:
        return Asked(UNREADABLE, hint="请至少输入姓名的前两个字。")
    return Asked(NAME, name)


def _numbered(number: str) -> Asked:
    try:
        mobile = read_mobile(number)
    except Invalid:
        try:
            return Asked(ID_NUMBER, number=id_numbers.parse(number))
        except Invalid as wrong:
            return Asked(UNREADABLE, hint=f"{wrong.detail}；手机号应为 11 位")
    return Asked(MOBILE, mobile)


def find(session: Session, vault: Vault, principal: Principal, asked: Asked, school: str, now: datetime) -> Found:
    """Who matches within reach, at most SHOWN of them; those called exactly so come first. `school`: a part of its name, or "".

    Raises NotAllowed.
    """
    principal.require("people")
    if asked.kind == UNREADABLE:
        return Found(UNREADABLE, hint=asked.hint)
    query = scope.scope(
        sa.select(Account, Organisation.name).outerjoin(Organisation, Organisation.id == Account.school_id), principal
    )
    if asked.kind == NAME:
        rows = _named(session, _at_school(query, school), asked.text)
    else:
        wanted = (
            Account.id_index == vault.index(asked.number)
            if asked.number is not None
            else Account.mobile_index == vault.fingerprint("mobile", asked.text)
        )
        rows = list(session.execute(query.where(wanted).limit(SHOWN + 1)))
    people = [_person(vault, account, name, now) for account, name in rows[:SHOWN]]
    return Found(asked.kind, people, more=len(rows) > SHOWN)


def _at_school(query: sa.Select[Account, str], school: str) -> sa.Select[Account, str]:
    school = "".join(unicodedata.normalize("NFKC", school[:LONGEST]).split()).replace("\0", "")
    return query.where(Organisation.name.contains(school, autoescape=True)) if school else query


def _named(session: Session, query: sa.Select[Account, str], name: str) -> list[sa.Row[Account, str]]:
    """Not sorted by the database: of very many who are called so it need not look at more than it returns."""
    exact = session.execute(query.where(Account.name == name).limit(SHOWN + 1)).all()
    longer = query.where(Account.name.like(f"{_escaped(name)}%", escape="/"), Account.name != name)
    rest = session.execute(longer.limit(SHOWN + 1 - len(exact))).all() if len(exact) <= SHOWN else []
    return [*_sorted(exact), *_sorted(rest)]


def _sorted(rows: Iterable[sa.Row[Account, str]]) -> list[sa.Row[Account, str]]:
    return sorted(rows, key=lambda row: (row[0].name, row[1] or "", row[0].id))


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def card(session: Session, vault: Vault, principal: Principal, account_id: int, now: datetime) -> Card:
    """Raises NotFound."""
    account = scope.get(session, principal, Account, account_id)
    school = session.get(Organisation, account.school_id) if account.school_id is not None else None
    return Card(
        person=_person(vault, account, school.name if school else None, now),
        roles=[held.title for held in principals.of_account(session, account)],
        enrolments=[(row.id, row.status, one) for row, one in progress.overview(session, account.id, now)],
        wechat_bound=session.get(WechatBinding, account.id) is not None,
        failed_logins=account.failed_logins,
        must_confirm_profile=account.must_confirm_profile,
        untouchable=_untouchable(session, principal, account.id),
    )


def reach(session: Session, principal: Principal, account_id: int) -> Account:
    """The account, if this person may change its sign-in. Raises NotFound, NotAllowed."""
    account = scope.get(session, principal, Account, account_id)
    principal.require("reset")
    appointments.require_whole(session, principal, account_id)
    return account


def target(session: Session, principal: Principal, account_id: int) -> Account:
    """The same, locked."""
    reach(session, principal, account_id)
    return accounts.lock(session, account_id)


def _untouchable(session: Session, principal: Principal, account_id: int) -> str:
    if not principal.may("reset"):
        return NotAllowed().detail
    return appointments.why_not(session, principal, account_id, appointments.require_whole)


def _person(vault: Vault, account: Account, school: str | None, now: datetime) -> Person:
    locked = account.locked_until
    return Person(
        account_id=account.id,
        name=account.name,
        role=account.role,
        id_number_masked=masked(vault, account.id_envelope, account.id, id_numbers.mask),
        mobile_masked=masked(vault, account.mobile_envelope, account.id, _mask_mobile)
        if account.mobile_envelope
        else None,
        school_id=account.school_id,
        school=school,
        stage=account.stage,
        subject=account.subject,
        last_login_at=account.last_login_at,
        locked_until=locked if locked is not None and locked > now else None,
        first_password=account.first_password if account.must_change_password else None,
    )


def masked(vault: Vault, envelope: bytes, account_id: int, mask: Callable[[str], str]) -> str:
    """What `mask` shows of a sealed number; one damaged row must not hide all others."""
    try:
        return mask(vault.open(envelope, account_id))
    except VaultError:
        return DAMAGED


def _mask_mobile(mobile: str) -> str:
    return mobile[:3] + "*" * (len(mobile) - 3)
