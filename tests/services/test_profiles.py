import pytest

from services import profiles


@pytest.mark.parametrize(
    ("mobile", "masked"),
    [("13812345678", "138****5678"), ("+8613812345678", "+86*******5678"), ("5551234", "*****34"), ("1234", "****")],
)
def test_a_mobile_shows_its_ends(mobile, masked):
    assert profiles.mask_mobile(mobile) == masked
