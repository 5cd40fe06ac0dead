"""What holds for every programme, those of the notices and invented ones, whatever the evidence."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from programmes import parts
from programmes.card import card
from programmes.evidence import Evidence, ItemEvidence
from programmes.scoring import Outcome, Scorer
from tests.programmes import invented

property_test = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@st.composite
def situations(draw):
    programme = draw(invented.some_programme)
    return programme, draw(invented.some_evidence(programme)), draw(invented.moments(programme))


def outcome(programme, evidence, on) -> Outcome:
    return Scorer(programme).outcome(evidence, on)


def with_items(evidence: Evidence, *more: ItemEvidence) -> Evidence:
    return structs.replace(evidence, items=(*evidence.items, *more))


def earned(found: Outcome) -> list[Fraction]:
    """Everything that more evidence may only raise."""
    numbers = [
        found.score,
        Fraction(found.passed),
        found.credits or Fraction(0),
        Fraction(found.seconds),
        found.counted,
    ]
    numbers += [part.points for part in found.parts] + list(found.dimensions.values())
    return [*numbers, *(module.counted for module in found.modules), -Fraction(len(found.unmet))]


class TestAlways:
    @property_test
    @given(situations(), st.data())
    def test_more_evidence_never_lowers_a_number(self, situation, data):
        programme, evidence, on = situation
        more = structs.replace(
            evidence,
            lessons=(*evidence.lessons, *data.draw(st.lists(invented.some_lesson(programme), max_size=2))),
            items=(*evidence.items, *data.draw(st.lists(invented.some_item(programme), max_size=3))),
        )
        before, after = (earned(outcome(programme, known, on)) for known in (evidence, more))
        assert all(new >= old for old, new in zip(before, after, strict=True))

    @property_test
    @given(situations())
    def test_nothing_exceeds_the_notices_own_maximum(self, situation):
        programme, evidence, on = situation
        found = outcome(programme, evidence, on)
        for part in found.parts:
            assert 0 <= part.points <= part.best <= part.most <= Fraction(str(part.part.points))
        assert 0 <= found.score <= found.best <= sum(Fraction(str(part.points)) for part in programme.parts)
        assert all(0 <= module.counted <= module.need for module in found.modules)
        if found.credits is not None:
            assert 0 <= found.credits <= programme.credits.total

    @property_test
    @given(situations(), st.data())
    def test_the_order_of_evidence_does_not_matter(self, situation, data):
        programme, evidence, on = situation
        shuffled = Evidence(
            tuple(data.draw(st.permutations(evidence.lessons))),
            tuple(data.draw(st.permutations(evidence.items))),
            evidence.standing,
        )
        assert card(programme, outcome(programme, evidence, on)) == card(programme, outcome(programme, shuffled, on))

    @property_test
    @given(situations())
    def test_the_same_evidence_twice_is_worth_no_more(self, situation):
        programme, evidence, on = situation
        twice = Evidence(evidence.lessons * 2, evidence.items * 2, evidence.standing)
        assert earned(outcome(programme, twice, on)) == earned(outcome(programme, evidence, on))

    @property_test
    @given(situations(), st.data())
    def test_evidence_outside_the_time_changes_nothing(self, situation, data):
        programme, evidence, on = situation
        scorer = Scorer(programme)
        part = data.draw(st.sampled_from(programme.parts))
        opens, closes = scorer.windows[0][0], scorer.part_closes(part)
        at = data.draw(st.sampled_from((opens - timedelta(seconds=1), closes, closes + timedelta(days=9))))
        item = data.draw(invented.some_item(programme, st.just(at)))
        more = with_items(evidence, structs.replace(item, part=part.key))
        assert earned(outcome(programme, more, on)) == earned(outcome(programme, evidence, on))

    @property_test
    @given(situations(), st.data())
    def test_evidence_of_another_programme_changes_nothing(self, situation, data):
        programme, evidence, on = situation
        item = data.draw(invented.some_item(programme))
        lesson = structs.replace(data.draw(invented.some_lesson(programme)), module="gardening")
        more = with_items(
            structs.replace(evidence, lessons=(*evidence.lessons, lesson)), structs.replace(item, part="x")
        )
        after = outcome(programme, more, on)
        assert earned(after) == earned(outcome(programme, evidence, on))
        assert len(after.unknown) == len(outcome(programme, evidence, on).unknown) + 1

    @property_test
    @given(situations())
    def test_whoever_passed_can_pass(self, situation):
        programme, evidence, on = situation
        found = outcome(programme, evidence, on)
        assert found.can_pass or not found.passed
        assert found.can_pass or not found.can_earn

    @property_test
    @given(situations())
    def test_it_can_pass_exactly_where_the_best_completion_passes(self, situation):
        programme, evidence, on = situation
        found = outcome(programme, evidence, on)
        much_later = max(on, *(phase.closes.end(programme.zone) for phase in programme.calendar.phases))
        completed = invented.completed(programme, evidence, on)
        after = outcome(programme, completed, much_later + timedelta(days=400))
        assert after.passed == found.can_pass
        assert after.score == found.best

    @property_test
    @given(situations(), st.data())
    def test_the_summary_never_gives_up_while_some_completion_passes(self, situation, data):
        programme, evidence, on = situation
        assume(not evidence.standing.exempt)
        found = outcome(programme, evidence, on)
        summary = card(programme, found).summary
        assert summary
        assert ("已不能合格" in summary) == (not found.can_pass)
        assert (summary == "已合格") == found.passed

    @property_test
    @given(situations(), st.data())
    def test_numbers_that_cannot_be_raise_nothing(self, situation, data):
        programme, evidence, on = situation
        measured = [
            of.key for of in programme.parts if isinstance(of, parts.MarkedPart | parts.RatedPart | parts.AttendedPart)
        ]
        wild = data.draw(st.sampled_from([value for value in invented.WILD if not 0 <= value <= 10_000]))
        item = data.draw(invented.some_item(programme))
        broken = [structs.replace(item, part=part, mark=wild, hours=wild) for part in measured]
        before, after = outcome(programme, evidence, on), outcome(programme, with_items(evidence, *broken), on)
        assert after.score == before.score
        assert after.best == before.best

    @property_test
    @given(st.data())
    def test_a_leaders_own_table_obeys_the_same_laws(self, data):
        programme = data.draw(st.sampled_from([one for one in invented.REAL if one.leader] or [None]))
        assume(programme is not None)
        items = data.draw(st.lists(invented.some_item(programme), max_size=8))
        on = data.draw(invented.moments(programme))
        scorer = Scorer(programme)
        found = scorer.leader(items, on)
        assert 0 <= found.score <= found.best <= sum(Fraction(str(part.points)) for part in programme.leader.parts)
        assert earned(scorer.leader(data.draw(st.permutations(items)), on)) == earned(found)
        more = scorer.leader([*items, data.draw(invented.some_item(programme))], on)
        assert all(new >= old for old, new in zip(earned(found), earned(more), strict=True))
