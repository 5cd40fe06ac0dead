"""What a person may see at all: every query of staff passes `scope`, and what lies outside of it is not found (404).

An administrator reaches the organisations below the own one, the teachers who work there and what is theirs; a workshop leader the
learners of the own workshops; an operator everything.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    Account,
    Achievement,
    Appointment,
    AuditEntry,
    Bill,
    Bulletin,
    DailyTally,
    Enrolment,
    EnrolmentMove,
    HourCorrection,
    LeaderAchievement,
    Organisation,
    Paper,
    ProfileCorrection,
    Quota,
    RefreshToken,
    RegisterExport,
    Result,
    RosterImport,
    Sample,
    SampleEntry,
    SchoolContact,
    SchoolTally,
    SignInRecord,
    StaffSession,
    StudySession,
    WechatBinding,
    Workshop,
)
from models.base import Base
from services.authority.principals import Principal
from services.errors import NotFound

Found = TypeVar("Found", bound=Base)
Query = TypeVar("Query", bound=sa.Select[*tuple[Any, ...]])

#: Keys are 64-bit; a larger number is nobody's.
GREATEST_ID = 2**63 - 1
#: Of so many organisations a query names each: the database then knows how many rows are theirs, and reads those by their index. Of the
#: recursive query it takes that for half of all there are, and reads everything. A county has a few hundred schools, a city thousands.
FEW_UNITS = 500

#: Where a row belongs: the organisation in this column, …
_UNIT: dict[type[Base], InstrumentedAttribute[Any]] = {
    Organisation: Organisation.id,
    Appointment: Appointment.organisation_id,
    Account: Account.school_id,
    Enrolment: Enrolment.school_id,
    Bill: Bill.school_id,
    Quota: Quota.organisation_id,
    SchoolContact: SchoolContact.school_id,
    SchoolTally: SchoolTally.school_id,
    DailyTally: DailyTally.school_id,
    Bulletin: Bulletin.organisation_id,
    RegisterExport: RegisterExport.organisation_id,
    RosterImport: RosterImport.organisation_id,
    Sample: Sample.organisation_id,
    AuditEntry: AuditEntry.organisation_id,
}
#: … or the enrolment, account or workshop in this one.
_OWNER: dict[type[Base], InstrumentedAttribute[Any]] = {
    Achievement: Achievement.enrolment_id,
    EnrolmentMove: EnrolmentMove.enrolment_id,
    HourCorrection: HourCorrection.enrolment_id,
    LeaderAchievement: LeaderAchievement.workshop_id,
    Paper: Paper.account_id,
    Result: Result.enrolment_id,
    SampleEntry: SampleEntry.enrolment_id,
    StudySession: StudySession.enrolment_id,
    ProfileCorrection: ProfileCorrection.account_id,
    RefreshToken: RefreshToken.account_id,
    SignInRecord: SignInRecord.account_id,
    StaffSession: StaffSession.account_id,
    WechatBinding: WechatBinding.account_id,
}
_OWNERS: dict[str, type[Enrolment | Account | Workshop]] = {
    "enrolment_id": Enrolment,
    "account_id": Account,
    "workshop_id": Workshop,
}


def scope(query: Query, principal: Principal) -> Query:
    """`query`, narrowed to what the person reaches: by the first of its entities that belongs to somebody.

    Raises LookupError where none does: such a query must not be asked for staff.
    """
    for described in query.column_descriptions:
        entity = described.get("entity")
        if isinstance(entity, type) and (reached := within(entity, principal)) is not None:
            return query.where(reached)
    raise LookupError("no entity of this query is known to services.authority.scope")


def get(session: Session, principal: Principal, entity: type[Found], key: int) -> Found:
    """The one with this id, if the person reaches it. Raises NotFound."""
    if not 0 < key <= GREATEST_ID:
        raise NotFound
    if entity not in _UNIT or principal.leads:
        one = sa.select(entity).where(sa.inspect(entity).primary_key[0] == key)
        found = session.scalar(scope(one, principal))
    else:
        found = session.get(entity, key)
        if found is not None and not reaches(session, principal, getattr(found, _UNIT[entity].key)):
            raise NotFound
    if found is None:
        raise NotFound
    return found


def reaches(session: Session, principal: Principal, organisation_id: int | None) -> bool:
    """Whether the organisation is the own one or lies below it: the same as `units`, by walking up, which is some rows where `units` may
    be thousands."""
    if principal.units is not None and organisation_id in principal.units:
        return True
    above, seen = organisation_id, set[int]()
    while above is not None and above != principal.organisation_id and above not in seen:
        seen.add(above)
        unit = session.get(Organisation, above)
        above = unit.parent_id if unit is not None else None
    return principal.everywhere or (above is not None and above == principal.organisation_id)


def with_units(session: Session, principal: Principal) -> Principal:
    """The same person, with the ids of the units within reach where they are few: for as long as one request."""
    if principal.organisation_id is None:
        return principal
    found = gathered(session, principal.organisation_id)
    return principal if isinstance(found, sa.Select) else replace(principal, units=frozenset(found))


def above(session: Session, principal: Principal) -> list[int]:
    """The ids of the own organisation and all above it, for what is published to those below."""
    ids: list[int] = []
    unit = session.get(Organisation, principal.organisation_id) if principal.organisation_id else None
    while unit is not None and unit.id not in ids:
        ids.append(unit.id)
        unit = session.get(Organisation, unit.parent_id) if unit.parent_id else None
    return ids


def units(principal: Principal) -> Collection[int] | sa.Select[int]:
    """The ids of the own organisation and all below it, for `in_`; for somebody with an organisation."""
    return at_or_below(principal.organisation_id) if principal.units is None else principal.units


def unit_ids(session: Session, principal: Principal) -> frozenset[int]:
    """All of them, asked for where nobody did."""
    if principal.units is not None:
        return principal.units
    return frozenset(session.scalars(at_or_below(principal.organisation_id)))


def gathered(session: Session, organisation_id: int) -> Collection[int] | sa.Select[int]:
    """The ids of this organisation and all below it, for `in_`: themselves where they are few, else the query."""
    query = at_or_below(organisation_id)
    found = session.scalars(query.limit(FEW_UNITS + 1)).all()
    return found if len(found) <= FEW_UNITS else query


def at_or_below(organisation_id: int | None) -> sa.Select[int]:
    """The ids of this organisation and all below it."""
    below = sa.select(Organisation.id).where(Organisation.id == organisation_id).cte(recursive=True)
    child = sa.orm.aliased(Organisation)
    below = below.union(sa.select(child.id).join(below, child.parent_id == below.c.id))  # UNION: a circle ends
    return sa.select(below.c.id)


def within(entity: type[Any], principal: Principal) -> sa.ColumnElement[bool] | None:
    """The condition on rows of `entity`; None where it belongs to nobody."""
    if entity in _OWNER:
        owner = _OWNERS[_OWNER[entity].key]
        condition = within(owner, principal)
        if condition is None or principal.everywhere:
            return condition
        theirs = _OWNER[entity].in_(sa.select(owner.id).where(condition))
        if entity is Paper:  # where the teacher learned, too: a seconded one's own school may lie elsewhere
            enrolled = within(Enrolment, principal)
            if enrolled is not None:
                return sa.or_(theirs, Paper.enrolment_id.in_(sa.select(Enrolment.id).where(enrolled)))
        return theirs
    if entity is not Workshop and entity not in _UNIT:
        return None
    if principal.everywhere:
        return sa.true()
    return _led(entity, principal) if principal.leads else _below(entity, principal)


def _led(entity: type[Any], principal: Principal) -> sa.ColumnElement[bool]:
    """A leader reaches the own workshops, their learners, the learners' accounts, and no organisation."""
    own = Workshop.leader_id == principal.account_id
    learners = Enrolment.workshop_id.in_(sa.select(Workshop.id).where(own))
    if entity is Account:
        return Account.id.in_(sa.select(Enrolment.account_id).where(learners))
    return {Workshop: own, Enrolment: learners}.get(entity, sa.false())


def _below(entity: type[Any], principal: Principal) -> sa.ColumnElement[bool]:
    """What lies below the own organisation; workshops with a learner, or led by a teacher, who works there."""
    if entity is not Workshop:
        return _UNIT[entity].in_(units(principal))
    return sa.or_(
        Workshop.id.in_(sa.select(Enrolment.workshop_id).where(Enrolment.school_id.in_(units(principal)))),
        Workshop.leader_id.in_(sa.select(Account.id).where(Account.school_id.in_(units(principal)))),
    )
