"""Make-up enrolment (补学) of last year's failures. Shexian 2022, annex 1."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Enrolment, Result
from services import programmes
from services.enrolling import enrolments, make_up, quotas
from tests import factories
from tests.programmes.notices import QUOTA, local, phase2_text
from tests.services.studying import NOW

AFTER = ('id = "xuchang-2022-phase2"', 'id = "last-year"')
INTO = ('id = "xuchang-2022-phase2"', 'id = "make-up"')
RULE = ("[fee]\n", '[[enrolment.make_ups]]\nafter = "last-year"\ninto = "make-up"\nassumed = "虚构"\n\n[fee]\n')
#: Last year's programme is over by then.
LATER = local("2023-03-01T09:00")


@pytest.fixture
def last_year(session):
    return programmes.publish(session, phase2_text(AFTER), NOW)


@pytest.fixture
def this_year(session):
    return programmes.publish(session, phase2_text(RULE), NOW)


@pytest.fixture
def into(session):
    return programmes.publish(session, phase2_text(INTO), NOW)


@pytest.fixture
def teacher(session, last_year, this_year):
    """teacher(status=…): enrolled last year and this year; `changes` are of last year's enrolment."""

    def teacher(**changes):
        account = factories.account(session, school_id=factories.school(session).id)
        before = factories.enrolment(session, account, last_year, **({"status": "active"} | changes))
        factories.enrolment(session, account, this_year, status="active")
        return account, before

    return teacher


def result(session, enrolment, passed):
    values = {"score": 0, "best": 0, "hours_credited": 0, "hours_counted": 0}
    ids = {"enrolment_id": enrolment.id, "programme_id": enrolment.programme_id}
    session.add(Result(**ids, **values, passed=passed, computed_at=NOW))
    session.flush()


def made(session):
    return session.scalars(sa.select(Enrolment).where(Enrolment.origin == "make_up")).all()


def test_who_failed_last_year_is_enrolled_once(session, teacher, this_year, into):
    account, before = teacher()
    before.school_id = None
    done = make_up.run(session, this_year, LATER)
    [enrolment] = made(session)
    assert (enrolment.account_id, enrolment.programme_id, enrolment.school_id) == (
        account.id, into.id, account.school_id,
    )  # fmt: skip
    assert (done.enrolled, done.notes) == (1, [f"“{into.title}”未合格的 1 人已报名“{into.title}”。"])
    assert make_up.run(session, this_year, LATER).enrolled == 0
    assert len(made(session)) == 1


def test_who_passed_was_exempt_or_withdrew_is_not(session, teacher, this_year, into):
    _, passed = teacher()
    result(session, passed, passed=True)
    teacher(status="exempt", exemption="证书")
    teacher(status="withdrawn")
    assert make_up.run(session, this_year, LATER).enrolled == 0


def test_a_kept_result_that_failed_is_scored_anew(session, teacher, this_year, into):
    _, failed = teacher()
    result(session, failed, passed=False)
    assert make_up.run(session, this_year, LATER).enrolled == 1


def test_only_who_takes_part_this_year(session, last_year, this_year, into):
    account = factories.account(session)
    factories.enrolment(session, account, last_year, status="active")
    assert make_up.run(session, this_year, LATER).enrolled == 0


def test_who_is_exempt_this_year_makes_up_all_the_same(session, teacher, this_year, into):
    account, _ = teacher()
    enrolments.in_programme(session, account.id, this_year.slug).status = "exempt"
    session.flush()
    assert make_up.run(session, this_year, LATER).enrolled == 1


def test_before_it_is_published_a_note_says_what_to_do(session, teacher, this_year):
    teacher()
    done = make_up.run(session, this_year, LATER)
    assert done.enrolled == 0
    assert done.notes[0].startswith("补学项目 make-up 还没有发布")
    assert f"flask enrol make-up {this_year.slug}" in done.notes[0]


def test_while_last_years_still_runs_nobody_has_failed(session, teacher, this_year, into):
    teacher()
    done = make_up.run(session, this_year, NOW)
    assert done.enrolled == 0
    assert "还没有结束" in done.notes[0]


def test_without_a_place_it_is_said_how_many_were_not(session, teacher, this_year):
    teacher()
    into = programmes.publish(session, phase2_text(INTO, QUOTA), NOW)
    assert make_up.run(session, this_year, LATER).notes == [f"另有 1 人因名额或学段未能报名“{into.title}”。"]
    for school in session.scalars(sa.select(Enrolment.school_id).where(Enrolment.school_id.is_not(None)).distinct()):
        organisation = session.get(quotas.Organisation, school)
        quotas.put(session, programmes.get(session, into.id), organisation, "", 1)
    assert make_up.run(session, this_year, LATER).enrolled == 1


def test_a_programme_without_the_rule_does_nothing(session, last_year):
    assert make_up.run(session, last_year, LATER) == make_up.Done()


def test_two_at_once_enrol_everybody_once(engine):
    with Session(engine) as session:
        before, here, _ = (programmes.publish(session, phase2_text(of), NOW) for of in (AFTER, RULE, INTO))
        for account in (factories.account(session), factories.account(session)):
            factories.enrolment(session, account, before, status="active")
            factories.enrolment(session, account, here, status="active")
        session.commit()
        slug = here.slug
    both = Barrier(2, timeout=10)

    def run(_):
        both.wait()
        with Session(engine) as session, session.begin():
            return make_up.run(session, programmes.latest(session, slug), LATER).enrolled

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, range(2))) == [0, 2]
