"""Ranks, places and ties."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.parts import Honour
from services.papers.ranks import Candidate, places, ranked


def honour(**changes) -> Honour:
    return Honour(**({"share": 0.1, "within": "programme", "clause": "六"} | changes))


def crowd(*scores: float, recommended: bool = True, workshop: int | None = 1) -> list[Candidate]:
    return [
        Candidate(number, Fraction(str(score)), number, workshop, recommended) for number, score in enumerate(scores, 1)
    ]


def awarded(rule: Honour, candidates) -> set[int]:
    return {one.candidate.account_id for one in ranked(rule, candidates) if one.awarded}


RULES = st.builds(
    honour,
    share=st.sampled_from([0.1, 0.25, 0.3, 0.5, 1.0]),
    within=st.sampled_from(["workshop", "programme"]),
    recommended=st.booleans(),
    ties=st.sampled_from(["all", "none"]),
    rounding=st.sampled_from(["down", "up"]),
)
CROWDS = st.lists(
    st.tuples(st.integers(90, 96).map(Fraction), st.sampled_from([None, 1, 2]), st.booleans()),
    max_size=40,
).map(lambda rows: [Candidate(n, score, n, workshop, good) for n, (score, workshop, good) in enumerate(rows, 1)])


class TestAlways:
    @given(RULES, CROWDS, st.randoms())
    def test_the_order_of_the_candidates_does_not_matter(self, rule, candidates, random):
        shuffled = candidates.copy()
        random.shuffle(shuffled)
        assert ranked(rule, shuffled) == ranked(rule, candidates)

    @given(RULES, CROWDS)
    def test_each_candidate_stands_there_once_with_a_reason(self, rule, candidates):
        found = ranked(rule, candidates)
        assert sorted(one.candidate.account_id for one in found) == [one.account_id for one in candidates]
        assert all(one.because and len(one.because) <= 200 for one in found)

    @given(RULES, CROWDS)
    def test_no_more_than_the_places_receive_it_unless_ties_all_do(self, rule, candidates):
        groups: dict = {}
        for one in ranked(rule, candidates):
            groups.setdefault(one.candidate.workshop_id if rule.within == "workshop" else None, []).append(one)
        for group in groups.values():
            given = [one for one in group if one.awarded]
            allowed = places(rule, len(group))
            if rule.ties == "none":
                assert len(given) <= allowed
            assert all(one.rank <= allowed for one in given)

    @given(RULES, CROWDS, st.data())
    def test_nobody_loses_it_by_a_better_score_or_a_recommendation(self, rule, candidates, data):
        for chosen in awarded(rule, candidates):
            better = data.draw(st.integers(0, 10))
            changed = [
                Candidate(one.account_id, one.score + better, one.enrolment_id, one.workshop_id, recommended=True)
                if one.account_id == chosen
                else one
                for one in candidates
            ]
            assert chosen in awarded(rule, changed)

    @given(RULES, CROWDS)
    def test_whoever_ranks_higher_and_is_recommended_has_it_before_the_next(self, rule, candidates):
        found = ranked(rule, candidates)
        for one in found:
            for other in found:
                same = rule.within == "programme" or one.candidate.workshop_id == other.candidate.workshop_id
                if same and one.awarded and other.rank <= one.rank and other.candidate.recommended:
                    assert other.awarded


@pytest.mark.parametrize(
    ("rounding", "passed", "allowed"),
    [("down", 25, 2), ("up", 25, 3), ("down", 9, 0), ("up", 9, 1), ("up", 0, 0), ("down", 30, 3), ("up", 30, 3)],
)
def test_ten_per_cent_are_exact_and_rounded_as_the_notice_says(rounding, passed, allowed):
    assert places(honour(rounding=rounding), passed) == allowed


class TestTies:
    def test_at_the_border_all_or_none(self):
        scores = [100, 99, 99, *[95] * 17]
        assert awarded(honour(ties="all"), crowd(*scores)) == {1, 2, 3}
        assert awarded(honour(ties="none"), crowd(*scores)) == {1}

    def test_inside_the_places_they_do_not_matter(self):
        assert awarded(honour(ties="none"), crowd(99, 99, *[95] * 18)) == {1, 2}

    def test_the_reason_says_how_many_share_the_rank_and_how_many_places_there_are(self):
        found = ranked(honour(), crowd(100, 99, 99, *[95] * 17))
        assert found[1].because == "并列第 2 名（2 人），名额 2 人：并列者超出名额，都授予"
        assert found[0].because == "第 1 名，名额 2 人：授予"
        assert found[3].because.startswith("并列第 4 名（17 人）")
        assert found[3].because.endswith("名次在名额之外")


class TestRecommendation:
    def test_a_place_that_nobody_may_take_stays_empty(self):
        candidates = [*crowd(100, *([95] * 9), recommended=False), Candidate(99, Fraction(94), 99, 1, True)]
        assert awarded(honour(recommended=True), candidates) == set()
        [first, *_] = ranked(honour(recommended=True), candidates)
        assert first.because.endswith("没有坊主推荐")


class TestWorkshops:
    def test_each_has_its_own_places(self):
        first = crowd(*[90] * 9, 91)
        second = [Candidate(100 + one.account_id, one.score, None, 2, True) for one in crowd(99, *[98] * 9)]
        assert awarded(honour(within="workshop"), first + second) == {10, 101}

    def test_who_is_in_none_receives_none(self):
        found = ranked(honour(within="workshop", share=1.0), crowd(100, workshop=None))
        assert [one.awarded for one in found] == [False]
        assert "没有分到工作坊" in found[0].because
