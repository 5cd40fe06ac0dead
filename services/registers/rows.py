"""What the rows of a form are about (报表的一行): learners, schools, remittances and contacts, read in the order of the file.

Learners come from one streamed query, so that a province's worth needs no more memory than a school's; nothing else may be asked of the
session meanwhile, and what their columns need besides is read before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

import programmes
from models import Account, Enrolment, Organisation, Paper, Programme, Remittance, Result
from programmes.arrangements import Form, Track
from services import programmes as published
from services import standings
from services.authority import scope
from services.districts import Place, every_place
from services.fees import bills as fee_bills
from services.fees import reconciling
from services.fees.reconciling import Reconciled
from services.marks.staff import ACTIVE
from services.registers import school_contacts
from services.registers.school_contacts import Contact

#: Rows of a streamed query that are fetched at a time.
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Project:
    """One version of the programme, as its columns need it. year: in which studying begins. relief: a leader may pass with less."""

    title: str
    year: int
    hours_required: float
    relief: bool
    tracks: dict[str, Track]
    per_head_fen: int | None


@dataclass(frozen=True, slots=True)
class Learner:
    """One enrolment that was not withdrawn, with its result."""

    about: str
    account_id: int
    project: Project
    place: Place | None
    name: str
    stage: str
    subject: str
    id_envelope: bytes
    mobile_envelope: bytes | None
    #: 报名项目 and 承担机构; "" where the programme has no tracks.
    track: str
    operator: str
    exempt: bool
    score: float
    passed: bool
    hours_credited: float
    hours_counted: float
    credits: float | None
    certificate_number: str
    leads: bool

    @property
    def relieved(self) -> bool:
        """A workshop leader who passed by fewer hours than are required of others."""
        return self.passed and self.leads and self.project.relief


@dataclass(frozen=True, slots=True)
class AtSchool:
    """A school with its learners, its bills that are not void, and who speaks for it. stage: "" where all stages count."""

    about: str
    project: Project
    place: Place
    stage: str
    headcount: int
    bills: tuple[Reconciled, ...]
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Remitted:
    """One remittance; of which bill, nobody may know. Its contact is the bill's handler."""

    about: str
    project: Project
    remittance: Remittance
    place: Place | None
    bill: Reconciled | None
    contact: Contact | None

    @property
    def headcount(self) -> int | None:
        return self.bill.bill.headcount if self.bill else None


Row = Learner | AtSchool | Remitted


def of_form(session: Session, slug: str, form: Form, organisation_id: int = 0) -> Iterator[Row]:
    """The rows of a form, by school; remittances by their date. Of the schools below the organisation, where one is given: remittances
    of which nobody knows the bill are then left out."""
    if form.rows == "learners":
        yield from _learners(session, slug, form, organisation_id)
        return
    by_stage = any(column.field == "stage" for column in form.columns)
    schools = set(session.scalars(scope.at_or_below(organisation_id))) if organisation_id else None
    for row in (
        _remittances(session, slug) if form.rows == "remittances" else _schools(session, slug, by_stage=by_stage)
    ):
        if schools is None or _school_of(row) in schools:
            yield row


def _school_of(row: "AtSchool | Remitted") -> int | None:
    if isinstance(row, Remitted):
        return row.bill.bill.school_id if row.bill else None
    return int(row.about.partition("/")[0])


def count(session: Session, slug: str, form: Form, organisation_id: int = 0) -> int:
    """At most how many learners there will be, for saying how far it is; 0 of other rows, which are few."""
    if form.rows != "learners":
        return 0
    query = sa.select(sa.func.count(Enrolment.id)).join(Programme, Programme.id == Enrolment.programme_id)
    return session.scalar(query.where(Programme.slug == slug, *_there(organisation_id))) or 0


def _there(organisation_id: int) -> list[sa.ColumnElement[bool]]:
    return [Enrolment.school_id.in_(scope.at_or_below(organisation_id))] if organisation_id else []


