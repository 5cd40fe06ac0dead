"""The dashboards as staff see them."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from console import dashboard_tables
from models import AuditEntry, Enrolment, Organisation, Workshop
from programmes import load
from services import programmes
from services.watching import rates, snapshots, tallies
from tests import factories, teachers
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import phase2_text

SLUG = "xuchang-2022-phase2"
As = Callable[..., Staff]


@pytest.fixture
def counted(session: Session, tree: Tree, clock: FakeClock) -> Tree:
    programme = programmes.publish(session, phase2_text(), clock())
    for school, number in ((tree.east_school, 3), (tree.west_school, 2), (tree.city_school, 1)):
        for place in range(number):
            account = factories.account(session, school_id=school.id, last_login_at=clock() if place else None)
            factories.enrolment(session, account, programme, credited_seconds=2700 * place)
    tallies.count(session, SLUG, clock())
    session.commit()
    return tree


def at(unit: Organisation, more: str = "") -> str:
    return f"/dashboards/{SLUG}/units/{unit.id}{more}"


def test_the_own_unit_comes_first_with_rates_their_formula_and_when_they_were_counted(staff: As, counted: Tree) -> None:
    page = staff("city_admin", counted.city).get("/dashboards").text
    assert "虚构市 统计" in page
    assert "50.0%" in page
    assert "3 / 6 人" in page
    assert "有计入学时的人数 ÷ 参加人数。通知未规定，按平台默认算法" in page
    assert "2022-08-01 09:00" in page
    assert "市直学校" in page
    assert " style=" not in page


def test_from_the_city_one_gets_down_to_the_teachers(staff: As, counted: Tree, session: Session) -> None:
    admin = staff("city_admin", counted.city)
    assert at(counted.east) in admin.get("/dashboards").text
    assert at(counted.east_school) in admin.get(at(counted.east)).text
    page = admin.get(at(counted.east_school)).text
    assert page.count("还差 60 学时") + page.count("还差 59") >= 2
    assert "从未登录" in page
    assert f"/console/dashboards/{SLUG}/units/{counted.city.id}" in page  # the way back


def test_a_school_sees_itself_and_no_one_else_sees_it_but_those_above(staff: As, counted: Tree) -> None:
    assert staff("school_admin", counted.east_school).get("/dashboards").status_code == 200
    other = staff("school_admin", counted.west_school)
    for more in ("", "/people", "/people/print", "/people/export", "/export", "/workshops"):
        assert other.get(at(counted.east_school, more)).status_code == 404
        assert staff("county_admin", counted.west).get(at(counted.east, more)).status_code == 404


def test_a_workshop_elsewhere_is_not_found(staff: As, counted: Tree, session: Session) -> None:
    shop = Workshop(programme_slug=SLUG, code="w", title="东县语文坊")
    session.add(shop)
    session.flush()
    session.execute(
        sa.update(Enrolment).where(Enrolment.school_id == counted.east_school.id).values(workshop_id=shop.id)
    )
    session.commit()
    assert staff("county_admin", counted.west).get(at(counted.west, f"/people?workshop={shop.id}")).status_code == 404
    admin = staff("county_admin", counted.east)
    assert "东县语文坊" in admin.get(at(counted.east, "/workshops")).text
    assert admin.get(at(counted.east, f"/people?workshop={shop.id}")).text.count("东县语文坊") == 3


@pytest.mark.parametrize("sort", ["took_part", "-took_part", "name", "-enrolled", "hours", "'; DROP TABLE", "-"])
def test_the_table_is_sorted_by_any_column_and_nonsense_changes_nothing(staff: As, counted: Tree, sort: str) -> None:
    page = staff("city_admin", counted.city).get("/dashboards", query_string={"sort": sort}).text
    east, west = (page.index(f">{name}</a>") for name in ("虚构东县", "虚构西县"))
    assert (east > west) is (sort in ("-took_part", "-enrolled"))


def test_a_trend_is_drawn_of_two_snapshots(staff: As, counted: Tree, session: Session, clock: FakeClock) -> None:
    admin = staff("city_admin", counted.city)
    assert 'data-chart="trend"' not in admin.get("/dashboards").text
    for day in (1, 2):
        snapshots.freeze(session, SLUG, clock().date() - timedelta(days=day - 1), clock())
    session.commit()
    page = admin.get("/dashboards").text
    assert 'data-chart="trend"' in page
    assert 'id="trend">{"' in page


def test_a_list_has_those_it_says_and_is_printed_by_school(staff: As, counted: Tree) -> None:
    admin = staff("city_admin", counted.city)
    assert admin.get(f"/dashboards/{SLUG}/people?show=never").text.count('data-label="姓名"') == 3
    assert admin.get(f"/dashboards/{SLUG}/people?show=nobody").status_code == 404
    printed = admin.get(f"/dashboards/{SLUG}/people/print?show=never").text
    assert "共 3 人" in printed
    assert "东县一小（1 人）" in printed


def test_exports_are_masked_recorded_and_open_in_excel(staff: As, counted: Tree, session: Session, app: object) -> None:
    teacher = teachers.enlist(app, session, name="=cmd|'/c calc'!A1", school_id=counted.east_school.id)
    programme = programmes.latest(session, SLUG)
    factories.enrolment(session, session.get_one(factories.Account, teacher.account_id), programme)
    session.commit()
    admin = staff("county_admin", counted.east)
    reply = admin.get(at(counted.east, "/people/export"))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(reply.data)).get_sheet_by_index(0).to_python()
    assert len([row for row in rows if row[1] == "东县一小"]) == 4
    assert any(row[0] == "'=cmd|'/c calc'!A1" for row in rows)
    assert teacher.id_number not in str(rows)
    table = admin.get(at(counted.east, "/export"))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(table.data)).get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["东县一小", 3]
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export")).all()
    assert [entry.detail["what"] for entry in entries] == ["all", "units"]


def test_without_a_count_one_is_told_when_there_will_be_one(
    staff: As, tree: Tree, session: Session, clock: FakeClock
) -> None:
    admin = staff("city_admin", tree.city)
    assert "还没有可统计的项目" in admin.get("/dashboards").text
    programmes.publish(session, phase2_text(), clock())
    session.commit()
    assert "还没有统计数据" in admin.get(at(tree.city)).text
    assert admin.get(f"/dashboards/no-such/units/{tree.city.id}").status_code == 404


def test_roles_that_do_not_watch_are_refused(staff: As, counted: Tree) -> None:
    assert staff("hotline", counted.city).get("/dashboards").status_code == 403
    assert staff("collector", counted.city).get(at(counted.east)).status_code == 403


def test_lists_of_a_citys_own_schools_have_these_alone(staff: As, counted: Tree, session: Session) -> None:
    admin = staff("city_admin", counted.city)
    page = admin.get(at(counted.city, "?direct=1")).text
    assert "虚构市 · 市直学校 统计" in page
    assert at(counted.city, "/people?show=never&amp;direct=1") in page
    names = admin.get(at(counted.city, "/people?show=never&direct=1"))
    assert names.text.count('data-label="姓名"') == 1
    assert "市直一中" in names.text
    assert "show=never&direct=1" in names.text.replace("&amp;", "&")
    shop = Workshop(programme_slug=SLUG, code="w", title="语文坊")
    session.add(shop)
    session.flush()
    session.execute(sa.update(Enrolment).values(workshop_id=shop.id))
    session.commit()
    assert 'data-label="学员" class="number">1<' in admin.get(at(counted.city, "/workshops?direct=1")).text


def test_figures_say_of_when_they_are_and_results_are_of_the_night(
    staff: As, counted: Tree, session: Session, clock: FakeClock
) -> None:
    admin = staff("city_admin", counted.city)
    assert "成绩和有风险截至 还没有计算" in admin.get("/dashboards").text
    snapshots.freeze(session, SLUG, clock().date(), clock())
    tallies.count(session, SLUG, clock() + timedelta(minutes=5))
    session.commit()
    page = admin.get("/dashboards").text
    assert "参训截至 2022-08-01 09:05" in page
    assert "成绩和有风险截至 2022-08-01 09:00" in page


def test_who_is_exempt_is_never_called_unpassed(staff: As, counted: Tree, session: Session) -> None:
    session.execute(sa.update(Enrolment).values(status="exempt", exemption="产假"))
    session.commit()
    reply = staff("city_admin", counted.city).get(f"/dashboards/{SLUG}/people/export")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(reply.data)).get_sheet_by_index(0).to_python()
    assert [row[7] for row in rows[1:7]] == ["免修"] * 6


def test_what_is_not_reached_does_not_look_reached_in_files_either() -> None:
    (_, took_part, _), counts = rates.definitions(load(phase2_text())), tallies.Counts(enrolled=10_000, studying=9_999)
    assert dashboard_tables.cells("", counts, (took_part,))[4] == 99.9
    assert took_part.of(counts).says == "99.9%"
