"""What test_reach asks with: two provinces alike with one of everything, somebody of each role in the first, every view of the console."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from console import access, static_files
from console.access import TOKEN
from models import (
    Account,
    Achievement,
    Appointment,
    Bill,
    Bulletin,
    Enrolment,
    HourCorrection,
    Organisation,
    Paper,
    ProfileCorrection,
    Programme,
    RegisterExport,
    Remittance,
    RosterImport,
    Sample,
    StudySession,
    Upload,
    Workshop,
)
from server import create_app
from server.database import db, make_engine
from server.settings import Settings
from services import staff_sessions
from services.authority.roles import ROLES
from services.vault import Vault
from tests import factories, teachers
from tests.conftest import FakeClock
from tests.programmes.notices import PHASE2

NOW = datetime(2022, 8, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SLUG = "xuchang-2022-phase2"
#: Which level of the tree each role is appointed at; None: nowhere.
AT = {
    "workshop_leader": None,
    "school_admin": "school",
    "collector": "county",
    "hotline": "county",
    "county_admin": "county",
    "city_admin": "city",
    "province_admin": "province",
    "operator": None,
}
#: Path parameters that name nobody's object.
WORDS = {
    "slug": SLUG,
    "form_key": "progress",
    "day": "2022-07-31",
    "part": "summary",
    "kind": "roster",
    "_unknown": "no/such/page",
}
#: What a platform operator, whom nothing is foreign to, asks for in vain.
MISSING = {"upload_code": "x" * 24, "session_id": "0" * 32, "job_id": "0" * 32, "lesson_id": 987654321}
NOBODYS = 987654321987
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
#: Views that name objects in their query: what it holds, of `objects`.
ASKED_WITH: dict[str, dict[str, str]] = {
    "console.hours.new": {"enrolment": "enrolment_id"},
}
#: Fields of forms that name an object (…_id): to which view the form is sent, and what else it holds.
FIELDS: dict[str, tuple[str, dict[str, str]]] = {
    "appointment_id": ("console.me.act_as", {}),
    "bill_id": ("console.remittances.assign", {"was": "{bill_id}"}),
    "organisation_id": ("console.bulletins.issue", {"slug": "{slug}", "day": "{day}", "title": "通报"}),
    "workshop_id": ("console.enrolments.workshop", {}),
}
#: Fields of this name that hold no object's id → why, or where it is tried.
FIELDS_OTHERWISE = {
    "form_id": "it says which form was sent (services.once)",
    "export_id": "it goes with a file: tests.console.test_registers",
}
#: What a word of the address is, where it is another one than usual.
OTHER_WORDS: dict[str, dict[str, Any]] = {"console.timeline.answer": {"kind": "minutes"}}
#: What a certificate and a bulletin say.
SAYS = {
    "kind": "completion", "title": "证书", "heading": "证书", "name": "林知远", "body": "完成培训。", "closing": "特发此证。",
    "programme": "虚构项目", "version": 1, "issuer": "虚构教育局",
}  # fmt: skip
FIGURES = {
    "programme": "虚构项目", "unit": "虚构市", "issuer": "虚构教育局", "counted_at": "2022-07-31T16:00:00Z", "rows": [], "formulas": [],
    "total": [0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0],
}  # fmt: skip


@dataclass(frozen=True)
class Units:
    province: Organisation
    city: Organisation
    county: Organisation
    school: Organisation


@dataclass(frozen=True)
class Visit:
    """One view by one method, as one role asks for it."""

    endpoint: str
    method: str
    names: frozenset[str]

    @property
    def needs(self) -> frozenset[str]:
        """The parameters that name somebody's object."""
        return frozenset({*self.names, *ASKED_WITH.get(self.endpoint, {}).values()}) - WORDS.keys()


