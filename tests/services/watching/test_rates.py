"""Rates by the notice's own formulas."""

import programmes
from services.watching import rates
from services.watching.tallies import Counts
from tests.programmes.notices import NOTICES, phase2

COUNTS = Counts(enrolled=300, signed_in=299, studying=200, passed=100, hours_credited=900.0, score_sum=30.0)


def of(notice):
    return {one.key: one for one in rates.definitions(notice)}


def test_a_rate_says_what_stands_above_and_below_the_line_and_is_rounded_down():
    rate = of(phase2())["signed_in"].of(COUNTS)
    assert (rate.part, rate.whole, rate.says) == (299, 300, "99.6%")
    assert of(phase2())["took_part"].of(COUNTS).says == "66.6%"


def test_of_nobody_there_is_no_rate():
    assert of(phase2())["passed"].of(Counts()).says == "—"
    assert of(phase2())["passed"].of(Counts()).share is None
    assert rates.average_hours(Counts()) is None


def test_a_notice_that_rates_its_leaders_is_named_with_its_clause():
    phase1 = programmes.load((NOTICES / "xuchang-2021-phase1" / "programme.toml").read_text(encoding="utf-8"))
    assert of(phase1)["took_part"].source.startswith("通知 六.(二)；方案没有写怎样算参训")
    assert of(phase1)["passed"].source.startswith("通知 六.(二)")


def test_elsewhere_the_default_says_that_it_is_ours():
    assert of(phase2())["took_part"].source == rates.OURS
