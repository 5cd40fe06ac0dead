"""How many words a text has: properties of every text, then what each kind of character is worth."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.words import count

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("学时，。“”’·—… \u3000\taZ9-'ｱＡ👍\u200d\u0301")
    )
)
BLANKS = st.text(st.sampled_from(" \t\n\r\u3000\u00a0\u2003\u2028"), min_size=1, max_size=3)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5))


@given(TEXTS, TEXTS, BLANKS)
def test_texts_with_a_blank_between_them_count_as_both(one, other, blank):
    assert count(one + blank + other) == count(one) + count(other)


@given(TEXTS, TEXTS)
def test_joined_texts_lose_no_more_than_the_word_that_meets_at_the_seam(one, other):
    together, apart = count(one + other), count(one) + count(other)
    assert apart - 2 <= together <= apart  # it’ + s are a word, a mark and a word, together one word


@given(HAN, HAN)
def test_chinese_texts_add_up_exactly(one, other):
    assert count(one + other) == len(one) + len(other)


@given(TEXTS, BLANKS, BLANKS)
def test_blanks_count_nothing_wherever_and_however_many(text, first, second):
    assert count(first + text + second) == count(text)
    assert count(text.replace(" ", first)) == count(text.replace(" ", second))


@given(
    TEXTS, st.sampled_from(["\u0301", "\u20dd", "\ufe0f", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e"])
)
def test_what_nobody_sees_counts_nothing_and_parts_nothing(text, unseen):
    assert count("".join(f"{unseen}{character}" for character in "学A1b") + unseen) == 2
    assert count(text + unseen) == count(text)


@given(TEXTS)
def test_composed_and_decomposed_are_the_same_text(text):
    assert count(unicodedata.normalize("NFC", text)) == count(unicodedata.normalize("NFD", text))


@given(TEXTS)
def test_never_more_words_than_characters(text):
    assert 0 <= count(text) <= len(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("我的培训总结", 6),
        ("今天，我学习了 15 学时。", 11),
        ("“师德”——为人师表……", 12),
        ("《论语》：有教无类！", 10),
        ("阿不都·热合曼", 7),
        ("信息技术2.0", 5),
        ("Word 2016 很好用", 5),
        ("hello,world", 1),
        ("It’s my teacher's e-mail: a.b@c.cn", 5),
        ("*** --- ... === | ●", 0),
        ("ＡＢＣ１２３，", 7),
        ("ｶﾀｶﾅ カタカナ", 8),
        ("선생님 안녕하세요", 2),
        ("𠮷野家", 3),
        ("㎡ 〒 ㈱", 3),
        ("好👍棒👨‍👩‍👧‍👦❤️🇨🇳⌚", 2),
        ("一\u3000二\n三\r\n四\t五", 5),
        ("<p>你好</p>", 4),
        ("ü u\u0308", 2),
        ("\u200b\u200b\u200b", 0),
    ],
)
def test_each_kind_of_character(text, words):
    assert count(text) == words


def test_a_whole_book_is_counted_at_once():
    assert count("学时 a1，" * 100_000) == 400_000
