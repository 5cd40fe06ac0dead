"""The demonstration on every database; what it looks like to a newcomer is in tests/server/cli."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Organisation
from services import demonstration, progress
from tests.teachers import collaborators


def test_it_loads_twice_and_everybody_has_a_score_card(app, engine, clock):
    for _ in range(2):
        with Session(engine) as session:
            people = demonstration.load(session, collaborators(app), clock())
            session.commit()
    with Session(engine) as session:
        rows = list(session.scalars(sa.select(Enrolment)))
        assert len(rows) == 2 * len(people)
        assert progress.score_card(session, rows[0], clock()).study_open
        assert len(progress.courses(session, rows[0])) == 8
        assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == len(demonstration.TREE)


def test_no_account_shows_its_number_or_password_in_a_log(app, session, clock):
    shown = repr(demonstration.load(session, collaborators(app), clock())[0])
    assert "999999" not in shown
    assert "Haolaoshi" not in shown
