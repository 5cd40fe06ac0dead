"""What a page asks of the database does not grow with the number of schools, and names the units where they are few."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import Enrolment, Organisation
from services import programmes
from services.watching import tallies
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import phase2_text

SLUG = "xuchang-2022-phase2"
#: Pages of a county with something for each school, enrolment or programme.
PAGES = (
    "/enrolments",
    "/bulk-reset",
    "/rosters",
    "/papers",
    "/fees",
    "/evidence",
    "/programmes",
    "/staff",
    f"/dashboards?slug={SLUG}",
)
#: The session, the roles, the units: asked before each page.
BEFORE = 3


@contextmanager
def statements() -> Iterator[list[str]]:
    told: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            told.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield told
    finally:
        sa.event.remove(Engine, "before_cursor_execute", listen)


@pytest.fixture
def county(staff: Callable[..., Staff], tree: Tree, app: Flask) -> Staff:
    return staff("county_admin", tree.east)


@pytest.fixture
def more(session: Session, tree: Tree, clock: FakeClock) -> Callable[[int], None]:
    """So many more schools in the county, each with a learner; and everything counted."""
    programme = programmes.publish(session, phase2_text(), clock())

    def more(count: int) -> None:
        for _ in range(count):
            school = factories.school(session, parent_id=tree.east.id)
            factories.enrolment(session, factories.account(session, school_id=school.id), programme)
        tallies.count(session, SLUG, clock())
        session.commit()

    return more


def test_more_schools_are_no_more_statements(county: Staff, more: Callable[[int], None]) -> None:
    more(2)
    few = {page: asked(county, page) for page in PAGES}
    more(9)
    many = {page: asked(county, page) for page in PAGES}
    assert {page: len(told) for page, told in many.items()} == {page: len(told) for page, told in few.items()}


@pytest.mark.parametrize("page", ["/enrolments", "/papers", "/fees", "/evidence", "/programmes"])
def test_a_countys_units_are_walked_once(county: Staff, more: Callable[[int], None], page: str) -> None:
    more(1)
    told = asked(county, page)
    assert [statement for statement in told if "RECURSIVE" in statement] == [told[BEFORE - 1]]


def test_many_units_are_not_named(
    county: Staff, more: Callable[[int], None], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.authority.scope.FEW_UNITS", 2)
    more(3)
    assert "RECURSIVE" in asked(county, "/enrolments")[-1]
    shown = county.get("/enrolments").text
    schools = session.scalars(
        sa.select(Organisation.name).join(Enrolment, Enrolment.school_id == Organisation.id).distinct()
    )
    assert all(name in shown for name in schools)


def asked(county: Staff, page: str) -> list[str]:
    """The statements of the second look: the first fills what the process keeps."""
    assert county.get(page).status_code == 200
    with statements() as told:
        county.get(page)
    return told
