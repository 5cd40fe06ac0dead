"""What is good once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import UsedTicket
from services import once
from tests.conftest import FakeClock


def test_a_form_serves_its_account_once(session: Session, clock: FakeClock) -> None:
    form = once.form(clock())
    once.use_form(session, form, 1, clock())
    with pytest.raises(once.UsedAlready):
        once.use_form(session, form, 1, clock())
    once.use_form(session, form, 2, clock())


def test_what_a_rolled_back_transaction_used_is_good_again(session: Session, clock: FakeClock) -> None:
    form = once.form(clock())
    once.use_form(session, form, 1, clock())
    session.rollback()
    once.use_form(session, form, 1, clock())


def test_a_form_is_refused_as_used_until_it_is_refused_as_old(session: Session, clock: FakeClock) -> None:
    form = once.form(clock())
    once.use_form(session, form, 1, clock())
    clock.advance(once.FORM_LIFE.total_seconds() - 1)
    with pytest.raises(once.UsedAlready):
        once.use_form(session, form, 1, clock())
    clock.advance(1)
    with pytest.raises(once.FormExpired):
        once.use_form(session, form, 1, clock())


def test_what_is_over_is_forgotten(session: Session, clock: FakeClock) -> None:
    once.use(session, "old", clock() + timedelta(minutes=1), clock())
    clock.advance(180)
    once.use(session, "new", clock() + timedelta(minutes=1), clock())
    assert session.scalar(sa.select(sa.func.count()).select_from(UsedTicket)) == 1


@pytest.mark.parametrize("form", ["", "0", "9" * 10 + "-" + "0" * 32, "١" * 10 + "-" + "0" * 32, "x" * 10_000])
def test_what_we_did_not_make_is_no_form(session: Session, clock: FakeClock, form: str) -> None:
    with pytest.raises(once.FormExpired):
        once.use_form(session, form, 1, clock())
