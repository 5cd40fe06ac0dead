"""The fixtures themselves: what other tests rely on."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account
from tests import factories


def test_each_database_starts_empty_and_takes_rows(engine):
    with Session(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0
        who = factories.account(session, school_id=factories.school(session).id)
        into = factories.programme(session)
        factories.lesson(session, factories.course(session, into))
        factories.enrolment(session, who, into)
        session.commit()


def test_each_database_starts_empty_again(engine):
    test_each_database_starts_empty_and_takes_rows(engine)


def test_a_request_finds_what_the_session_wrote(client, session):
    factories.account(session)
    assert client.get("/nowhere").status_code == 404
    assert not session.in_transaction()


def test_redis_starts_empty(redis, no_immortal_keys):
    assert redis.dbsize() == 0
    redis.set("short-lived", "1", ex=5)


def test_invented_id_numbers_have_their_checksum():
    # The standard's own example: GB 11643-1999, 4.2.
    assert factories.with_checksum("11010519491231002") == "11010519491231002X"
    assert len(factories.person(7).id_number) == 18


def test_the_clock_moves_only_when_told_to(clock):
    before = clock()
    assert clock() == before
    assert (clock.advance(seconds=30) - before).total_seconds() == 30


@pytest.fixture
def restless():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_the_clock_moves_for_every_thread_that_tells_it_to(clock, restless):
    before = clock()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: [clock.advance(1) for _ in range(500)], range(8)))
    assert (clock() - before).total_seconds() == 4000
