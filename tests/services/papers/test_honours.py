"""Honours on real SQL: candidates, recommendations, and the list that is frozen."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import HonourEntry, Recommendation
from services import standings
from services.errors import Forbidden, Invalid, NotFound
from services.papers import honours
from services.papers.honours import HonoursFrozen, HonoursTooEarly
from tests import factories
from tests.services.awarding import AFTER, DURING, awarding

SHARE_HALF = ('share = 0.1\nwithin = "programme"\nassumed', 'share = 0.5\nwithin = "programme"\nassumed')
RECOMMENDED = (
    'share = 0.1\nwithin = "programme"\nassumed',
    'share = 0.5\nwithin = "workshop"\nrecommended = true\nassumed',
)


def winners(placed) -> list[int]:
    return [one.candidate.account_id for one in placed if one.awarded]


class TestCandidates:
    def test_those_who_passed_by_exact_score_the_best_first(self, engine):
        with Session(engine) as session:
            them = awarding(session, SHARE_HALF)
            best, good = them.learner(60), them.learner(60)
            them.hand_in(best, "stories")
            them.learner(20)  # has not passed
            slug = them.programme.slug
            placed = honours.preview(session, slug, "excellent", AFTER)
            assert [one.candidate.account_id for one in placed] == [best.account_id, good.account_id]
            assert [one.rank for one in placed] == [1, 2]
            assert winners(placed) == [best.account_id]

    def test_neither_who_is_exempt_nor_who_withdrew_nor_who_is_in_another_programme(self, session):
        them = awarding(session, SHARE_HALF)
        them.learner(status="exempt", exemption="国培证书")
        them.learner(status="withdrawn")
        factories.enrolment(session, factories.account(session), factories.programme(session))
        assert honours.preview(session, them.programme.slug, "excellent", AFTER) == []

    def test_who_is_in_two_versions_is_one_candidate_with_the_better_score(self, session):
        them = awarding(session, SHARE_HALF)
        first = them.learner(60)
        newer = awarding(session, SHARE_HALF, ("version = 1", 'version = 2\nchanges = "改正"'))
        second = newer.learner(60)
        second.account_id = first.account_id
        newer.hand_in(second, "stories")
        slug = them.programme.slug
        [placed] = honours.preview(session, slug, "excellent", AFTER)
        assert placed.candidate.enrolment_id == second.id
        honours.freeze(session, slug, "excellent", "培训中心", AFTER)
        assert session.scalar(sa.select(sa.func.count()).select_from(HonourEntry)) == 1

    def test_leaders_by_their_own_table_and_the_best_of_their_workshops(self, session):
        them = awarding(session)
        better, other, idle = (factories.account(session) for _ in range(3))
        them.workshop(better, bulletins=0)
        best = them.workshop(better, bulletins=3)
        them.workshop(other, bulletins=2)
        them.workshop(idle)
        them.workshop()
        placed = honours.preview(session, them.programme.slug, "excellent_leader", AFTER)
        assert [(one.candidate.account_id, one.rank, one.awarded) for one in placed] == [
            (better.id, 1, True),
            (other.id, 2, False),
        ]
        assert placed[0].candidate.workshop_id == best.id

    def test_more_than_fit_in_one_query(self, session, monkeypatch):
        monkeypatch.setattr(honours, "CHUNK", 2)
        them = awarding(session)
        for _ in range(5):
            them.learner()
        assert len(honours.preview(session, them.programme.slug, "excellent", AFTER)) == 5
        frozen = honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
        assert session.query(HonourEntry).filter_by(list_id=frozen.id).count() == 5

    @pytest.mark.parametrize("kind", ["completion", "nothing"])
    def test_what_is_no_honour_is_not_found(self, session, kind):
        them = awarding(session)
        with pytest.raises(NotFound, match="excellent、excellent_leader"):
            honours.preview(session, them.programme.slug, kind, AFTER)


class TestFreezing:
    def test_the_list_decides_whatever_happens_to_the_scores(self, engine):
        with Session(engine) as session:
            them = awarding(session, SHARE_HALF)
            first, second = them.learner(), them.learner()
            them.hand_in(first, "stories")
            slug = them.programme.slug
            honours.freeze(session, slug, "excellent", "许昌市中小学教师培训中心", AFTER)
            them.hand_in(second, "stories")
            them.hand_in(second, "discussion")
            assert standings.of(session, [first, second])[first.id].honours == {"excellent"}
            assert standings.of(session, [first, second])[second.id].honours == frozenset()
            frozen, rows = honours.listed(session, slug, "excellent")
            assert frozen.frozen_by == "许昌市中小学教师培训中心"
            assert [(row.rank, row.awarded) for row in rows] == [(1, True), (2, False)]
            assert rows[0].because == "第 1 名，名额 1 人：授予"

    def test_only_once(self, engine):
        with Session(engine) as session:
            them = awarding(session)
            them.learner()
            honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
            with pytest.raises(HonoursFrozen):
                honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
            assert session.scalar(sa.select(sa.func.count()).select_from(HonourEntry)) == 1

    def test_not_while_study_goes_on(self, session):
        them = awarding(session)
        with pytest.raises(HonoursTooEarly, match="2022-11-01 00:00"):
            honours.freeze(session, them.programme.slug, "excellent", "培训中心", DURING)

    @pytest.mark.parametrize("by", ["", " ", "某", "长" * 51, "a\x00b"])
    def test_somebody_has_to_stand_for_it(self, session, by):
        them = awarding(session)
        with pytest.raises(Invalid):
            honours.freeze(session, them.programme.slug, "excellent", by, AFTER)

    def test_a_list_of_nobody_is_a_list(self, session):
        them = awarding(session)
        honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
        assert honours.listed(session, them.programme.slug, "excellent")[1] == []

    def test_before_it_there_is_none(self, session):
        them = awarding(session)
        with pytest.raises(NotFound):
            honours.listed(session, them.programme.slug, "excellent")


class TestRecommendation:
    @pytest.fixture
    def them(self, session):
        return awarding(session, RECOMMENDED)

    def test_only_the_recommended_receive_it_within_their_workshop(self, them, session):
        leader = factories.account(session)
        workshop = them.workshop(leader)
        chosen, other = (them.learner(workshop_id=workshop.id) for _ in range(2))
        them.hand_in(chosen, "stories")
        slug = them.programme.slug
        assert winners(honours.preview(session, slug, "excellent", AFTER)) == []
        honours.recommend(session, leader.id, chosen, "excellent", "作业优秀", AFTER)
        honours.recommend(session, leader.id, chosen, "excellent", "作业优秀，乐于助人", AFTER)
        honours.recommend(session, leader.id, other, "excellent", "", AFTER)
        assert winners(honours.preview(session, slug, "excellent", AFTER)) == [chosen.account_id]
        assert session.get(Recommendation, (chosen.id, "excellent")).reason == "作业优秀，乐于助人"

    def test_only_by_the_leader_of_the_own_workshop_and_before_the_list_is_frozen(self, them, session):
        leader, stranger = factories.account(session), factories.account(session)
        them.workshop(stranger)
        learner = them.learner(workshop_id=them.workshop(leader).id)
        for enrolment, by in ((learner, stranger), (them.learner(), leader)):
            with pytest.raises(Forbidden):
                honours.recommend(session, by.id, enrolment, "excellent", "", AFTER)
        with pytest.raises(Invalid):
            honours.recommend(session, leader.id, learner, "excellent_leader", "", AFTER)
        with pytest.raises(Invalid):
            honours.recommend(session, leader.id, learner, "excellent", "长" * 301, AFTER)
        with pytest.raises(NotFound):
            honours.recommend(session, leader.id, learner, "completion", "", AFTER)
        honours.freeze(session, them.programme.slug, "excellent", "培训中心", AFTER)
        with pytest.raises(HonoursFrozen):
            honours.recommend(session, leader.id, learner, "excellent", "", AFTER)
