"""The demonstration on every database; what it looks like to a newcomer is in tests/server/cli."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Appointment, Enrolment, Organisation, SecondFactor
from services import demonstration, demonstration_staff, progress
from services.authority.roles import ROLES
from tests.teachers import collaborators


def test_it_loads_twice_and_everybody_has_a_score_card(app, engine, clock):
    for _ in range(2):
        with Session(engine) as session:
            people = demonstration.load(session, collaborators(app), clock())
            session.commit()
    with Session(engine) as session:
        rows = list(session.scalars(sa.select(Enrolment)))
        teachers = [person for person in people if person.role == "teacher"]
        assert len(rows) == 2 * len(teachers) < 2 * len(people)
        assert {person.role for person in people} == {"teacher", *ROLES} - {"province_admin"}
        assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == len(demonstration_staff.STAFF) - 1
        assert session.scalar(sa.select(sa.func.count()).where(Enrolment.workshop_id.is_(None))) == 0
        assert progress.score_card(session, rows[0], clock()).study_open
        assert len(progress.courses(session, rows[0])) == 8
        assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == len(demonstration.TREE)


def test_no_account_shows_its_number_or_password_in_a_log(app, session, clock):
    people = demonstration.load(session, collaborators(app), clock())
    shown = repr(people)
    assert "999999" not in shown
    assert "Haolaoshi" not in shown
    assert demonstration_staff.PASSWORD not in shown
    assert people[-1].second_factor not in shown


def test_staff_whose_phone_was_reset_get_a_new_key_and_no_role_that_was_taken_away(app, session, clock):
    first = demonstration.load(session, collaborators(app), clock())
    operator = session.scalars(sa.select(Appointment).where(Appointment.role == "operator")).one()
    operator.ended_at = clock()
    session.execute(sa.delete(SecondFactor).where(SecondFactor.account_id == operator.account_id))
    again = demonstration.load(session, collaborators(app), clock())
    changed = [one.role for one, two in zip(first, again, strict=True) if one != two]
    assert changed == ["operator"]
    assert session.scalar(sa.select(sa.func.count()).where(Appointment.role == "operator")) == 1
