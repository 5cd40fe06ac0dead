"""What one version of a file says otherwise than another."""

from hypothesis import given
from hypothesis import strategies as st

from programmes.difference import ValueChange, differences_of
from tests.programmes.notices import PHASE2, phase2_text


def test_the_same_text_differs_nowhere():
    assert differences_of(PHASE2, PHASE2) == []


def test_comments_and_order_are_no_difference():
    assert differences_of("a = 1 # one\nb = 2", "b = 2\na = 1") == []


def test_a_changed_value_is_named_by_the_key_of_its_table():
    changed = phase2_text(('"良好" = 8', '"良好" = 9'), ("closes = 2022-10-31", "closes = 2022-11-30"))
    assert differences_of(PHASE2, changed) == [
        ValueChange("calendar.phases[study].closes", "2022-10-31", "2022-11-30"),
        ValueChange("parts[summary].grades.良好", "8", "9"),
    ]


def test_one_table_more_in_the_middle_is_only_that():
    more = phase2_text(
        ("[hours]\n", '[[modules]]\nkey = "more"\ntitle = "更多"\nhours = 1\nclause = "三"\n\n[hours]\n')
    )
    assert [(change.path, change.old, change.new) for change in differences_of(PHASE2, more)] == [
        ("modules[more].key", "", '"more"'),
        ("modules[more].title", "", '"更多"'),
        ("modules[more].hours", "", "1"),
        ("modules[more].clause", "", '"三"'),
    ]


def test_tables_without_names_are_told_by_their_place():
    assert differences_of("a = [{x = 1}, {x = 2}]", "a = [{x = 1}, {x = 3}]") == [ValueChange("a[1].x", "2", "3")]


@given(st.integers(0, 99), st.integers(0, 99))
def test_what_is_new_in_one_direction_is_gone_in_the_other(old, new):
    texts = f"a = {old}\nb = true", f"a = {new}\nc = [1, 'x']"
    there, back = differences_of(*texts), differences_of(*reversed(texts))
    assert {(c.path, c.old, c.new) for c in there} == {(c.path, c.new, c.old) for c in back}