def _learners(session: Session, slug: str, form: Form, organisation_id: int) -> Iterator[Learner]:
    projects = {row.id: project(published.get(session, row.id)) for row in _versions(session, slug)}
    places = every_place(session)
    leading = {account for _, account in standings.leaders(session, {slug})}
    kind = certificate(published.get(session, published.latest(session, slug).id))
    query = (
        sa.select(
            Enrolment.id,
            Enrolment.account_id,
            Enrolment.programme_id,
            Enrolment.school_id,
            Enrolment.track,
            Enrolment.status,
            Account.name,
            Account.stage,
            Account.subject,
            Account.id_envelope,
            Account.mobile_envelope,
            Result.score,
            Result.passed,
            Result.hours_credited,
            Result.hours_counted,
            Result.credits,
            Paper.number,
        )
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Account, Account.id == Enrolment.account_id)
        .join(Result, Result.enrolment_id == Enrolment.id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .outerjoin(
            Paper,
            sa.and_(
                Paper.account_id == Enrolment.account_id,
                Paper.programme_slug == slug,
                Paper.kind == kind,
                Paper.revoked_at.is_(None),
            ),
        )
        .where(Programme.slug == slug, Enrolment.status != "withdrawn", *_only(form), *_there(organisation_id))
        .order_by(Organisation.code, Enrolment.id)
    )
    for row in session.execute(query, execution_options={"yield_per": CHUNK}):
        its = projects[row.programme_id]
        track = its.tracks.get(row.track)
        learner = Learner(
            about=str(row.id),
            account_id=row.account_id,
            project=its,
            place=places.get(row.school_id or 0),
            name=row.name,
            stage=row.stage or "",
            subject=row.subject or "",
            id_envelope=row.id_envelope,
            mobile_envelope=row.mobile_envelope,
            track=track.title if track else "",
            operator=track.operator if track else "",
            exempt=row.status != ACTIVE,
            score=row.score,
            passed=row.passed,
            hours_credited=row.hours_credited,
            hours_counted=row.hours_counted,
            credits=row.credits,
            certificate_number=row.number or "",
            leads=row.account_id in leading,
        )
        if not (form.only == "below_hours" and learner.relieved):
            yield learner


def _only(form: Form) -> list[sa.ColumnElement[bool]]:
    """Whom the form lists. Who is exempt neither passed nor failed, and owes no hours."""
    if form.only == "all":
        return []
    below = form.only == "below_hours"
    listed = Result.hours_counted < form.hours if below else Result.passed.is_(form.only == "passed")
    return [Enrolment.status == ACTIVE, listed]


def _schools(session: Session, slug: str, *, by_stage: bool) -> Iterator[AtSchool]:
    """Schools with learners, and those with a bill or a contact though they have none now."""
    its, places = project(published.get(session, published.latest(session, slug).id)), every_place(session)
    contacts = school_contacts.of_programme(session, slug)
    bills: dict[int, list[Reconciled]] = {}
    for reconciled in reconciling.reconcile(session, slug)[0]:
        bills.setdefault(reconciled.bill.school_id, []).append(reconciled)
    counted = _headcounts(session, slug, by_stage=by_stage)
    for school_id in bills.keys() | contacts.keys() if not by_stage else ():
        counted.setdefault((school_id, ""), 0)
    for school_id, stage in sorted(counted, key=lambda key: (places[key[0]].code, key)):
        yield AtSchool(
            about=f"{school_id}/{stage}" if by_stage else str(school_id),
            project=its,
            place=places[school_id],
            stage=stage,
            headcount=counted[school_id, stage],
            bills=tuple(bills.get(school_id, ())),
            contact=contacts.get(school_id),
        )


def _headcounts(session: Session, slug: str, *, by_stage: bool) -> dict[tuple[int, str], int]:
    """Whom schools count and pay for (services.standings.headcount), by school and stage."""
    stage = sa.func.coalesce(Account.stage, "") if by_stage else sa.literal("")
    query = (
        sa.select(Enrolment.school_id, stage, sa.func.count(sa.distinct(Enrolment.account_id)))
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Account, Account.id == Enrolment.account_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE, Enrolment.school_id.is_not(None))
        .group_by(Enrolment.school_id, *([Account.stage] if by_stage else []))
    )
    counted: dict[tuple[int, str], int] = {}
    for school_id, its_stage, number in session.execute(query):
        counted[school_id or 0, its_stage] = counted.get((school_id or 0, its_stage), 0) + number
    return counted


def _remittances(session: Session, slug: str) -> Iterator[Remitted]:
    its, places = project(published.get(session, published.latest(session, slug).id)), every_place(session)
    bills = {reconciled.bill.id: reconciled for reconciled in reconciling.reconcile(session, slug)[0]}
    query = sa.select(Remittance).where(Remittance.programme_slug == slug)
    for remittance in session.scalars(query.order_by(Remittance.paid_on, Remittance.id)):
        bill = bills.get(remittance.bill_id or 0)
        yield Remitted(
            about=str(remittance.id),
            project=its,
            remittance=remittance,
            place=places.get(bill.bill.school_id) if bill else None,
            bill=bill,
            contact=school_contacts.of_bill(bill.bill) if bill else None,
        )


def project(programme: programmes.Programme) -> Project:
    zone = programme.zone
    per_head = programme.fee.per_head
    return Project(
        title=programme.title,
        year=min(phase.opens.begin(zone) for phase in programme.calendar.phases if phase.study).year,
        hours_required=programme.hours_required,
        relief=bool(programme.reliefs),
        tracks={track.key: track for track in programme.enrolment.tracks},
        per_head_fen=None if per_head is None else fee_bills.fen(per_head),
    )


def certificate(programme: programmes.Programme) -> str:
    """The paper whose number a register asks for: the learner's first that is no honour; "" where there is none."""
    return next((paper.key for paper in programme.papers if paper.role == "teacher" and paper.honour is None), "")


def _versions(session: Session, slug: str) -> list[Programme]:
    return [row for row in published.every(session) if row.slug == slug]
