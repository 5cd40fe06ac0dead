"""Whose word counts for which school: a person, by the organisation of the appointment, is one of the programme's collectors."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from models import Account, Organisation
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.errors import NotFound
from services.fees import bills, collecting, remittances
from services.fees.reconciling import MovedMeanwhile, SumDiffers
from services.fees.remittances import Arrived
from tests import factories
from tests.services.paying import SLUG, VAULT, Paying, paying

NOW = datetime(2022, 10, 1, 1, tzinfo=UTC)


def collector(session: Session, at: Organisation) -> Principal:
    who: Account = factories.account(session, role="staff")
    return Principal(who.id, who.name, ROLES["collector"], 1, at.id, at.name)


def billed(session: Session, at: Paying) -> int:
    return bills.issue(session, VAULT, SLUG, at.school.id, handler="甲", contact="1", invoice={}, now=NOW).id


class TestWhichCollector:
    def test_a_county_is_who_names_it_and_a_city_who_has_the_rest(self, session):
        named, rest = paying(session), paying(session, county="襄城县", school="襄城县第一小学")
        city = session.get_one(Organisation, named.county.parent_id)
        keys = [collecting.key_of(session, collector(session, at), SLUG) for at in (named.county, rest.county, city)]
        assert keys == ["counties", "city", "city"]

    def test_where_nobody_takes_part_there_is_none(self, session):
        paying(session)
        elsewhere = factories.school(session, kind="county", name="长葛市")  # of the same name, in another tree
        assert collecting.key_of(session, collector(session, elsewhere), SLUG) is None

    def test_a_city_does_not_reach_what_the_counties_collector_confirms(self, session):
        named = paying(session)
        bill_id = billed(session, named)
        city = session.get_one(Organisation, named.county.parent_id)
        assert collecting.bill(session, collector(session, named.county), bill_id).id == bill_id
        with pytest.raises(NotFound):
            collecting.bill(session, collector(session, city), bill_id)


class TestActing:
    def test_of_two_one_wins_and_the_other_is_told(self, session):
        at = paying(session)
        bill_id = billed(session, at)
        first, second = collector(session, at.county), collector(session, at.county)
        with pytest.raises(SumDiffers):
            collecting.confirm(session, first, bill_id, reason="", now=NOW)
        assert collecting.confirm(session, first, bill_id, reason="另汇", now=NOW)[1]
        done, newly = collecting.confirm(session, second, bill_id, reason="另汇", now=NOW)
        assert (newly, done.confirmed_by) == (False, first.account_id)

    def test_money_that_moved_since_the_page_was_shown_stays(self, session):
        at = paying(session)
        bill_id = billed(session, at)
        arrived = Arrived("R1", "某某", "", 18000, date(2022, 9, 30))
        money = remittances.record(session, SLUG, arrived, NOW)[0]
        who = collector(session, at.county)
        assert collecting.assign(session, who, money.id, bill_id, was=None).bill_id == bill_id
        with pytest.raises(MovedMeanwhile):
            collecting.assign(session, who, money.id, None, was=None)
        assert money.bill_id == bill_id
