"""Files that somebody asked for in the console."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from models import Appointment, Upload, UploadPart
from services import uploads
from services.authority.principals import NotAllowed, Principal, of_account
from services.authority.roles import ROLES
from services.errors import Conflict, Invalid, NotFound
from services.registers import asked, registers
from tests import factories
from tests.services.registering import AFTER, SLUG, VAULT, cells, registering


@pytest.fixture
def at(session, tmp_path):
    return registering(session, tmp_path)


@pytest.fixture
def counties(at, session):
    """Two counties, each with a school and a learner who passed: ((county, school, enrolment), …)."""
    made = []
    for name in ("甲县", "乙县"):
        county = factories.school(session, kind="county", name=name)
        school = at.school(f"{name}一小", parent_id=county.id)
        made.append((county, school, at.learner(school, 60)))
    session.commit()
    return made


def admin(session, unit, role="county_admin") -> Principal:
    account = factories.account(session, role="staff")
    session.add(
        Appointment(account_id=account.id, role=role, organisation_id=unit.id if unit else None, appointed_at=AFTER)
    )
    session.commit()
    return of_account(session, account)[0]


def ask(session, who, form, what, **options):
    given = asked.ask(session, VAULT, who, SLUG, form, what, AFTER, **options)
    session.commit()
    return given


def made(at, session, given, folder):
    code = given.upload.code
    session.commit()
    told = asked.make(at.work, VAULT, code, AFTER, lambda _done, _total: None)
    out = folder / "got.xlsx"
    out.write_bytes(uploads.read(session, VAULT, given.upload))
    return told, out


def test_numbers_are_hidden_unless_asked_for_and_nobody_elses_teachers_are_in_it(at, session, counties, tmp_path):
    (county, school, mine), (_, _, theirs) = counties
    given = ask(session, admin(session, county), "register", "masked")
    assert (given.password, given.upload.kind) == ("", "register")
    told, out = made(at, session, given, tmp_path)
    table = cells(out)
    assert [row[2] for row in table[1:]] == [school.name]
    assert at.number(mine) not in str(table)
    assert "*" in str(table)
    assert at.number(theirs) not in str(table)
    assert (told["rows"], told["serial"]) == (1, 0), "a look is no export"
    assert registers.last(session, SLUG, "register", county.id) is None


def test_numbers_in_clear_need_the_permission_and_a_reason_and_are_encrypted(at, session, counties, tmp_path):
    county, _, mine = counties[0]
    who = admin(session, county)
    for reason in ("", "  ", "为何", "长" * 201):
        with pytest.raises(Invalid, match="用途"):
            ask(session, who, "register", "clear", reason=reason)
    school = replace(who, role=ROLES["school_admin"])
    with pytest.raises(NotAllowed):
        ask(session, school, "register", "clear", reason="报送省登记系统")
    given = ask(session, who, "register", "clear", reason="报送省登记系统")
    assert given.upload.kind == "register_clear"
    assert len(given.password) == 16
    assert given.password not in str(given.upload.work)
    _, out = made(at, session, given, tmp_path)
    content = out.read_bytes()
    assert not content.startswith(b"PK")
    assert at.number(mine).encode() not in content
    assert "password" not in given.upload.work
    assert registers.last(session, SLUG, "register", county.id).rows == 1


def test_exports_of_two_counties_are_counted_for_themselves(at, session, counties, tmp_path):
    for county, _, _ in counties:
        given = ask(session, admin(session, county), "hours", "masked")
        told, _ = made(at, session, given, tmp_path)
        assert (told["serial"], told["new"], told["rows"]) == (1, True, 1)
    assert registers.last(session, SLUG, "hours") is None, "nobody exported the whole"
    told, _ = made(at, session, ask(session, admin(session, None, "operator"), "hours", "masked"), tmp_path)
    assert (told["serial"], told["rows"]) == (1, 2)


def test_the_difference_is_to_the_own_last_export(at, session, counties, tmp_path):
    (county, school, _), (other, other_school, _) = counties
    who = admin(session, county)
    made(at, session, ask(session, who, "hours", "masked"), tmp_path)
    at.learner(school, 60)
    at.learner(other_school, 60)
    told, out = made(at, session, ask(session, who, "hours", "difference"), tmp_path)
    assert (told["since"], told["added"], told["gone"], told["changed"]) == (1, 1, 0, 0)
    assert len(cells(out)) == 2
    with pytest.raises(NotFound, match="还没有导出过"):
        made(at, session, ask(session, admin(session, other), "hours", "difference"), tmp_path)


def test_wrong_rows_are_listed_instead_of_the_form_or_left_out(at, session, counties, tmp_path):
    county, school, _ = counties[0]
    at.learner(school, 60, stage=None)
    who = admin(session, county)
    told, out = made(at, session, ask(session, who, "hours", "masked"), tmp_path)
    assert told == {"wrong": 1}
    assert "缺少学段" in str(cells(out))
    told, out = made(at, session, ask(session, who, "hours", "masked", allow_errors=True), tmp_path)
    assert (told["rows"], told["left_out"]) == (1, 1)


def test_formulas_stay_text(at, session, counties, tmp_path):
    county, school, _ = counties[0]
    at.learner(school, 60, name="=HYPERLINK(1)")
    _, out = made(at, session, ask(session, admin(session, county), "hours", "masked"), tmp_path)
    assert "'=HYPERLINK(1)" in [row[0] for row in cells(out)]


def test_the_same_job_twice_makes_one_file(at, session, counties, tmp_path):
    given = ask(session, admin(session, counties[0][0]), "hours", "masked")
    made(at, session, given, tmp_path)
    session.commit()
    with pytest.raises(Conflict, match="已经做好"):
        made(at, session, given, tmp_path)
    with pytest.raises(NotFound):
        asked.make(at.work, VAULT, "x" * 24, AFTER, lambda _done, _total: None)


def test_what_is_asked_for_must_be_something(at, session, counties):
    who = admin(session, counties[0][0])
    with pytest.raises(Invalid):
        ask(session, who, "hours", "everything")
    with pytest.raises(NotFound):
        ask(session, who, "no-such-form", "masked")
    assert (
        session.scalar(sa.select(sa.func.count(Upload.id)))
        == session.scalar(sa.select(sa.func.count(UploadPart.upload_id)))
        == 0
    )


@pytest.mark.parametrize("form", ["everything", "stages", "contacts"])
def test_schools_of_another_county_are_in_none_of_the_forms(at, session, counties, form, tmp_path):
    county = counties[0][0]
    at.awarding.paid(counties[0][2])
    at.awarding.paid(counties[1][2])
    session.commit()
    _, out = made(at, session, ask(session, admin(session, county), form, "masked", allow_errors=True), tmp_path)
    assert "甲县" in str(cells(out)) or len(cells(out)) <= 1
    assert "乙县" not in str(cells(out))
