"""Bulletins in the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Bulletin
from services import programmes
from services.watching import snapshots, tallies
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import phase2_text

SLUG = "xuchang-2022-phase2"
FORM = {
    "slug": SLUG,
    "day": "2022-07-31",
    "number": "〔2022〕第1期",
    "title": "进展通报",
    "remarks": "第一段\n\n<b>第二段</b>",
}
As = Callable[..., Staff]


@pytest.fixture
def frozen(session: Session, tree: Tree, clock: FakeClock) -> Tree:
    programme = programmes.publish(session, phase2_text(), clock())
    for school in (tree.east_school, tree.west_school):
        factories.enrolment(session, factories.account(session, school_id=school.id), programme, credited_seconds=9)
    tallies.count(session, SLUG, clock())
    snapshots.freeze(session, SLUG, clock().date() - timedelta(days=1), clock())
    session.commit()
    return tree


def test_one_is_looked_at_issued_read_and_stays(staff: As, frozen: Tree, session: Session, clock: FakeClock) -> None:
    admin = staff("city_admin", frozen.city)
    preview = admin.get("/bulletins/new").text
    assert "〔2022〕第1期" in preview
    assert "虚构西县" in preview
    issued = admin.post("/bulletins", FORM)
    assert issued.status_code == 302
    page = admin.get(issued.location.removeprefix("/console")).text
    assert "&lt;b&gt;第二段&lt;/b&gt;" in page
    assert "现将“" in page
    assert " style=" not in page
    session.execute(sa.update(programmes.Programme).values(title="改了"))
    session.execute(sa.update(Account).where(Account.id == admin.account_id).values(name="改了"))
    for unit in (frozen.east, frozen.west):
        unit.name = "改了"
    session.commit()
    again = admin.get(issued.location.removeprefix("/console")).text.partition("<article")[2]
    assert "虚构西县" in again
    assert "改了" not in again
    assert session.scalar(sa.select(AuditEntry.action)) == "bulletin"
    assert "进展通报" in admin.get("/bulletins").text


def test_it_is_found_by_those_above_and_not_by_neighbours(staff: As, frozen: Tree, session: Session) -> None:
    staff("county_admin", frozen.east).post("/bulletins", FORM)
    made = session.scalars(sa.select(Bulletin)).one()
    for path in (f"/bulletins/{made.id}", f"/bulletins/{made.id}/pdf"):
        assert staff("county_admin", frozen.west).get(path).status_code == 404
    assert staff("city_admin", frozen.city).get(f"/bulletins/{made.id}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"title": ""}, 200),
        ({"title": "长" * 201}, 200),
        ({"remarks": "长" * 2001}, 200),
        ({"day": "2022-07-01"}, 409),
        ({"day": "昨天"}, 422),
        ({"slug": "no-such"}, 404),
        ({"organisation_id": "999999"}, 404),
        ({"organisation_id": "x"}, 404),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_issued(
    staff: As, frozen: Tree, session: Session, changes: dict[str, str], status: int
) -> None:
    assert staff("city_admin", frozen.city).post("/bulletins", FORM | changes).status_code == status
    assert session.scalar(sa.select(sa.func.count(Bulletin.id))) == 0


def test_a_unit_elsewhere_is_not_found_before_the_form_is_looked_at(staff: As, frozen: Tree) -> None:
    admin = staff("county_admin", frozen.east)
    assert admin.get(f"/bulletins/new?organisation_id={frozen.west.id}").status_code == 404
    assert admin.post("/bulletins", {"organisation_id": str(frozen.west.id)}).status_code == 404


def test_without_snapshots_one_is_told_when_there_will_be_some(staff: As, tree: Tree) -> None:
    assert "还没有每日快照" in staff("city_admin", tree.city).get("/bulletins/new").text


def test_it_is_printed_as_a_pdf(staff: As, frozen: Tree, session: Session) -> None:
    pytest.importorskip("weasyprint")
    admin = staff("city_admin", frozen.city)
    admin.post("/bulletins", FORM)
    made = session.scalars(sa.select(Bulletin)).one()
    reply = admin.get(f"/bulletins/{made.id}/pdf")
    assert reply.data.startswith(b"%PDF") or reply.status_code == 503  # no Chinese font on this machine


def test_sent_again_it_is_issued_once_and_the_form_stays(staff: As, frozen: Tree, session: Session) -> None:
    admin = staff("city_admin", frozen.city)
    admin.post("/bulletins", FORM)
    again = admin.post("/bulletins", FORM)
    assert "已经发过通报" in again.text
    assert "第一段" in again.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Bulletin)) == 1


def test_those_below_read_what_ranks_them_and_those_beside_do_not(staff: As, frozen: Tree) -> None:
    of_the_city = staff("city_admin", frozen.city).post("/bulletins", FORM).location.removeprefix("/console")
    below = staff("county_admin", frozen.east)
    assert below.get(of_the_city).status_code == 200
    assert "进展通报" in below.get("/bulletins").text
    own = below.post("/bulletins", FORM | {"number": "〔2022〕第2期"}).location.removeprefix("/console")
    assert staff("school_admin", frozen.east_school).get(own).status_code == 200
    assert staff("county_admin", frozen.west).get(own).status_code == 404
