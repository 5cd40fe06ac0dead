from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Account
from services import password_policy
from services.errors import Invalid
from services.password_policy import BASIC, DENGBAO, LIFETIME
from services.passwords import random_password
from tests.factories import resident_id

NUMBER = resident_id(1)


def reasons(new: str, old: str = "old password 1") -> str:
    with pytest.raises(Invalid) as refused:
        password_policy.require(new, old=old, id_number=NUMBER)
    assert new not in refused.value.detail or len(new) < 4
    assert {error["field"] for error in refused.value.extra["errors"]} == {"new_password"}
    return "".join(error["reason"] for error in refused.value.extra["errors"])


@pytest.mark.parametrize(
    "new", ["teacher2022ok", "好好学习 2022", "x" * 60 + "yz1" + "w" * 60, "Ｘｕｅｓｈｉ２０２２ｙ"]
)
def test_a_good_password_is_taken(new):
    password_policy.require(new, old="old password 1", id_number=NUMBER)


def test_a_random_first_password_would_be_one_too():
    password_policy.require(random_password(), old="old", id_number=NUMBER)


def test_each_rule_has_its_reason():
    assert "至少 8 位" in reasons("abc1234")
    assert "最多 128 位" in reasons("a1bc" * 33)
    assert "字母和数字" in reasons("abcdefghij")
    assert "字母和数字" in reasons("8364926401")
    assert "原密码" in reasons("laoshi-2021", old="laoshi-2021")
    assert "原密码" in reasons("ｌａｏｓｈｉ-2021", old="laoshi-2021")
    assert "常见" in reasons("Haolaoshi123")
    assert "常见" in reasons("a1a1a1a1a1")


def test_all_reasons_are_told_at_once():
    assert len(reasons("1234567")) > len("至少 8 位")


@given(st.integers(0, 12), st.text("abc", min_size=2, max_size=5))
def test_six_characters_of_the_id_number_give_it_away(at, around):
    assert "证件号码" in reasons(around + NUMBER[at : at + 6] + around)


def test_the_x_of_an_id_number_is_found_in_either_case():
    ends_in_x = next(n for n in map(resident_id, range(100)) if n.endswith("X"))
    with pytest.raises(Invalid):
        password_policy.require(f"abc{ends_in_x[-6:].lower()}", old="", id_number=ends_in_x)


@pytest.mark.parametrize(
    "new", ["Teacher2022", "teacher-2022", "Xueshi-ok-7", "好好学习-2022", "Ｔｅａｃｈｅｒ２０２２"]
)
def test_staff_need_three_kinds_of_characters(new):
    password_policy.require(new, old="", id_number=NUMBER, staff=True)


@pytest.mark.parametrize("new", ["teacher2022", "TEACHER2022", "好好学习天天向上2022"])
def test_two_kinds_are_too_few_for_staff_unless_the_policy_is_basic(new):
    with pytest.raises(Invalid, match="三种"):
        password_policy.require(new, old="", id_number=NUMBER, staff=True)
    password_policy.require(new, old="", id_number=NUMBER, staff=True, policy=BASIC)
    password_policy.require(new, old="", id_number=NUMBER)


@pytest.mark.parametrize(("policy", "expires"), [(DENGBAO, True), (BASIC, False)])
def test_after_ninety_days_staff_need_a_new_one(policy, expires):
    now = datetime(2022, 8, 1, tzinfo=UTC)
    account = Account(created_at=now - 2 * LIFETIME, password_changed_at=now - LIFETIME)
    assert not password_policy.expired(account, now, policy)
    assert password_policy.expired(account, now + timedelta(seconds=1), policy) is expires
    account.password_changed_at = None  # never changed: it is as old as the account
    assert password_policy.expired(account, now, policy) is expires
