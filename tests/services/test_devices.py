import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import devices

ANDROID = "Mozilla/5.0 (Linux; Android 12; M2102) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/98.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{ANDROID} MicroMessenger/8.0.16 MiniProgramEnv/android", "微信 Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) MicroMessenger/8.0.20 NetType/WIFI", "微信 iPhone"),
        (f"{ANDROID} wxwork/4.0.6 MicroMessenger/7.0.1", "企业微信 Android"),
        (ANDROID, "Chrome Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/100.0 Safari/537.36", "Chrome Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/100.0 Safari/537.36 Edg/100.0", "Edge Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:99.0) Gecko/20100101 Firefox/99.0", "Firefox Windows"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "IE Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/15.4 Safari/605.1.15", "Safari Mac"),
        ("Mozilla/5.0 (Phone; OpenHarmony 4.1) ArkWeb/4.1 Mobile HuaweiBrowser/5.0", "华为浏览器 鸿蒙"),
        ("python-requests/2.31", "其他设备"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_device_as_the_desk_would_call_it(user_agent: str, name: str) -> None:
    assert devices.name_of(user_agent) == name


@given(st.text(max_size=2000))
def test_of_a_hostile_one_nothing_is_kept(user_agent: str) -> None:
    name = devices.name_of(user_agent + "<script>'; DROP--")
    assert len(name) <= 64
    assert "<" not in name
    assert ";" not in name
