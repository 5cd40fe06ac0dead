"""Rosters and what else happens to the same people at the same moment: on servers, with threads."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, RosterImport, RosterImportRow
from services import uploads
from services.errors import XueshiError
from services.passwords import Passwords
from services.rosters import imports, undo
from tests import sheets
from tests.services.rosters.test_intake import NOW, VAULT
from tests.services.rosters.test_undo import LATER, World
from tests.sheets import teacher

pytestmark = pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
PEOPLE = 40


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(4)


@pytest.fixture
def world(engine: sa.Engine, passwords: Passwords) -> World:
    with Session(engine) as session:
        return World(session, passwords)


def looked_at(engine: sa.Engine, world: World, *rows: list[str]) -> Callable[[Session], None]:
    """A roster that was looked at; what is returned takes it in."""
    with Session(engine) as session:
        content = sheets.csv_bytes([sheets.HEADER, *rows])
        given = {"slug": "xuchang-2022-phase2"}
        code = uploads.put(session, VAULT, world.who, "roster", "名单.csv", content, NOW, fields=given).code
        table, plan = imports.plan(session, VAULT, world.who, code, NOW)
        assert not plan.errors
        imports.keep_seen(session, VAULT, world.who, code, table, plan, NOW)
        session.commit()

    def take_in(session: Session) -> None:
        imports.take_in(session, VAULT, world.passwords, world.by, code, plan, NOW, partial=False)

    return take_in


def at_once(engine: sa.Engine, *steps: Callable[[Session], object]) -> list[str]:
    """What became of each step, all started together: "" or the code of its error."""
    start, told = threading.Barrier(len(steps)), ["it raised something else"] * len(steps)

    def run(number: int) -> None:
        with Session(engine) as session:
            start.wait(10)
            try:
                steps[number](session)
                session.commit()
                told[number] = ""
            except XueshiError as error:
                told[number] = error.code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_two_rosters_with_the_same_new_people_one_is_taken_in(engine: sa.Engine, world: World) -> None:
    rows = [teacher(serial) for serial in range(PEOPLE)]
    told = at_once(engine, looked_at(engine, world, *rows), looked_at(engine, world, *reversed(rows)))
    assert sorted(told) == ["", "roster_changed"]


def test_what_another_changed_since_it_was_looked_at_is_not_written_over(engine: sa.Engine, world: World) -> None:
    at_once(engine, looked_at(engine, world, *(teacher(serial) for serial in range(PEOPLE))))
    here = looked_at(engine, world, *(teacher(serial, mobile=f"19911110{serial:03}") for serial in range(PEOPLE)))
    there = [teacher(serial, school="示范第二小学") for serial in reversed(range(PEOPLE))]
    told = at_once(engine, here, looked_at(engine, world, *there))
    assert sorted(told) == ["", "roster_changed"]
    with Session(engine) as session:  # and what was written down is true: taking it back leaves them as they were
        done = session.scalars(sa.select(RosterImport).order_by(RosterImport.id.desc())).first()
        assert done is not None
        before = [
            row.before["account"] for row in session.scalars(sa.select(RosterImportRow).filter_by(import_id=done.id))
        ]
        assert len(before) == PEOPLE
        assert {tuple(sorted(of)) for of in before} in ({("school_id",)}, {("mobile_envelope", "mobile_index")})


def test_taken_back_by_two_at_once_it_goes_once(engine: sa.Engine, world: World) -> None:
    at_once(engine, looked_at(engine, world, *(teacher(serial) for serial in range(5))))
    with Session(engine) as session:
        import_id = session.scalars(sa.select(RosterImport.id)).one()
    verdicts = []

    def take_back(session: Session) -> None:
        verdicts.append(undo.undo(session, VAULT, world.by, import_id, LATER))

    assert at_once(engine, take_back, take_back) == ["", ""]
    assert sorted(verdict is None for verdict in verdicts) == [False, True]
    with Session(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1
