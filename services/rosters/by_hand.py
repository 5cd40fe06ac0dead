"""One person enrolled by hand (个别报名): a roster of one row, so that every rule of rosters holds."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Organisation, Programme
from services import audit, programmes
from services.authority.roles import SCHOOL_ADMIN
from services.enrolling import enrolments
from services.errors import Conflict, Invalid, NotFound
from services.passwords import Passwords
from services.rosters import check as roster_check
from services.rosters import intake
from services.rosters.plan import Options
from services.tables.spreadsheets import MAX_CELL, Row, Table, clean
from services.vault import Vault

TITLES = {
    "name": "姓名",
    "id_number": "身份证号",
    "mobile": "手机号",
    "school": "学校",
    "stage": "学段",
    "subject": "学科",
}


class EnrolledAlready(Conflict):
    """此人已经报名本项目，没有做任何改动。"""

    code = "enrolled_already"


@dataclass(frozen=True)
class Typed:
    """What the person typed. `school`: a name or a code; "" for the own school of a school's administrator."""

    name: str
    id_number: str = field(repr=False)
    mobile: str = field(default="", repr=False)
    school: str = ""
    stage: str = ""
    subject: str = ""
    late: str = ""


@dataclass(frozen=True)
class Added:
    """`password`: a random first one, to be shown once. `known`: there was an account already."""

    enrolment_id: int
    name: str
    known: bool
    password: str | None = field(repr=False)


def add(
    session: Session, vault: Vault, passwords: Passwords, by: audit.By, slug: str, typed: Typed, now: datetime
) -> Added:
    """Enrol this person, with a new account if need be. Raises Invalid (`errors` by field), EnrolledAlready, NotFound, RosterClosed,
    RosterChanged."""
    if by.principal is None:
        raise NotFound
    row = session.get_one(Programme, programmes.latest(session, slug).id)
    notice = programmes.get(session, row.id)
    own = session.get(Organisation, by.principal.organisation_id) if by.principal.organisation_id else None
    code = own.code if own is not None and by.principal.role.key == SCHOOL_ADMIN else ""
    plan = roster_check.check(
        session,
        vault,
        _table(session, typed),
        programme=row,
        options=Options(school_code=code, late=typed.late, by=by.principal),
        now=now.astimezone(notice.zone),
    )
    if plan.errors:
        fields = {title: key for key, title in TITLES.items()} | {"学校代码": "school"}
        raise Invalid(errors=[{"field": fields.get(one.column, "name"), "reason": one.reason} for one in plan.errors])
    (planned,) = plan.planned
    if planned.enrolled is not None:
        raise EnrolledAlready(
            "此人已退出本项目，请在报名里找到此人并恢复，没有做任何改动。" if planned.withdrawn else None
        )
    rule = notice.sign_in.first_password
    first = passwords.first_password(rule.rule, rule.shared)
    made = intake.apply(session, vault, passwords, plan, programme_id=row.id, first_password=first, now=now)
    account = session.scalars(sa.select(Account).where(Account.id_index == planned.id_index)).one()
    enrolment = enrolments.in_programme(session, account.id, slug)
    if enrolment is None:
        raise NotFound
    audit.record(
        session,
        vault,
        by,
        "enrolment",
        now,
        target=("enrolment", enrolment.id),
        organisation_id=enrolment.school_id,
        did="added",
        programme=slug,
        new_account=planned.account_id is None,
    )
    return Added(enrolment.id, account.name, planned.account_id is not None, made[0].password if made else None)


def _table(session: Session, typed: Typed) -> Table:
    cells = {key: clean(getattr(typed, key)[:MAX_CELL]) for key in TITLES}
    titles = dict(TITLES)
    code = sa.select(sa.exists().where(Organisation.code == cells["school"]))
    if cells["school"] and session.scalar(code):
        titles["school"] = "学校代码"
    return Table([Row(1, list(titles.values())), Row(2, list(cells.values()))])
