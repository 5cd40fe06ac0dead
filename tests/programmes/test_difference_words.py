"""Paths of a programme's file in words."""

import pytest

from programmes.difference import differences_of
from programmes.difference_words import Words
from programmes.part_words import asks, passes
from tests.programmes.notices import PHASE2, phase2, phase2_text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("pass_rule.mark", "合格条件的合格分"),
        ("parts[ethics].points", "考核项“专业理念与师德课程”的分值"),
        ("calendar.phases[0].opens", None),
        ("nobody.knows[9].this", "nobody的knows第 10 条的this"),
        ("version", "版本"),
    ],
)
def test_tables_are_called_by_their_titles_and_what_has_no_word_by_its_name(path, words):
    said = Words(PHASE2).of(path)
    assert said == words or words is None
    assert said


def test_every_difference_has_words_without_brackets():
    other = phase2_text(("mark = 90", "mark = 60"), ("points = 15", "points = 14"))
    words = Words(PHASE2, other)
    said = [words.of(change.path) for change in differences_of(PHASE2, other)]
    assert len(said) == 2
    assert not any("[" in one for one in said)


def test_every_part_of_a_notice_says_what_it_asks_for():
    programme = phase2()
    for part in programme.parts:
        assert asks(programme, part)
    assert passes(programme.pass_rule).startswith("满分 100 分，达到 90 分为合格")
