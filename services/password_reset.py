"""A password that was forgotten (忘记密码): staff set it back to a first one, and every log-in of the account ends.

The programme's rule makes the first password (last six of the ID number, one for all), or it is a random one, shown once and kept
nowhere. Nobody resets a person out of reach, of the own rank or a higher one (services.people.target); the caller is known by the
programme's questions (services.identity_check); the teacher is told by whom it was done.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AuditEntry, WechatBinding
from services import accounts, audit, identity_check, notices, once, people, refresh_tokens, staff_sessions
from services.authority import scope
from services.authority.principals import Principal
from services.authority.roles import HOTLINE, SCHOOL_ADMIN
from services.collaborators import Collaborators
from services.errors import TooMany
from services.identity_check import Checked, Given
from services.passwords import RANDOM, FirstPassword, random_password
from services.work import UnitOfWork

#: Resets in an hour. A call with its questions takes two minutes, so an agent comes to 30; at a school the teachers of one staff room
#: come at once. More is a stolen session, or work for the bulk reset.
MOST_AN_HOUR = {HOTLINE: 30, SCHOOL_ADMIN: 60}
MOST_OF_OTHERS = 60
HOUR = timedelta(hours=1)
_CHINA = ZoneInfo("Asia/Shanghai")


class TooManyResets(TooMany):
    """您一小时内重置的密码已达上限，请稍后再试。"""

    code = "too_many_resets"


@dataclass(frozen=True)
class Wish:
    """What is to be done. `by_rule`: the first password as the programme makes it, else a random one. `form`: its id (services.once)."""

    by_rule: bool
    keep_wechat: bool
    given: Given
    form: str


@dataclass(frozen=True)
class Outcome:
    """Nothing was changed where `checked` did not pass. `password`: a random one, to be shown once; `rule`: how it was made."""

    checked: Checked
    name: str = ""
    rule: str = ""
    password: str | None = field(default=None, repr=False)


def reset(work: UnitOfWork, using: Collaborators, by: audit.By, account_id: int, wish: Wish, now: datetime) -> Outcome:
    """Reset for a caller, by a member of staff.

    Raises NotFound, NotAllowed, TooManyResets, UsedAlready, FormExpired, what identity_check.check does, TryAgain.
    """
    who = require_staff(by)
    with work(read_only=True) as session:
        scope.get(session, who, Account, account_id)
        rule, shared = first_rule(session, account_id) if wish.by_rule else (RANDOM, "")
    first = using.passwords.first_password(rule, shared)  # may be slow: not while rows are locked
    with work(read_only=False) as session:
        accounts.lock(session, who.account_id)  # so that what an agent does at once is counted one after another
        account = people.target(session, who, account_id)
        require_within_limit(session, who, now)
        once.use_form(session, wish.form, who.account_id, now)
        checked = identity_check.check(session, using, by, account, wish.given, now)
        if not checked.passed:
            return Outcome(checked)
        password = to_first(session, using, account, first, now, keep_wechat=wish.keep_wechat)
        notices.tell(session, account.id, "password_reset", told(who, "重置", now), now)
        using.store.release(account.id)  # before the commit: with Redis away nothing has changed
        _record(session, using, by, account, first.rule, checked, wish.keep_wechat, now)
        return Outcome(checked, account.name, first.rule, password)


def reset_on_server(session: Session, using: Collaborators, account_id: int, now: datetime) -> str:
    """The new random password of a person whom whoever runs the server knows; WeChat stays bound. Raises NotFound."""
    account = accounts.lock(session, account_id)
    password = to_first(session, using, account, FirstPassword(RANDOM), now, keep_wechat=True)
    notices.tell(session, account.id, "password_reset", told(None, "重置", now), now)
    using.store.release(account.id)
    checked = Checked(identity_check.ON_SERVER)
    _record(session, using, audit.By(None), account, RANDOM, checked, True, now)
    return password or ""


def to_first(
    session: Session, using: Collaborators, account: Account, first: FirstPassword, now: datetime, *, keep_wechat: bool
) -> str | None:
    """Give the locked account this first password, to be changed at the next log-in; lift its lock, end its log-ins, all but the study
    lease. Returns the password where it is random."""
    random = random_password() if first.rule == RANDOM else None
    account.password_hash = using.passwords.digest(random, account.id, using.vault) if random else first.shared_hash
    account.first_password = first.rule
    account.password_changed_at = None
    account.must_change_password = True
    account.failed_logins, account.locked_until = 0, None
    account.token_version += 1
    refresh_tokens.revoke_all(session, account.id, now)
    staff_sessions.end_all(session, account.id, now)
    if not keep_wechat:
        session.execute(sa.delete(WechatBinding).where(WechatBinding.account_id == account.id))
    session.flush()
    return random


def told(who: Principal | None, what: str, now: datetime, of: str = "密码") -> str:
    """The sentence that the teacher reads: 您的密码于…由…重置。"""
    whom = f"{who.name}（{who.role.title}）" if who else "平台运维人员"
    moment = now.astimezone(_CHINA)
    when = f"{moment.year} 年 {moment.month} 月 {moment.day} 日 {moment:%H:%M}"
    return f"您的{of}于 {when} 由{whom}{what}。如不是您本人要求，请联系学校管理员。"


def require_staff(by: audit.By) -> Principal:
    if by.principal is None:
        raise ValueError("a member of staff is needed here")
    return by.principal


def require_within_limit(session: Session, who: Principal, now: datetime) -> None:
    """Raises TooManyResets, with when it goes on."""
    most = MOST_AN_HOUR.get(who.role.key, MOST_OF_OTHERS)
    if audit.count_since(session, who.account_id, "reset_password", now - HOUR) < most:
        return
    query = (
        sa.select(AuditEntry.at)
        .where(
            AuditEntry.actor_id == who.account_id, AuditEntry.action == "reset_password", AuditEntry.result == "done"
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.serial.desc())
        .offset(most - 1)
        .limit(1)
    )
    free_at = session.scalars(query).one() + HOUR
    raise TooManyResets(
        f"您一小时内已重置 {most} 人的密码，达到上限，请在 {free_at.astimezone(_CHINA):%H:%M} 之后再试。",
        retry_after=max(1, math.ceil((free_at - now).total_seconds())),
    )


def first_rule(session: Session, account_id: int) -> tuple[str, str]:
    """How the programme makes the person's first password, and the one for all where it is that; random for who takes part in none."""
    rule = identity_check.rule_of(session, account_id)
    return (rule.first_password.rule, rule.first_password.shared) if rule else (RANDOM, "")


def _record(
    session: Session,
    using: Collaborators,
    by: audit.By,
    account: Account,
    rule: str,
    checked: Checked,
    keep_wechat: bool,
    now: datetime,
) -> None:
    audit.record(
        session,
        using.vault,
        by,
        "reset_password",
        now,
        target=("account", account.id),
        organisation_id=account.school_id,
        password=rule,
        identity=checked.how,
        questions=list(checked.matches),
        wechat="kept" if keep_wechat else "removed",
    )
