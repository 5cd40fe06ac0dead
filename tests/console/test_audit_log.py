"""The page of the audit log: who sees which entries, in words."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry, Organisation
from services import audit
from services.authority.principals import Principal
from services.authority.roles import ROLES
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.teachers import collaborators

Act = Callable[..., AuditEntry]


@pytest.fixture
def act(app: Flask, session: Session, clock: FakeClock) -> Act:
    def act(action: str, at: Organisation | None, name: str = "周若溪", **what: Any) -> AuditEntry:
        who = Principal(5, name, ROLES["school_admin"], 1, at.id if at else None, "某校")
        by = audit.By(who, "198.51.100.7")
        unit = at.id if at else None
        entry = audit.record(session, collaborators(app).vault, by, action, clock(), organisation_id=unit, **what)
        session.commit()
        return entry

    return act


def test_one_sees_what_was_done_within_reach_and_no_more(
    staff: Callable[..., Staff], tree: Tree, act: Act, session: Session
) -> None:
    other = factories.school(session, name="别市某校")
    act("unlock", tree.east_school, name="东县的人")
    act("unlock", tree.city_school, name="市直的人")
    act("unlock", other, name="别市的人")
    act("publish", None, name="平台的人")
    city, operator = staff("city_admin", tree.city).get("/audit").text, staff("operator").get("/audit").text
    assert [name in city for name in ("东县的人", "市直的人", "别市的人", "平台的人")] == [True, True, False, False]
    assert [name in operator for name in ("东县的人", "市直的人", "别市的人", "平台的人")] == [True] * 4


def test_an_entry_is_told_in_chinese(staff: Callable[..., Staff], tree: Tree, act: Act, session: Session) -> None:
    teacher = factories.account(session, school_id=tree.east_school.id, name="韩星阑")
    act("reset_password", tree.east_school, target=("account", teacher.id), result="refused", reason="过多", rows=3)
    page = staff("city_admin", tree.city).get("/audit").text
    for word in ("重置密码", "人员 韩星阑", "被拒绝", "学校管理员", "198.51.100.7", "原因：过多；行数：3"):
        assert word in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=周若溪", ["周若溪", "周若溪"]),
        ("action=export", ["林知远"]),
        ("result=failed", ["周若溪"]),
        ("since=2022-08-02", ["林知远"]),
        ("until=2022-08-01", ["周若溪", "周若溪"]),
        ("kind=account&target=12", ["周若溪"]),
        ("kind=%00&action=nonsense&since=yesterday&name=", ["林知远", "周若溪", "周若溪"]),
        ("name='%20OR%201=1", []),
        ("before=2", ["周若溪"]),
    ],
)
def test_it_is_searched_by_who_what_whom_and_when(
    staff: Callable[..., Staff], tree: Tree, act: Act, clock: FakeClock, query: str, found: list[str]
) -> None:
    act("unlock", tree.east_school, target=("account", 12))
    act("unlock", tree.east_school, target=("bill", 12), result="failed")
    clock.advance(86400)
    act("export", tree.east_school, name="林知远")
    rows = staff("city_admin", tree.city, name="韩星阑").get(f"/audit?{query}").text.split("<tbody>")[-1]
    shown = [name for line in rows.split("<tr>") for name in ("周若溪", "林知远") if f">{name}<div" in line]
    assert shown == found


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30])
def test_a_page_that_cannot_be_is_not_found(staff: Callable[..., Staff], tree: Tree, before: str) -> None:
    assert staff("city_admin", tree.city).get(f"/audit?before={before}").status_code == 404


def test_it_is_turned_back_by_serial(
    staff: Callable[..., Staff], tree: Tree, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.audit_log.search.__defaults__", (2,))
    for number in range(3):
        act("export", tree.east_school, rows=number)
    admin = staff("city_admin", tree.city)
    first = admin.get("/audit?action=export").text
    assert "before=2" in first
    last = admin.get("/audit?action=export&before=2").text
    assert "行数：0" in last
    assert "行数：1" not in last


def test_the_export_has_the_filters_lives_no_formula_and_is_written_down(
    staff: Callable[..., Staff], tree: Tree, act: Act, session: Session
) -> None:
    act("unlock", tree.east_school, name="=cmd|' /C calc'!A0", reason="+1")
    act("export", tree.east_school, name="别人")
    reply = staff("city_admin", tree.city).post("/audit/export", {"action": "unlock"})
    assert (reply.status_code, reply.mimetype) == (200, "text/csv")
    text = reply.data.decode("utf-8-sig")
    assert "别人" not in text
    assert ",'=cmd" in text
    entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.serial.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail["rows"], entry.detail["filters"]) == ("export", 1, {"action": "unlock"})


def test_an_operator_checks_the_chain(staff: Callable[..., Staff], tree: Tree, act: Act, session: Session) -> None:
    act("unlock", tree.east_school)
    operator = staff("operator")
    assert operator.post("/audit/verify").status_code == 302
    assert "记录完好" in operator.get("/audit").text
    session.execute(sa.update(AuditEntry).values(actor_name="另一人"))
    operator.post("/audit/verify")
    assert "第 1 条有问题" in operator.get("/audit").text
    city = staff("city_admin", tree.city)
    assert "校验最近记录" not in city.get("/audit").text
    assert city.post("/audit/verify").status_code == 403


def test_a_number_of_a_person_that_somebody_looks_for_is_kept_nowhere(
    staff: Callable[..., Staff], tree: Tree, session: Session
) -> None:
    number = factories.person().id_number
    asked = {"name": number, "target": number}
    assert number not in staff("city_admin", tree.city).post("/audit/export", asked).text
    assert number not in str(session.scalars(sa.select(AuditEntry.detail)).all())
