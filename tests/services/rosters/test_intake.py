"""A roster is taken in as a whole or not at all, on every database."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Base, Enrolment, Organisation
from services import id_numbers, programmes
from services.errors import BadSpreadsheet, RosterChanged, RosterHasErrors
from services.passwords import LAST_SIX, RANDOM, SHARED, FirstPassword, Passwords
from services.rosters import check as roster_check
from services.rosters import intake as roster
from services.rosters.check import Options
from services.tables import spreadsheets
from services.vault import Vault
from tests import factories, sheets
from tests.programmes.notices import phase2_text
from tests.sheets import teacher

NOW = datetime(2022, 8, 1, 1, tzinfo=UTC)
VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
SCHOOL = "示范第一小学"


@pytest.fixture(scope="module")
def passwords():
    return Passwords(4)


@pytest.fixture
def db(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def programme(db):
    factories.school(db, code="1001", name=SCHOOL)
    factories.school(db, code="1002", name="示范第二小学")
    made = programmes.publish(db, phase2_text(), NOW)
    db.commit()
    return made


@pytest.fixture
def take_in(db, programme, passwords, tmp_path):
    """take_in(row, …) checks and applies a roster, and commits."""

    def take_in(*rows, first=LAST_SIX, header=sheets.HEADER, **options):
        plan = check(*rows, header=header, **options)
        first_password = passwords.first_password(first, "Haolaoshi123" if first == SHARED else None)
        programme_id = programme.id
        db.rollback()
        try:
            credentials = roster.apply(
                db, VAULT, passwords, plan, programme_id=programme_id, first_password=first_password, now=NOW
            )
            db.commit()
        except BaseException:
            db.rollback()
            raise
        return plan, credentials

    def check(*rows, header=sheets.HEADER, **options):
        table = spreadsheets.read(sheets.roster(tmp_path / "roster.csv", *rows, header=header))
        plan = roster_check.check(db, VAULT, table, programme=programme, options=Options(**options), now=NOW)
        db.rollback()
        return plan

    take_in.check = check
    return take_in


def count(db, table):
    return db.scalar(sa.select(sa.func.count()).select_from(table))


def everything(db):
    """All rows of all tables, to compare."""
    rows = [(table.name, row) for table in Base.metadata.sorted_tables for row in db.execute(sa.select(table)).all()]
    db.rollback()
    return sorted(map(repr, rows))


def account_of(db, serial):
    index = VAULT.index(id_numbers.parse(factories.person(serial).id_number))
    return db.scalars(sa.select(Account).where(Account.id_index == index)).one()


def reasons(plan):
    return {(error.row, error.column): error.reason for error in plan.errors}


class TestNewTeachers:
    def test_get_an_account_at_their_school_and_an_enrolment(self, db, take_in, programme):
        plan, credentials = take_in(teacher(1), teacher(2, school="示范第二小学", mobile=""))
        assert plan.counts() == {"新增": 2, "更新": 0, "已存在": 0, "错误": 0}
        assert not credentials
        account = account_of(db, 1)
        person = factories.person(1)
        assert (account.name, account.role, account.stage, account.subject) == (person.name, "teacher", "小学", "语文")
        assert account.must_change_password
        assert VAULT.open(account.id_envelope, account.id) == person.id_number
        assert VAULT.open(account.mobile_envelope, account.id) == person.mobile
        assert db.get_one(Organisation, account.school_id).name == SCHOOL
        assert account_of(db, 2).mobile_envelope is None
        enrolments = db.scalars(sa.select(Enrolment)).all()
        assert {(e.account_id, e.school_id, e.programme_id, e.status) for e in enrolments} == {
            (a.id, a.school_id, programme.id, "active") for a in (account, account_of(db, 2))
        }

    def test_the_same_roster_again_changes_nothing(self, db, take_in):
        rows = [teacher(serial) for serial in range(1, 6)]
        take_in(*rows)
        before = everything(db)
        plan, _ = take_in(*rows)
        assert plan.counts() == {"新增": 0, "更新": 0, "已存在": 5, "错误": 0}
        assert everything(db) == before

    def test_a_check_changes_nothing(self, db, take_in):
        before = everything(db)
        take_in.check(teacher(1), teacher(2, school="新建小学"), create_schools=True)
        assert everything(db) == before

    def test_more_than_one_batch(self, db, take_in, monkeypatch):
        monkeypatch.setattr(roster, "CHUNK", 7)
        monkeypatch.setattr(roster_check, "CHUNK", 5)
        rows = [teacher(serial, school=f"第{serial}小学") for serial in range(1, 24)]
        take_in(*rows, create_schools=True)
        assert (count(db, Account), count(db, Enrolment), count(db, Organisation)) == (23, 23, 25)
        assert take_in.check(*rows).counts()["已存在"] == 23
        assert account_of(db, 23).school_id != account_of(db, 22).school_id


class TestFirstPasswords:
    def test_last_six_and_shared_cost_no_hash_a_row(self, db, take_in, passwords, monkeypatch):
        hashed = []
        real = passwords.hash
        monkeypatch.setattr(passwords, "hash", lambda text: hashed.append(text) or real(text))
        take_in(*[teacher(serial) for serial in range(1, 6)])
        assert not hashed
        assert passwords.check(account_of(db, 1), factories.person(1).last_six, VAULT)
        take_in(*[teacher(serial) for serial in range(6, 11)], first=SHARED)
        assert len(hashed) == 1
        assert passwords.check(account_of(db, 6), "Haolaoshi123", VAULT)

    def test_random_ones_are_told_once_and_open_the_account(self, db, take_in, passwords):
        _, (one, two) = take_in(teacher(1), teacher(2), first=RANDOM)
        assert (one.row, one.name) == (2, factories.person(1).name)
        assert passwords.check(account_of(db, 1), one.password, VAULT)
        assert not passwords.check(account_of(db, 1), two.password, VAULT)
        assert one.password not in repr(one)
        assert factories.person(1).id_number[-6:] not in repr(one)

    def test_random_ones_cost_no_hash_a_row_either(self, take_in, passwords, monkeypatch):
        hashed = []
        monkeypatch.setattr(passwords, "hash", hashed.append)
        take_in(teacher(1), teacher(2), first=RANDOM)
        assert not hashed

    def test_an_account_that_exists_gets_no_new_one(self, db, take_in, passwords):
        take_in(teacher(1))
        _, credentials = take_in(teacher(1, subject="数学"), first=RANDOM)
        assert not credentials
        assert passwords.check(account_of(db, 1), factories.person(1).last_six, VAULT)


class TestTeachersWhoAreThere:
    def test_a_change_of_school_stage_subject_and_mobile_is_taken_over(self, db, take_in):
        take_in(teacher(1))
        plan, _ = take_in(teacher(1, school="示范第二小学", stage="初中", subject="数学", mobile="19911112222"))
        assert plan.counts()["更新"] == 1
        account = account_of(db, 1)
        assert (account.stage, account.subject) == ("初中", "数学")
        assert VAULT.open(account.mobile_envelope, account.id) == "19911112222"
        assert db.get_one(Organisation, account.school_id).code == "1002"
        assert db.scalars(sa.select(Enrolment)).one().school_id == account.school_id

    def test_what_the_roster_leaves_empty_stays(self, db, take_in):
        take_in(teacher(1))
        plan, _ = take_in(teacher(1, mobile="", stage="", subject=""))
        assert plan.counts()["已存在"] == 1
        assert account_of(db, 1).mobile_envelope

    def test_teachers_of_another_programme_are_enrolled_too(self, db, take_in, programme):
        take_in(teacher(1))
        db.execute(sa.delete(Enrolment))
        db.commit()
        plan, _ = take_in(teacher(1), teacher(2))
        assert plan.counts() == {"新增": 1, "更新": 1, "已存在": 0, "错误": 0}
        assert count(db, Enrolment) == 2

    def test_those_enrolled_in_an_earlier_version_are_there(self, db, take_in, programme):
        earlier = factories.programme(db, slug=programme.slug, version=0)
        db.commit()
        take_in(teacher(1))
        db.execute(sa.update(Enrolment).values(programme_id=earlier.id))
        db.commit()
        assert take_in.check(teacher(1)).counts()["已存在"] == 1

    def test_another_name_under_the_same_number_is_an_error_that_gives_only_the_surname(self, db, take_in):
        take_in(teacher(1, name="周若溪"))
        plan = take_in.check(teacher(1, name="沈书白"))
        assert "“周**”" in reasons(plan)[2, "姓名"]
        assert plan.counts() == {"新增": 0, "更新": 0, "已存在": 0, "错误": 1}

    def test_progress_and_passwords_stay(self, db, take_in):
        take_in(teacher(1))
        account = account_of(db, 1)
        account.password_hash, account.must_change_password, account.role = "a hash", False, "workshop_leader"
        db.scalars(sa.select(Enrolment)).one().credited_seconds = 4711
        db.commit()
        take_in(teacher(1, school="示范第二小学", subject="数学"))
        account = account_of(db, 1)
        assert (account.password_hash, account.must_change_password) == ("a hash", False)
        assert account.role == "workshop_leader"
        assert db.scalars(sa.select(Enrolment)).one().credited_seconds == 4711


class TestNothingHalfDone:
    @pytest.mark.parametrize("bad", [{"id_number": "1"}, {"name": ""}, {"school": "不存在小学"}, {"stage": "大学"}])
    def test_one_wrong_row_and_nothing_is_imported(self, db, take_in, bad):
        before = everything(db)
        with pytest.raises(RosterHasErrors):
            take_in(*[teacher(serial) for serial in range(1, 10)], teacher(10, **bad))
        assert everything(db) == before

    def test_a_failure_at_the_very_end_leaves_nothing(self, db, take_in, monkeypatch):
        take_in(teacher(1))
        before = everything(db)

        def fail(_rows):
            raise RuntimeError("the power went")
            yield

        chunks = roster._chunks
        calls = []
        monkeypatch.setattr(roster, "_chunks", lambda rows: fail(rows) if calls else calls.append(1) or chunks(rows))
        with pytest.raises(RuntimeError):
            take_in(teacher(1, subject="数学"), teacher(2), teacher(3, school="新建小学"), create_schools=True)
        assert everything(db) == before

    def test_two_imports_of_the_same_people_are_one(self, db, engine, take_in, programme, passwords):
        """The other one commits between our check and our import."""
        plan = take_in.check(teacher(1), teacher(2), teacher(3, school="新建小学"), create_schools=True)
        take_in(teacher(3, school="示范第二小学"))
        before = everything(db)
        with pytest.raises(RosterChanged):
            roster.apply(
                db, VAULT, passwords, plan, programme_id=programme.id, first_password=FirstPassword(LAST_SIX), now=NOW
            )
        db.rollback()
        assert everything(db) == before


class TestDuplicates:
    def test_the_second_row_of_a_person_is_an_error_that_names_the_first(self, take_in):
        plan = take_in.check(teacher(1), teacher(2), teacher(1))
        assert reasons(plan) == {(4, "身份证号"): "与第 2 行的证件号码相同"}
        assert plan.counts() == {"新增": 2, "更新": 0, "已存在": 0, "错误": 1}

    def test_are_found_however_the_number_is_written(self, take_in):
        number = next(n for n in map(factories.resident_id, range(100)) if n.endswith("X"))
        plan = take_in.check(teacher(1, id_number=number), teacher(1, id_number=number.lower()))
        assert len(plan.errors) == 1


class TestSchools:
    def test_may_be_given_by_code(self, db, take_in):
        take_in([*teacher(1, school=""), "1002"], header=(*sheets.HEADER, "学校代码"))
        assert db.get_one(Organisation, account_of(db, 1).school_id).code == "1002"

    def test_an_unknown_one_is_an_error(self, take_in):
        plan = take_in.check(teacher(1, school="不存在小学"))
        assert reasons(plan) == {(2, "学校"): "没有名为“不存在小学”的学校"}

    def test_an_unknown_one_is_made_once_when_asked_for(self, db, take_in):
        take_in(teacher(1, school="新建小学"), teacher(2, school="新建 小学"), create_schools=True)
        assert account_of(db, 1).school_id == account_of(db, 2).school_id
        assert take_in.check(teacher(1, school="新建小学")).counts()["已存在"] == 1

    def test_may_be_left_to_an_option(self, db, take_in):
        take_in(teacher(1)[:2], header=sheets.HEADER[:2], school_code="1002")
        assert db.get_one(Organisation, account_of(db, 1).school_id).code == "1002"

    def test_must_be_said_somewhere(self, take_in):
        with pytest.raises(BadSpreadsheet, match="学校"):
            take_in.check(teacher(1)[:2], header=sheets.HEADER[:2])
