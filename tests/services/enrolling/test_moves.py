"""Moving school (调动)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Coverage, Enrolment
from services import programmes
from services.enrolling import moves, quotas
from services.enrolling.quotas import QuotaFull
from tests import factories
from tests.programmes.notices import QUOTA, phase2_text
from tests.services.studying import NOW, cast


def test_what_was_earned_goes_along_and_every_move_is_kept(session):
    them = cast(session)
    them.studied(them.ethics.lessons[0], 900)
    first, second = (factories.school(session, name=name) for name in ("示范甲校", "示范乙校"))
    home = them.enrolment.school_id
    assert moves.move(session, them.enrolment, first.id, NOW, reason="调动")
    assert moves.move(session, them.enrolment, second.id, NOW)
    assert (them.enrolment.school_id, them.teacher.school_id) == (second.id, second.id)
    assert session.get(Coverage, (them.enrolment.id, them.ethics.lessons[0].id)).credited == 900
    told = moves.history(session, them.enrolment.id)
    assert [(one.to_school, one.reason) for one in told] == [("示范甲校", "调动"), ("示范乙校", "")]
    assert told[0].from_school == session.get(type(first), home).name


def test_to_where_one_is_already_is_no_move(session):
    them = cast(session)
    assert not moves.move(session, them.enrolment, them.enrolment.school_id, NOW)
    assert moves.history(session, them.enrolment.id) == []


def test_another_programmes_enrolment_stays_with_the_school_that_paid(session):
    them = cast(session)
    other = factories.enrolment(session, them.teacher, factories.programme(session), school_id=them.teacher.school_id)
    before = other.school_id
    moves.move(session, them.enrolment, factories.school(session).id, NOW)
    assert other.school_id == before


def test_the_new_school_needs_a_place(session):
    full = factories.school(session)
    them = cast(session)
    them.programme = programmes.publish(
        session, them.programme.document.replace(*QUOTA).replace("version = 1", 'version = 2\nchanges = "名额"', 1), NOW
    )
    them.enrolment.programme = them.programme
    session.flush()
    quotas.put(session, programmes.get(session, them.programme.id), full, "", 0)
    with pytest.raises(QuotaFull):
        moves.move(session, them.enrolment, full.id, NOW)


def test_a_move_and_a_roster_wait_for_each_other_in_one_order(engine):
    """A roster locks the places, then writes accounts. A move that had locked its account first would be waited for, and wait."""
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    with Session(engine) as session:
        programme = programmes.publish(session, phase2_text(QUOTA), NOW)
        here, there = factories.school(session), factories.school(session)
        for school in (here, there):
            quotas.put(session, programmes.get(session, programme.id), school, "", 1)
        who = factories.account(session, school_id=here.id)
        enrolment = factories.enrolment(session, who, programme, status="active")
        session.commit()
        slug, to, account_id, enrolment_id = programme.slug, there.id, who.id, enrolment.id

    def move():
        with Session(engine) as session, session.begin():
            return moves.move(session, session.get_one(Enrolment, enrolment_id), to, NOW)

    with ThreadPoolExecutor(1) as pool, Session(engine) as roster:
        quotas.lock(roster, slug)
        moving = pool.submit(move)
        with pytest.raises(TimeoutError):
            moving.result(0.3)
        roster.execute(sa.update(Account).where(Account.id == account_id).values(subject="数学"))
        roster.commit()
        assert moving.result(10)
