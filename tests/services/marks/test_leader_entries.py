"""What earns a workshop leader points besides the rates, and who may enter it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import LeaderAchievement
from programmes.evidence import ItemEvidence
from services.errors import Invalid, NotFound
from services.handing_in import achievements
from services.handing_in.deadlines import TooEarly, TooLate
from services.marks import leader_entries
from services.marks.judgements import Judgement
from services.marks.staff import Staff
from tests import factories
from tests.services.handing_in.class_room import BEGIN, NOW, OVER, class_of

DAY = timedelta(days=1)


@pytest.fixture
def them(session):
    return class_of(session)


@pytest.fixture
def leader(them):
    return Staff(them.leader.id, them.workshop.id)


def test_a_bulletin_is_published_and_published_again(session, them, leader):
    for number, title in (("1", "第一期"), ("2", "第二期"), ("2", "第二期（修订）")):
        row = leader_entries.record(session, leader, them.workshop.id, "bulletins", item=number, title=title, now=NOW)
    assert (row.title, row.entered_by) == ("第二期（修订）", them.leader.id)
    assert row.history[0]["title"] == "第二期"
    assert achievements.leader_items(session, them.workshop.id)[0] == ItemEvidence(part="bulletins", at=NOW, item="1")


def test_others_judge_the_leader(session, them, leader):
    with pytest.raises(Invalid):
        leader_entries.record(session, leader, them.workshop.id, "office", now=NOW)
    office = Staff(factories.account(session, role="city_admin").id)
    row = leader_entries.record(session, office, them.workshop.id, "office", Judgement(passed=True), now=NOW)
    assert row.passed


def test_what_the_platform_measures_nobody_enters(session, them, leader):
    with pytest.raises(Invalid, match="平台统计"):
        leader_entries.record(session, leader, them.workshop.id, "passed", Judgement(mark=100), now=NOW)


def test_wrong_parts_workshops_days_and_titles(session, them, leader):
    for changes, error in (
        ({"part_key": "summary"}, NotFound),
        ({"workshop_id": them.workshop.id + 999}, NotFound),
        ({"workshop_id": 2**70}, NotFound),
        ({"staff": Staff(None, them.workshop.id)}, NotFound),
        ({"at": NOW + DAY}, Invalid),
        ({"title": "长" * 201}, Invalid),
        ({"item": "/"}, Invalid),
        ({"now": OVER + 400 * DAY}, TooLate),
        ({"now": BEGIN - 400 * DAY}, TooEarly),
    ):
        given = {"staff": leader, "workshop_id": them.workshop.id, "part_key": "bulletins", "now": NOW} | changes
        with pytest.raises(error):
            leader_entries.record(session, **given)
    assert session.scalars(sa.select(LeaderAchievement)).all() == []
