"""Taking an import back: as before where nothing came of it, untouched where something did. On every database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import (
    Account,
    Appointment,
    AuditEntry,
    AuditHead,
    Base,
    Enrolment,
    EnrolmentMove,
    RosterImport,
    RosterImportRow,
    Upload,
    UploadPart,
)
from services import audit, id_numbers, programmes, uploads
from services.authority import principals
from services.errors import NotFound
from services.passwords import Passwords
from services.rosters import imports, undo, undoable
from tests import factories, sheets
from tests.programmes.notices import phase2_text
from tests.services.rosters.test_intake import NOW, VAULT
from tests.sheets import teacher

LATER = NOW + timedelta(days=1)
#: What is kept of what was done stays.
KEPT = (AuditEntry, AuditHead, RosterImport, RosterImportRow, Upload, UploadPart, EnrolmentMove)


@pytest.fixture(scope="module")
def passwords():
    return Passwords(4)


class World:
    """A county with two schools, its administrator, and a programme."""

    def __init__(self, session: Session, passwords: Passwords) -> None:
        self.session, self.passwords = session, passwords
        self.county = factories.school(session, kind="county", name="示范县")
        for code, name in (("1001", "示范第一小学"), ("1002", "示范第二小学")):
            factories.school(session, code=code, name=name, parent_id=self.county.id)
        admin = factories.account(session, role="staff")
        session.add(
            Appointment(account_id=admin.id, role="county_admin", organisation_id=self.county.id, appointed_at=NOW)
        )
        programmes.publish(session, phase2_text(), NOW)
        session.commit()
        (self.who,) = principals.of_account(session, admin)
        self.by = audit.By(self.who, "127.0.0.1")

    def take_in(self, *rows: list[str], partial: bool = False, **fields: str) -> int:
        session, content = self.session, sheets.csv_bytes([sheets.HEADER, *rows])
        given = {"slug": "xuchang-2022-phase2", **fields}
        code = uploads.put(session, VAULT, self.who, "roster", "名单.csv", content, NOW, fields=given).code
        table, plan = imports.plan(session, VAULT, self.who, code, NOW)
        imports.keep_seen(session, VAULT, self.who, code, table, plan, NOW)
        made = imports.take_in(session, VAULT, self.passwords, self.by, code, plan, NOW, partial=partial)
        session.commit()
        return made.id

    def take_back(self, import_id: int) -> undoable.Verdict | None:
        verdict = undo.undo(self.session, VAULT, self.by, import_id, LATER)
        self.session.commit()
        return verdict

    def preview(self, import_id: int) -> undoable.Verdict:
        return undo.preview(self.session, self.who, self.session.get_one(RosterImport, import_id), LATER)

    def everything(self) -> list[str]:
        """All but what is kept of the import itself."""
        left_out = {table.__tablename__ for table in KEPT}
        tables = [table for table in Base.metadata.sorted_tables if table.name not in left_out]
        rows = [(table.name, *row) for table in tables for row in self.session.execute(sa.select(table)).all()]
        self.session.rollback()
        return sorted(map(repr, rows))

    def account(self, serial: int) -> Account:
        index = VAULT.index(id_numbers.parse(factories.person(serial).id_number))
        return self.session.scalars(sa.select(Account).where(Account.id_index == index)).one()

    def enrolment(self, serial: int) -> Enrolment:
        return self.session.scalars(sa.select(Enrolment).where(Enrolment.account_id == self.account(serial).id)).one()


@pytest.fixture
def world(engine: sa.Engine, passwords: Passwords):
    with Session(engine) as session:
        yield World(session, passwords)


class TestAsBefore:
    def test_new_people_go_and_changed_ones_are_as_they_were(self, world: World) -> None:
        world.take_in(teacher(1), teacher(2))
        before = world.everything()
        import_id = world.take_in(
            teacher(1, school="示范第二小学", stage="初中", mobile="19911112222"),
            teacher(2),
            teacher(3),
            teacher(4, school="新建小学"),
            under=str(world.county.id),
        )
        told = world.preview(import_id).counts()
        verdict = world.take_back(import_id)
        assert verdict is not None
        assert verdict.counts() == told == {"enrolments": 2, "accounts": 2, "restored": 1, "schools": 1, "kept": 0}
        assert world.everything() == before
        assert world.take_back(import_id) is None
        assert world.everything() == before

    def test_not_of_those_who_have_come_to_stand_as_high(self, world: World) -> None:
        world.take_in(teacher(1))
        import_id = world.take_in(teacher(1, mobile="19911112222"), teacher(2))
        risen = Appointment(
            account_id=world.account(1).id, role="county_admin", organisation_id=world.county.id, appointed_at=NOW
        )
        world.session.add(risen)
        world.session.commit()
        told, verdict = world.preview(import_id), world.take_back(import_id)
        assert verdict is not None
        assert told.kept == verdict.kept == {undoable.NOT_YOURS_NOW: 1}
        assert (verdict.restored, verdict.accounts) == (0, 1)

    def test_not_of_those_whom_somebody_else_took_over(self, world: World) -> None:
        world.take_in(teacher(1))
        import_id = world.take_in(teacher(1, mobile="19911112222"))
        other = factories.school(world.session, kind="county", name="别县")
        world.account(1).school_id = factories.school(world.session, parent_id=other.id).id
        world.session.commit()
        verdict = world.take_back(import_id)
        assert verdict is not None
        assert verdict.kept == {undoable.NOT_YOURS_NOW: 1}

    def test_only_within_reach(self, world: World) -> None:
        import_id = world.take_in(teacher(1))
        other = factories.school(world.session, kind="county", name="别县")
        away = principals.Principal(world.who.account_id, "某人", world.who.role, 1, other.id, "别县")
        with pytest.raises(NotFound):
            undo.undo(world.session, VAULT, audit.By(away), import_id, LATER)


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any, passwords: Passwords):
    path = tmp_path_factory.mktemp("undo") / "one.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = sa.create_engine(f"sqlite:///{path}")
    with Session(engine) as session:
        yield World(session, passwords)
    engine.dispose()


_ROWS = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(["示范第一小学", "示范第二小学", "新建小学", ""]),
        st.sampled_from(["小学", "初中", ""]),
        st.sampled_from(["", "19911112222", "19911113333"]),
    ),
    min_size=1,
    max_size=6,
)


@given(first=_ROWS, second=_ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_import_undone_leaves_no_trace_in_the_people(small_world: World, first: Any, second: Any) -> None:
    world = small_world

    def take_in(rows: Any) -> int | None:
        given = [teacher(s, school=school, stage=stage, mobile=mobile) for s, school, stage, mobile in rows]
        try:
            return world.take_in(*given, partial=True, under=str(world.county.id))
        except imports.RosterHasErrors:
            world.session.rollback()
            return None

    ids = [take_in(first)]
    before = world.everything()
    import_id = take_in(second)
    if import_id is not None:
        world.take_back(import_id)
        assert _without_schools(world.everything()) == _without_schools(before)
    if ids[0] is not None:
        world.take_back(ids[0])


def _without_schools(rows: list[str]) -> list[str]:
    """A new school to which somebody moved and back stays, for the move names it."""
    return [row for row in rows if not row.startswith("('organisation'")]


class TestWhatStays:
    @pytest.fixture
    def world(self, small_world: World) -> World:
        return small_world

    @pytest.mark.parametrize(
        ("serial", "happens", "reason"),
        [
            (51, lambda world, of: setattr(of, "credited_seconds", 60), "已有学时"),
            (52, lambda world, of: setattr(of, "status", "withdrawn"), undoable.CHANGED_SINCE),
            (
                53,
                lambda world, of: world.session.add(EnrolmentMove(enrolment_id=of.id, moved_at=LATER, reason="")),
                "已办理调动",
            ),
        ],
        ids=["studied", "withdrawn", "moved"],
    )
    def test_is_an_enrolment_that_something_came_of(
        self, world: World, serial: int, happens: Callable[[World, Enrolment], None], reason: str
    ) -> None:
        import_id = world.take_in(teacher(serial))
        happens(world, world.enrolment(serial))
        world.session.commit()
        verdict = world.take_back(import_id)
        assert verdict is not None
        assert (verdict.enrolments, verdict.accounts, verdict.kept) == (0, 0, {reason: 1})
        assert world.enrolment(serial)

    def test_is_the_account_of_whoever_signed_in(self, world: World) -> None:
        import_id = world.take_in(teacher(61), teacher(62))
        world.account(61).last_login_at = LATER
        world.session.commit()
        verdict = world.take_back(import_id)
        assert verdict is not None
        assert (verdict.enrolments, verdict.accounts, verdict.kept) == (2, 1, {"账号保留：已登录过": 1})
        assert world.account(61).id

    def test_is_what_was_changed_again(self, world: World) -> None:
        world.take_in(teacher(71))
        import_id = world.take_in(teacher(71, stage="初中", subject="数学"))
        world.account(71).subject = "英语"
        world.session.commit()
        verdict = world.take_back(import_id)
        assert verdict is not None
        assert (world.account(71).stage, world.account(71).subject) == ("小学", "英语")
        assert verdict.kept == {undoable.CHANGED_SINCE: 1}

    def test_are_people_whom_a_later_import_names(self, world: World) -> None:
        first = world.take_in(teacher(81))
        world.take_in(teacher(81, stage="初中"))
        verdict = world.take_back(first)
        assert verdict is not None
        assert verdict.accounts == 0
        assert world.account(81).stage == "初中"