@dataclass(frozen=True)
class World:
    app: Flask
    engine: sa.Engine
    own: dict[str, Any]
    foreign: dict[str, Any]
    #: Of each role: somebody signed in.
    clients: dict[str, FlaskClient]
    visits: list[Visit]

    def ask(self, role: str, visit: Visit, values: dict[str, Any]) -> Any:
        words = dict(OTHER_WORDS.get(visit.endpoint, {}))
        if visit.endpoint.startswith("console.staff."):
            words["account_id"] = values["holder_id"]  # pages of those who hold a role
        query = {name: values[of] for name, of in ASKED_WITH.get(visit.endpoint, {}).items()}
        with self.app.test_request_context():
            path = url_for(visit.endpoint, **{name: words.get(name, values[name]) for name in visit.names}, **query)
        return self.clients[role].open(path, method=visit.method, data={} if visit.method in UNSAFE else None)

    def send(self, role: str, field: str, value: Any) -> Any:
        """The form with this field, filled in with `value`, about what is the role's own."""
        endpoint, more = FIELDS[field]
        visit = next(one for one in self.visits if (one.endpoint, one.method) == (endpoint, "POST"))
        data = {name: text.format(**self.own) for name, text in more.items()} | {field: value}
        with self.app.test_request_context():
            path = url_for(endpoint, **{name: self.own[name] for name in visit.names})
        return self.clients[role].post(path, data=data)

    def roles(self, field: str) -> list[str]:
        """Those to whom the form is open and something is foreign."""
        visit = next(one for one in self.visits if one.endpoint == FIELDS[field][0])
        mark = self.mark(visit)
        return [
            key
            for key, role in ROLES.items()
            if key != "operator" and (mark == (access.ANY_STAFF,) or role.may & set(mark))
        ]

    def mark(self, visit: Visit) -> tuple[str, ...]:
        with self.app.app_context():
            return access.mark_of(visit.endpoint)


def units(session: Session, name: str) -> Units:
    """From a province down to a school; `name` is the county's, as the notice calls it."""
    made: list[Organisation] = []
    for kind in ("province", "city", "county", "school"):
        parent = made[-1].id if made else None
        made.append(
            factories.school(session, kind=kind, name=name if kind == "county" else f"{name}{kind}", parent_id=parent)
        )
    return Units(*made)


def objects(
    session: Session, at: Units, leader: Account, programme: Programme, vault: Vault, tag: str
) -> dict[str, Any]:
    """By the name of a path parameter: one such object that belongs to the school, or to who leads its workshop."""

    def add(row: Any) -> Any:
        session.add(row)
        session.flush()
        return row

    teacher = factories.account(session, school_id=at.school.id)
    holder = factories.account(session, role="staff")
    for one in (teacher, holder):
        one.id_envelope = vault.seal(factories.person().id_number, one.id)
    workshop = add(Workshop(programme_slug=SLUG, code=tag, title="虚构工作坊", leader_id=leader.id))
    enrolment: Enrolment = factories.enrolment(session, teacher, programme, workshop_id=workshop.id)
    lesson = factories.lesson(session, factories.course(session, programme))
    upload = add(
        Upload(
            code=tag * 24,
            kind="roster",
            name="名单.xlsx",
            digest="0" * 64,
            size=1,
            uploaded_by=leader.id,
            uploaded_at=NOW,
            expires_at=NOW + DAY,
        )
    )
    bill = add(
        Bill(
            programme_slug=SLUG,
            school_id=at.school.id,
            serial=1,
            headcount=1,
            per_head_fen=100,
            amount_fen=100,
            collector="counties",
            handler="林知远",
            contact_envelope=b"",
            issued_at=NOW,
        )
    )
    bill.contact_envelope = vault.seal("19900000000", bill.id)
    day = NOW.date()
    by = {"programme_slug": SLUG, "organisation_id": at.school.id}
    made = {
        "bill_id": bill,
        "remittance_id": Remittance(
            programme_slug=SLUG,
            reference=tag,
            payer="虚构学校",
            amount_fen=100,
            paid_on=day,
            bill_id=bill.id,
            recorded_at=NOW,
        ),
        "workshop_id": workshop,
        "enrolment_id": enrolment,
        "lesson_id": lesson,
        "account_id": teacher,
        "organisation_id": at.school,
        "correction_id": HourCorrection(
            enrolment_id=enrolment.id,
            lesson_id=lesson.id,
            first=0,
            last=9,
            reason="r",
            evidence="e",
            asked_by=leader.id,
            asked_at=NOW,
        ),
        "report_id": ProfileCorrection(
            account_id=teacher.id,
            field="name",
            should_be_envelope=vault.seal("林知远", teacher.id),
            note="",
            created_at=NOW,
        ),
        "import_id": RosterImport(
            **by, upload_id=upload.id, file_name="名单.xlsx", imported_by=leader.id, imported_at=NOW
        ),
        "paper_id": Paper(
            account_id=teacher.id,
            enrolment_id=enrolment.id,
            programme_slug=SLUG,
            kind="certificate",
            number=tag,
            code=tag,
            says=SAYS,
            issued_at=NOW,
        ),
        "sample_id": Sample(**by, **sample_columns()),
        "export_id": RegisterExport(
            **by, form="progress", serial=1, rows=0, digest="0" * 64, made_at=NOW, made_by="林知远"
        ),
        "bulletin_id": Bulletin(**by, title="通报", day=day, figures=FIGURES, issued_by=leader.id, issued_at=NOW),
        "appointment_id": Appointment(
            account_id=holder.id,
            role="school_admin",
            organisation_id=at.school.id,
            appointed_at=NOW,
        ),
        "achievement_id": Achievement(
            enrolment_id=enrolment.id, part="summary", at=NOW, title="故事", text="文章", entered_at=NOW
        ),
        "session_id": StudySession(
            id=tag * 32,
            account_id=teacher.id,
            enrolment_id=enrolment.id,
            lesson_id=lesson.id,
            device="phone",
            address_masked="",
            opened_at=NOW,
        ),
    }
    session.add_all(made.values())
    session.flush()
    return (
        {"holder_id": holder.id}
        | {name: row.id for name, row in made.items()}
        | {"upload_code": upload.code, "job_id": tag * 32}
        | WORDS
    )


