"""What earns a workshop leader the next points."""

from hypothesis import given
from hypothesis import strategies as st

from programmes.basics import Band
from programmes.parts import RatedPart
from services.marks import leader_advice
from services.marks.leader_rates import Rate

PART = RatedPart(
    key="passed",
    title="合格率",
    points=20,
    clause="虚构",
    measure="passed",
    bands=(Band(60, 16), Band(85, 18), Band(95, 20)),
)


def worth(rate: Rate) -> float:
    return max((band.value for band in PART.bands if rate.per_cent >= band.least), default=0.0)


@given(st.integers(1, 300).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_as_many_as_it_says_earn_more_and_one_fewer_do_not(counts):
    rate = Rate(*counts)
    said = leader_advice.next_band(PART, rate)
    if not said:
        assert worth(rate) == 20
        return
    more = int(said.removeprefix("再有 ").split(" ")[0])
    assert worth(Rate(rate.part + more, rate.whole)) > worth(rate)
    assert worth(Rate(rate.part + more - 1, rate.whole)) == worth(rate)


def test_without_learners_there_is_nothing_to_say():
    assert leader_advice.next_band(PART, Rate(0, 0)) == "还没有可统计的对象"
