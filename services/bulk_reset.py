"""Bulk reset (批量重置): new first passwords for the teachers of a school who never signed in, such as when the slips were lost.

Nobody of them has a log-in to end. Staff are left out: their passwords are reset one by one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Appointment, AuditEntry, Enrolment, Organisation
from services import audit, id_numbers, notices, once, programmes
from services.authority import scope
from services.authority.principals import Principal
from services.collaborators import Collaborators
from services.errors import Conflict, NotFound, TooMany
from services.password_reset import require_staff, told
from services.passwords import RANDOM, FirstPassword, random_password
from services.people import masked
from services.vault import Vault
from services.work import UnitOfWork

#: People at once: a page of slips that one prints.
MOST = 500
#: Runs a day for one school: the slips were lost, and lost again. More would make yesterday's slips wrong all the time.
MOST_A_DAY = 3
DAY = timedelta(days=1)
#: Schools to choose from at once.
SCHOOLS = 50
#: Leaders are teachers too; whoever has another role is staff, whether appointed or not.
TEACHERS = ("teacher", "workshop_leader")
_AT_RANDOM = (RANDOM, "")
_RANDOM = FirstPassword(RANDOM)


class TooManyRuns(TooMany):
    """这所学校今天的批量重置已达上限，请明天再试。"""

    code = "too_many_bulk_resets"


class ResetMeanwhile(Conflict):
    """打开这个页面之后，这所学校已经批量重置过一次，再做会让刚发的密码条作废，所以没有做任何改动。确实要再做的，请重新打开页面。"""

    code = "reset_meanwhile"


class NobodyWaits(Conflict):
    """没有从未登录的教师，没有做任何改动。"""

    code = "nobody_waits"


@dataclass(frozen=True)
class Waiting:
    """Teachers of the school who never signed in: how many, and up to MOST of them by id, after the one asked for."""

    school: Organisation
    total: int
    listed: Sequence[tuple[int, str, str]]
    #: After whom the next page begins; None where there is none.
    after: int | None


@dataclass(frozen=True)
class Slip:
    """What one teacher is given. `rule`: how the first password is made; `password` only where it is random."""

    name: str
    id_number_masked: str
    rule: str
    password: str | None = field(default=None, repr=False)


def waiting(session: Session, vault: Vault, principal: Principal, school_id: int, after: int = 0) -> Waiting:
    """Raises NotFound, also for what is no school."""
    place = school(session, principal, school_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(_never(place.id).subquery())) or 0
    rows = session.scalars(_never(place.id).where(Account.id > after).order_by(Account.id).limit(MOST + 1)).all()
    listed = [(row.id, row.name, masked(vault, row.id_envelope, row.id, id_numbers.mask)) for row in rows[:MOST]]
    return Waiting(place, total, listed, rows[MOST - 1].id if len(rows) > MOST else None)


def schools(session: Session, principal: Principal, name: str) -> list[Organisation]:
    """Schools within reach with this in their name, at most SCHOOLS of them."""
    query = scope.scope(sa.select(Organisation), principal).where(Organisation.kind == "school")
    if name:
        query = query.where(Organisation.name.contains(name[:100], autoescape=True))
    return list(session.scalars(query.order_by(Organisation.name, Organisation.id).limit(SCHOOLS)))


def run(
    work: UnitOfWork,
    using: Collaborators,
    by: audit.By,
    school_id: int,
    by_rule: bool,
    after: int,
    form: str,
    now: datetime,
) -> list[Slip]:
    """Reset those that `waiting` lists. Who signs in meanwhile keeps the password.

    `by_rule`: each by the rule of the newest programme that they take part in; random where it says so, or they take part in none.
    Raises NotFound, TooManyRuns, ResetMeanwhile (somebody else did, since the form was shown), NobodyWaits, UsedAlready, FormExpired,
    TryAgain.
    """
    who = require_staff(by)
    who.require("bulk_reset")
    with work(read_only=True) as session:
        school(session, who, school_id)
        _require_within_limit(session, school_id, now)
        rules = _rules(session, school_id) if by_rule else {}
    # Slow, so not while rows are locked; one hash for each programme, not for each teacher.
    made = {rule: using.passwords.first_password(*rule) for rule in set(rules.values())}
    with work(read_only=False) as session:
        session.get(
            Organisation, school_id, with_for_update={"key_share": True}, populate_existing=True
        )  # one run after another
        _require_within_limit(session, school_id, now)
        once.use_form(session, form, who.account_id, now)
        query = _never(school_id).where(Account.id > after).order_by(Account.id).limit(MOST)
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        people = session.scalars(query).all()
        if not people:
            raise NobodyWaits
        _refuse_meanwhile(session, school_id, {account.id for account in people}, once.shown_at(form))
        slips = [_reset(using, account, made.get(rules.get(account.id, _AT_RANDOM), _RANDOM)) for account in people]
        sentence = told(who, "重置", now)
        for account in people:
            notices.tell(session, account.id, "password_reset", sentence, now)
        audit.record(
            session,
            using.vault,
            by,
            "bulk_reset",
            now,
            target=("organisation", school_id),
            organisation_id=school_id,
            password="rule" if by_rule else "random",
            count=len(people),
            accounts=[account.id for account in people],
        )
        return slips


def _reset(using: Collaborators, account: Account, first: FirstPassword) -> Slip:
    random = random_password() if first.rule == RANDOM else None
    account.password_hash = using.passwords.digest(random, account.id, using.vault) if random else first.shared_hash
    account.first_password = first.rule
    account.password_changed_at = None
    account.must_change_password = True
    account.failed_logins, account.locked_until = 0, None
    return Slip(account.name, masked(using.vault, account.id_envelope, account.id, id_numbers.mask), first.rule, random)


def school(session: Session, principal: Principal, school_id: int) -> Organisation:
    """Raises NotFound, also for what is no school."""
    found = scope.get(session, principal, Organisation, school_id)
    if found.kind != "school":
        raise NotFound
    return found


def _never(school_id: int) -> sa.Select[Account]:
    """Teachers of the school who never signed in, anywhere: neither staff nor whoever chose a password."""
    staff = sa.exists().where(Appointment.account_id == Account.id, Appointment.ended_at.is_(None))
    return sa.select(Account).where(
        Account.school_id == school_id,
        Account.last_login_at.is_(None),
        Account.must_change_password.is_(True),
        Account.role.in_(TEACHERS),
        ~staff,
    )


def _rules(session: Session, school_id: int) -> dict[int, tuple[str, str]]:
    """How the newest programme of each of them makes first passwords."""
    query = (
        sa.select(Enrolment.account_id, Enrolment.programme_id)
        .where(Enrolment.account_id.in_(_never(school_id).with_only_columns(Account.id)))
        .where(Enrolment.status != "withdrawn")
        .order_by(Enrolment.enrolled_at, Enrolment.id)
    )
    newest = {row.account_id: row.programme_id for row in session.execute(query)}
    firsts = {one: programmes.get(session, one).sign_in.first_password for one in set(newest.values())}
    return {account_id: (firsts[one].rule, firsts[one].shared) for account_id, one in newest.items()}


def _require_within_limit(session: Session, school_id: int, now: datetime) -> None:
    runs = _runs(session, school_id, now - DAY)
    if len(runs) == MOST_A_DAY:
        raise TooManyRuns(retry_after=max(1, math.ceil((runs[-1].at + DAY - now).total_seconds())))


def _refuse_meanwhile(session: Session, school_id: int, people: set[int], shown: datetime) -> None:
    """Two who run it at once, each from a page of their own: the slips of the first must not be worthless when they are printed."""
    runs = _runs(session, school_id, shown + timedelta(seconds=1))  # a form knows the second, no more
    if any(not people.isdisjoint(run.detail["accounts"]) for run in runs):
        raise ResetMeanwhile


def _runs(session: Session, school_id: int, since: datetime) -> Sequence[AuditEntry]:
    """The newest runs for the school, MOST_A_DAY at most."""
    query = (
        sa.select(AuditEntry)
        .where(
            AuditEntry.organisation_id == school_id,
            AuditEntry.action == "bulk_reset",
            AuditEntry.result == "done",
            AuditEntry.at > since,
        )
        .order_by(AuditEntry.at.desc())
        .limit(MOST_A_DAY)
    )
    return session.scalars(query).all()
