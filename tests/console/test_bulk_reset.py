"""New first passwords for those of a school who never signed in."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import Account, Appointment, AuditEntry, Notice
from services import bulk_reset
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.desk_cast import caller, enrol, form_id
from tests.teachers import Teacher, enlist, sign_in


@pytest.fixture
def admin(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("school_admin", tree.east_school)


@pytest.fixture
def waiting(app: Flask, session: Session, tree: Tree) -> list[Teacher]:
    """Two who never signed in; a third did, a fourth is at another school, a fifth is on the staff."""
    names = ("从未甲登", "从未乙登")
    two = [replace(enlist(app, session, name=name, school_id=tree.east_school.id), name=name) for name in names]
    caller(app, session, tree.east_school, name="登录过的", last_login_at=sa.func.now())
    enlist(app, session, name="别的学校", school_id=tree.west_school.id)
    office = enlist(app, session, name="本校干事", school_id=tree.east_school.id)
    session.add(
        Appointment(
            account_id=office.account_id,
            role="school_admin",
            organisation_id=tree.east_school.id,
            appointed_at=app.extensions["xueshi"].clock(),
        )
    )
    session.commit()
    return two


def run(admin: Staff, school_id: int, **fields: Any) -> Any:
    page = admin.get(f"/bulk-reset/{school_id}")
    assert page.status_code == 200, page.text
    sent = {"form_id": form_id(page), "after": "0", "new": "random", "output": "page"} | fields
    return admin.post(f"/bulk-reset/{school_id}", sent)


def passwords(page: Any) -> dict[str, str]:
    """Those that are shown, by name."""
    slips = page.text.split('<li class="slip">')[1:]
    found = {re.findall("<strong>([^<]+)", slip)[0]: re.findall('nowrap">([a-z0-9-]+)<', slip) for slip in slips}
    return {name: shown[0] for name, shown in found.items() if shown}


def hashes(session: Session) -> list[Any]:
    session.expire_all()
    query = sa.select(Account.id, Account.password_hash).where(Account.role == "teacher").order_by(Account.id)
    return session.execute(query).all()


def test_a_schools_own_administrator_goes_straight_there(
    admin: Staff, waiting: list[Teacher], tree: Tree, client: FlaskClient, session: Session
) -> None:
    assert admin.get("/bulk-reset").location == f"/console/bulk-reset/{tree.east_school.id}"
    listed = admin.get(f"/bulk-reset/{tree.east_school.id}").text
    assert "共 2 人" in listed
    assert not any(name in listed for name in ("登录过的", "别的学校", "本校干事"))
    page = run(admin, tree.east_school.id)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    shown = passwords(page)
    assert set(shown) == {one.name for one in waiting}
    for one in waiting:
        assert one.id_number[-6:] not in page.text
        assert sign_in(client, one).status_code == 401
        assert sign_in(client, one, shown[one.name]).get_json()["must_change_password"] is True
    (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "bulk_reset"))
    assert (entry.organisation_id, entry.detail["count"]) == (tree.east_school.id, 2)
    assert sorted(entry.detail["accounts"]) == sorted(one.account_id for one in waiting)
    assert not any(password in repr(entry.detail) for password in shown.values())
    told = session.scalars(sa.select(Notice)).all()
    assert {notice.account_id for notice in told} == {one.account_id for one in waiting}


def test_each_by_the_rule_of_the_own_programme(
    admin: Staff, waiting: list[Teacher], app: Flask, client: FlaskClient, session: Session, tree: Tree
) -> None:
    first, second = waiting
    enrol(app, session, first.account_id)
    page = run(admin, tree.east_school.id, new="first")
    assert set(passwords(page)) == {second.name}, "nobody's programme says what theirs is"
    assert "Haolaoshi123" not in page.text
    assert sign_in(client, first, "Haolaoshi123").status_code == 200


def test_a_workbook_instead_of_slips(admin: Staff, waiting: list[Teacher], tree: Tree, client: FlaskClient) -> None:
    reply = run(admin, tree.east_school.id, output="file")
    assert reply.headers["Cache-Control"] == "no-store"
    assert "attachment" in reply.headers["Content-Disposition"]
    header, *rows = CalamineWorkbook.from_filelike(io.BytesIO(reply.data)).get_sheet_by_index(0).to_python()
    assert header == ["姓名", "证件号码", "初始密码"]
    assert {row[0] for row in rows} == {one.name for one in waiting}
    assert {row[1] for row in rows} == {"999999************"}
    (password,) = [row[2] for row in rows if row[0] == waiting[0].name]
    assert sign_in(client, waiting[0], str(password)).status_code == 200


def test_the_same_form_again_changes_nothing(
    admin: Staff, waiting: list[Teacher], tree: Tree, session: Session
) -> None:
    form = form_id(admin.get(f"/bulk-reset/{tree.east_school.id}"))
    sent = {"form_id": form, "after": "0", "new": "random", "output": "page"}
    assert admin.post(f"/bulk-reset/{tree.east_school.id}", sent).status_code == 200
    before = hashes(session)
    again = admin.post(f"/bulk-reset/{tree.east_school.id}", sent)
    assert (again.status_code, "没有再做一次" in again.text) == (409, True)
    assert hashes(session) == before


def test_three_runs_a_day(
    staff: Callable[..., Staff], waiting: list[Teacher], tree: Tree, session: Session, clock: FakeClock
) -> None:
    for _ in range(bulk_reset.MOST_A_DAY):
        assert run(staff("county_admin", tree.east), tree.east_school.id).status_code == 200
        clock.advance(3600)
    before = hashes(session)
    reply = run(staff("city_admin", tree.city), tree.east_school.id)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, str(21 * 3600))
    assert hashes(session) == before
    clock.advance(21 * 3600)
    assert run(staff("city_admin", tree.city), tree.east_school.id).status_code == 200


def test_so_many_at_once_and_the_others_after_them(
    admin: Staff, waiting: list[Teacher], tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reset, "MOST", 1)
    page = admin.get(f"/bulk-reset/{tree.east_school.id}")
    assert "这里列出 1 人" in page.text
    (after,) = re.findall(r"after=(\d+)", page.text)
    both = passwords(run(admin, tree.east_school.id)) | passwords(run(admin, tree.east_school.id, after=after))
    assert set(both) == {one.name for one in waiting}


def test_nobody_waits(admin: Staff, tree: Tree) -> None:
    assert "没有从未登录的教师" in admin.get(f"/bulk-reset/{tree.east_school.id}").text
    sent = {"form_id": "x", "after": "0", "new": "random", "output": "page"}
    assert admin.post(f"/bulk-reset/{tree.east_school.id}", sent).status_code == 409


def test_another_school_is_not_found(
    admin: Staff, staff: Callable[..., Staff], waiting: list[Teacher], tree: Tree, session: Session
) -> None:
    before = hashes(session)
    for place in (tree.west_school.id, tree.east.id, 0, 10**30):
        for ask in (admin.get, admin.post):
            assert ask(f"/bulk-reset/{place}").status_code == 404
    county = staff("county_admin", tree.east)
    assert county.get(f"/bulk-reset/{tree.east.id}").status_code == 404, "a county is no school"
    assert "东县一小" in county.get("/bulk-reset").text
    assert "西县一小" not in county.get("/bulk-reset?name=一小").text
    assert "没有找到学校" in county.get("/bulk-reset?name=%25").text
    assert staff("hotline", tree.east).post(f"/bulk-reset/{tree.east_school.id}").status_code == 403
    assert admin.post(f"/bulk-reset/{tree.east_school.id}", {"new": "none", "after": "x" * 99}).status_code == 303
    session.expire_all()
    assert hashes(session) == before


def test_of_two_pages_that_lay_open_the_second_does_not_void_the_slips_of_the_first(
    admin: Staff, staff: Callable[..., Staff], waiting: list[Teacher], tree: Tree, session: Session, clock: FakeClock
) -> None:
    county, place = staff("county_admin", tree.east), f"/bulk-reset/{tree.east_school.id}"
    sent = {"form_id": form_id(county.get(place)), "after": "0", "new": "random", "output": "page"}
    clock.advance(60)
    assert run(admin, tree.east_school.id).status_code == 200
    before = hashes(session)
    clock.advance(60)
    late = county.post(place, sent)
    assert (late.status_code, "已经批量重置过一次" in late.text) == (409, True)
    assert hashes(session) == before
    assert run(county, tree.east_school.id).status_code == 200, "who opens the page anew may"