def sample_columns() -> dict[str, Any]:
    given = {"programme_slug", "organisation_id", "id"}
    values: dict[str, Any] = {}
    for column in Sample.__table__.columns:
        if column.name in given or column.nullable or column.default is not None:
            continue
        kind = column.type.python_type if not isinstance(column.type, sa.types.TypeDecorator) else datetime
        values[column.name] = {datetime: NOW, int: 1, float: 0.1, str: "x"}.get(kind, "x")
    return values


def visits_of(app: Flask) -> list[Visit]:
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint not in static_files.ENDPOINTS:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found.add(Visit(rule.endpoint, method, names_of(rule)))
    return sorted(found, key=lambda visit: (visit.endpoint, visit.method, sorted(visit.names)))


def names_of(rule: Rule) -> frozenset[str]:
    return frozenset(rule.arguments) - set(rule.defaults or ())


@contextmanager
def built(folder: Path, redis_url: str, empty: Path) -> Iterator[World]:
    """In `folder`, from the file of an `empty` database."""
    path = folder / "reach.db"
    shutil.copy(empty, path)
    settings = Settings(
        database_url=f"sqlite:///{path}",
        redis_url=redis_url,
        token_key=b"a test key that signs the tokens",
        id_index_key=b"a test key of the blind index...",
        envelope_keys={"test": b"a test key for the envelopes, 32"},
        public_url="http://xueshi.example",
    )
    app = create_app(settings, clock=FakeClock(NOW))
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    engine = make_engine(settings.database_url)
    with Session(engine, expire_on_commit=False) as session:
        own, foreign, clients = furnish(app, session)
        session.commit()
    yield World(app, engine, own, foreign, clients, visits_of(app))
    engine.dispose()
    with app.app_context():
        db.engine.dispose()


def furnish(app: Flask, session: Session) -> tuple[dict[str, Any], dict[str, Any], dict[str, FlaskClient]]:
    """Two provinces alike, and in the first one somebody of each role."""
    vault = teachers.collaborators(app).vault
    programme = factories.programme(session, slug=SLUG, document=PHASE2)
    here, there = units(session, "长葛市"), units(session, "鄢陵县")
    leaders = [factories.account(session, role="workshop_leader") for _ in range(2)]
    own = objects(session, here, leaders[0], programme, vault, "a")
    foreign = objects(session, there, leaders[1], programme, vault, "b")
    clients = {}
    for role, level in AT.items():
        person = leaders[0] if role == "workshop_leader" else factories.account(session, role="staff")
        appointment_id = None
        if role != "workshop_leader":
            unit = getattr(here, level).id if level else None
            held = Appointment(account_id=person.id, role=role, organisation_id=unit, appointed_at=NOW)
            session.add(held)
            session.flush()
            appointment_id = held.id
        state = {"state": staff_sessions.OPEN, "appointment_id": appointment_id}
        token = staff_sessions.open_session(session, person, NOW, **state)
        clients[role] = app.test_client()
        with clients[role].session_transaction() as cookie:
            cookie[TOKEN] = token
    return own, foreign, clients
