"""The mini-program's code over HTTP, against the stand-in."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from server import wechat_stand_in
from services import errors, mini_program_code
from services.mini_program_code import FAILED_KEY, FAILED_S, KEEP_S, LOCK_KEY, PICTURE_KEY, picture
from services.wechat import Wechat

APPID, SECRET = wechat_stand_in.APPID, wechat_stand_in.SECRET
CODE = "/wxa/getwxacodeunlimit"

pytestmark = pytest.mark.usefixtures("no_immortal_keys")


@pytest.fixture
def stand_in():
    with wechat_stand_in.running() as running:
        yield running


@pytest.fixture
def wechat(stand_in, redis):
    return Wechat(APPID, SECRET, stand_in.url, redis, timeout=(0.5, 0.5))


def test_it_is_drawn_once_and_kept_for_a_day(wechat, stand_in, redis):
    first = picture(wechat, redis)
    assert first.content.startswith(b"\x89PNG")
    assert first.mimetype == "image/png"
    assert picture(wechat, redis) == first
    [asked] = stand_in.seen_at(CODE)
    assert asked.body["page"] == "pages/home/home"
    assert (asked.body["scene"], asked.body["check_path"]) == ("web", False)
    assert 0 < redis.ttl(PICTURE_KEY.format(APPID)) <= KEEP_S


def test_a_crowd_asks_wechat_once(stand_in, redis, monkeypatch):
    monkeypatch.setattr(mini_program_code, "WAIT_S", 10.0)  # this machine may be busy
    ready = threading.Barrier(8)

    def look(_):
        worker = Wechat(APPID, SECRET, stand_in.url, redis)  # as eight processes would have it
        ready.wait()
        return picture(worker, redis).content

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(look, range(8)))) == 1
    assert len(stand_in.seen_at(CODE)) == 1
    assert not redis.exists(LOCK_KEY.format(APPID))


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("45009", errors.WechatFailed),
        ("40164", errors.WechatMisconfigured),
        ("45011", errors.WechatRateLimited),
        ("-1", errors.WechatBusy),
        ("http_500", errors.WechatUnreachable),
        ("not_json", errors.WechatUnreachable),
        ("close", errors.WechatUnreachable),
    ],
)
def test_a_failure_is_told_to_all_for_a_minute_and_wechat_left_alone(wechat, stand_in, redis, how, kind):
    picture(wechat, redis)  # the token is known
    redis.delete(PICTURE_KEY.format(APPID))
    stand_in.misbehaviour.append(how)
    for _ in range(3):
        with pytest.raises(errors.XueshiError) as raised:
            picture(wechat, redis)
        assert type(raised.value) is kind
        assert (raised.value.retry_after is None) == issubclass(kind, errors.Upstream)
    assert len(stand_in.seen_at(CODE)) == 2
    assert 0 < redis.ttl(FAILED_KEY.format(APPID)) <= FAILED_S
    assert not redis.exists(LOCK_KEY.format(APPID))
    redis.delete(FAILED_KEY.format(APPID))  # the minute is over
    assert picture(wechat, redis).content


def test_a_failure_that_this_version_does_not_know_is_none(wechat, redis):
    redis.set(FAILED_KEY.format(APPID), "Unheard", ex=60)
    assert picture(wechat, redis).content


def test_who_waits_too_long_is_told_to_come_back(wechat, stand_in, redis, monkeypatch):
    monkeypatch.setattr(mini_program_code, "WAIT_S", 0.1)
    redis.set(LOCK_KEY.format(APPID), "another process", ex=30)
    with pytest.raises(errors.TryAgain) as raised:
        picture(wechat, redis)
    assert type(raised.value) is errors.TryAgain
    assert raised.value.retry_after
    assert stand_in.seen == []


def test_where_there_is_no_mini_program_nobody_is_asked(redis):
    with pytest.raises(errors.NoMiniProgram, match="没有开通"):
        picture(Wechat("", "", "http://127.0.0.1:9", redis), redis)
