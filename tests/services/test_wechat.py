"""WeChat over HTTP, against the stand-in. The defects of wechatpy that we work round each have a test here."""

import logging
import socket
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server import wechat_stand_in
from services import errors
from services.wechat import LOCK_KEY, LONGEST_PICTURE, STALE_TOKEN, TOKEN_KEY, Wechat, picture_type

APPID, SECRET = wechat_stand_in.APPID, wechat_stand_in.SECRET
LOGIN, TOKEN, CHECK = "/sns/jscode2session", "/cgi-bin/stable_token", "/wxa/msg_sec_check"
CODE = "/wxa/getwxacodeunlimit"
TEXT = {"version": 2, "scene": 2, "openid": "stand-in-openid-lin", "content": "今天的课很好"}


@pytest.fixture
def stand_in():
    with wechat_stand_in.running() as running:
        yield running


@pytest.fixture
def wechat(stand_in, redis):
    return Wechat(APPID, SECRET, stand_in.url, redis, timeout=(0.5, 0.5))


class TestOpenidOf:
    def test_a_code_is_a_person(self, wechat):
        assert wechat.openid_of("wx-lin-1") == "stand-in-openid-lin"
        assert wechat.openid_of("wx-lin-2") == "stand-in-openid-lin"
        assert wechat.openid_of("wx-zhou") == "stand-in-openid-zhou"

    def test_logging_in_needs_no_access_token(self, wechat, stand_in, redis):
        wechat.openid_of("wx-lin")
        assert [seen.path for seen in stand_in.seen] == [LOGIN]
        assert "access_token" not in stand_in.seen[0].query
        assert redis.dbsize() == 0

    def test_a_code_works_once(self, wechat):
        wechat.openid_of("wx-lin")
        with pytest.raises(errors.WechatCodeInvalid):
            wechat.openid_of("wx-lin")

    @pytest.mark.parametrize(
        ("errcode", "kind"),
        [
            (40029, errors.WechatCodeInvalid),
            (40163, errors.WechatCodeInvalid),
            (40226, errors.WechatUserRisky),
            (45011, errors.WechatRateLimited),
            (40013, errors.WechatMisconfigured),
            (40125, errors.WechatMisconfigured),
            (40164, errors.WechatMisconfigured),
            (45009, errors.WechatFailed),
            (-80, errors.WechatFailed),
            (99999999, errors.WechatFailed),
        ],
    )
    def test_an_errcode_becomes_our_error_after_one_request(self, wechat, stand_in, errcode, kind):
        with pytest.raises(errors.XueshiError) as raised:
            wechat.openid_of(f"error-{errcode}")
        assert type(raised.value) is kind
        assert len(stand_in.seen) == 1

    def test_a_rate_limit_says_when_to_come_back(self, wechat):
        with pytest.raises(errors.WechatRateLimited) as raised:
            wechat.openid_of("error-45011")
        assert raised.value.retry_after == 60

    def test_a_busy_wechat_is_asked_once_more(self, wechat, stand_in):
        stand_in.misbehaviour.append("-1")
        assert wechat.openid_of("wx-lin") == "stand-in-openid-lin"
        assert len(stand_in.seen) == 2

    def test_a_wechat_that_stays_busy_is_not_asked_a_third_time(self, wechat, stand_in):
        with pytest.raises(errors.TryAgain) as raised:
            wechat.openid_of("error--1")
        assert raised.value.retry_after
        assert len(stand_in.seen) == 2

    @pytest.mark.parametrize("errcode", STALE_TOKEN)
    def test_a_login_is_not_repeated_because_of_a_token(self, wechat, stand_in, errcode):
        with pytest.raises(errors.Upstream):
            wechat.openid_of(f"error-{errcode}")
        assert [seen.path for seen in stand_in.seen] == [LOGIN]

    @pytest.mark.parametrize("how", ["http_500", "not_json", "list", "close", "slow"])
    def test_a_wechat_that_does_not_answer_is_unreachable(self, wechat, stand_in, how):
        stand_in.misbehaviour.append(how)
        with pytest.raises(errors.WechatUnreachable) as raised:
            wechat.openid_of("wx-lin")
        assert raised.value.retry_after

    def test_a_refused_connection_is_unreachable(self, redis):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            nobody = Wechat(APPID, SECRET, f"http://127.0.0.1:{unused.getsockname()[1]}", redis)
            with pytest.raises(errors.WechatUnreachable):
                nobody.openid_of("wx-lin")

    @pytest.mark.parametrize("code", ["", " ", "a b", "码", "\ud800", "\0", "x" * 129, "wx\n"])
    def test_what_cannot_be_a_code_is_not_sent(self, wechat, stand_in, code):
        with pytest.raises(errors.WechatCodeInvalid):
            wechat.openid_of(code)
        assert not stand_in.seen

    @given(code=st.text(max_size=140))
    @hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
    def test_no_code_breaks_out_of_our_errors(self, wechat, code):
        with pytest.raises(errors.XueshiError):
            wechat.openid_of("&" + code)

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"session_key": "k"},
            {"openid": ""},
            {"openid": None},
            {"openid": 7},
            {"openid": "o" * 65},
            {"errcode": "?"},
            {"errcode": None},
        ],
    )
    def test_an_answer_without_an_openid_is_a_failure(self, wechat, stand_in, answer, monkeypatch):
        monkeypatch.setattr(wechat_stand_in, "error", lambda _errcode: answer)
        stand_in.misbehaviour.append("1")
        with pytest.raises((errors.WechatFailed, errors.WechatUnreachable)):
            wechat.openid_of("wx-lin")


class TestNotConfigured:
    def test_says_so_in_chinese_and_asks_nobody(self, redis):
        with pytest.raises(errors.WechatNotConfigured, match="没有开通"):
            Wechat("", "", "http://127.0.0.1:9", redis).openid_of("wx-lin")


class TestWrongSettings:
    @pytest.mark.parametrize(("appid", "secret"), [("wx-other", SECRET), (APPID, "wrong"), (APPID, "")])
    def test_are_an_upstream_failure_with_a_general_sentence_and_a_loud_log(self, stand_in, redis, appid, secret):
        with capture_logs() as logs, pytest.raises(errors.Upstream) as raised:
            Wechat(appid, secret, stand_in.url, redis).openid_of("wx-lin")
        assert "AppSecret" not in raised.value.detail
        assert [entry["log_level"] for entry in logs] == ["error"]

    def test_are_noticed_by_the_token_too(self, stand_in, redis):
        with pytest.raises(errors.WechatMisconfigured):
            Wechat(APPID, "wrong", stand_in.url, redis).authorised_post("wxa/msg_sec_check", TEXT)


class TestAuthorisedPost:
    def test_carries_an_access_token_that_is_kept(self, wechat, stand_in, redis):
        for _ in range(3):
            assert wechat.authorised_post("wxa/msg_sec_check", TEXT)["result"]["suggest"] == "pass"
        assert len(stand_in.seen_at(TOKEN)) == 1
        assert redis.get(TOKEN_KEY.format(appid=APPID)).decode() == stand_in.token

    def test_says_that_it_sends_json_and_sends_chinese_as_it_is(self, wechat, stand_in):
        answer = wechat.authorised_post("wxa/msg_sec_check", TEXT | {"content": "违规的话"})
        assert answer["result"]["suggest"] == "risky"
        assert stand_in.seen_at(CHECK)[0].body["content"] == "违规的话"

    def test_the_token_ends_when_wechat_starts_to_give_out_the_next(self, wechat, redis, no_immortal_keys):
        wechat.authorised_post("wxa/msg_sec_check", TEXT)
        assert 6800 < redis.ttl(TOKEN_KEY.format(appid=APPID)) <= wechat_stand_in.EXPIRES_IN - 300

    def test_a_token_about_to_expire_is_hardly_kept(self, wechat, redis, monkeypatch):
        monkeypatch.setattr(wechat_stand_in, "EXPIRES_IN", 300)
        wechat.authorised_post("wxa/msg_sec_check", TEXT)
        assert redis.ttl(TOKEN_KEY.format(appid=APPID)) in (1, 0, -2)

    def test_a_token_that_ended_early_is_renewed_and_the_call_repeated(self, wechat, stand_in):
        wechat.authorised_post("wxa/msg_sec_check", TEXT)
        stand_in.end_token()
        assert wechat.authorised_post("wxa/msg_sec_check", TEXT)["errcode"] == 0
        assert (len(stand_in.seen_at(TOKEN)), len(stand_in.seen_at(CHECK))) == (2, 3)

    @pytest.mark.parametrize("errcode", STALE_TOKEN)
    def test_a_token_that_is_never_good_is_tried_twice_and_no_more(self, wechat, stand_in, errcode):
        stand_in.refuse_tokens = errcode
        with pytest.raises(errors.Upstream):
            wechat.authorised_post("wxa/msg_sec_check", TEXT)
        assert len(stand_in.seen_at(CHECK)) == 2
        assert len(stand_in.seen_at(TOKEN)) == 2

    def test_eight_cold_threads_fetch_one_token(self, stand_in, redis):
        ready = threading.Barrier(8)

        def call(_):
            worker = Wechat(APPID, SECRET, stand_in.url, redis)  # as eight processes would have it
            ready.wait()
            return worker.authorised_post("wxa/msg_sec_check", TEXT)["errcode"]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(call, range(8))) == [0] * 8
        assert len(stand_in.seen_at(TOKEN)) == 1
        assert not redis.exists(LOCK_KEY.format(appid=APPID))

    def test_eight_threads_with_a_stale_token_renew_it_once(self, wechat, stand_in):
        wechat.authorised_post("wxa/msg_sec_check", TEXT)
        stand_in.end_token()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: wechat.authorised_post("wxa/msg_sec_check", TEXT), range(8)))
        assert [answer["errcode"] for answer in answers] == [0] * 8
        assert len(stand_in.seen_at(TOKEN)) == 2

    @pytest.mark.parametrize("how", ["http_500", "not_json", "list", "close", "slow"])
    def test_no_token_to_be_had_is_unreachable_and_leaves_no_lock(self, wechat, stand_in, redis, how):
        stand_in.misbehaviour.append(how)
        with pytest.raises(errors.WechatUnreachable):
            wechat.authorised_post("wxa/msg_sec_check", TEXT)
        assert redis.dbsize() == 0

    def test_a_stranger_s_lock_is_waited_for_but_not_for_ever(self, wechat, redis, monkeypatch):
        monkeypatch.setattr("services.wechat.LOCK_SECONDS", 0.2)
        redis.set(LOCK_KEY.format(appid=APPID), "another process", ex=30)
        with pytest.raises(errors.WechatUnreachable):
            wechat.authorised_post("wxa/msg_sec_check", TEXT)

    def test_wechatpy_s_own_groups_of_calls_go_to_the_set_address_too(self, wechat, stand_in):
        with pytest.raises(errors.WechatUnreachable):  # the stand-in has no such page
            wechat._client.wxa.get_wxa_code("pages/index")
        assert stand_in.seen[-1].path == "/wxa/getwxacode"


class TestMiniProgramCode:
    def test_is_a_picture_that_an_access_token_was_shown_for(self, wechat, stand_in):
        assert wechat.mini_program_code("pages/home/home", "web").startswith(b"\x89PNG")
        [asked] = stand_in.seen_at(CODE)
        assert asked.query == {"access_token": stand_in.token}

    def test_a_token_that_ended_early_is_renewed_and_the_call_repeated(self, wechat, stand_in):
        wechat.mini_program_code("pages/home/home", "web")
        stand_in.end_token()
        assert wechat.mini_program_code("pages/home/home", "web")
        assert (len(stand_in.seen_at(TOKEN)), len(stand_in.seen_at(CODE))) == (2, 3)

    def test_a_scene_that_wechat_does_not_take_is_a_failure(self, wechat):
        with pytest.raises(errors.WechatFailed):
            wechat.mini_program_code("pages/home/home", "文" * 40)

    def test_json_without_an_error_is_no_picture(self, wechat, stand_in, monkeypatch):
        monkeypatch.setattr(wechat_stand_in, "error", lambda _: {"errcode": 0, "errmsg": "ok"})
        with pytest.raises(errors.WechatFailed):
            wechat.mini_program_code("pages/home/home", "")

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"\x89PNG\r\n\x1a\n...", "image/png"),
            (b"\xff\xd8\xff\xe0...", "image/jpeg"),
            (b"GIF89a", ""),
            (b"<svg onload=alert(1)>", ""),
            (b"", ""),
            (b"\x89PNG\r\n\x1a\n" + bytes(LONGEST_PICTURE), ""),
        ],
        ids=["png", "jpeg", "gif", "svg", "nothing", "too long"],
    )
    def test_only_what_wechat_draws_is_a_picture(self, content, kind):
        assert picture_type(content) == kind


class TestSecrecy:
    """The AppSecret is in the URL of a log-in; a session_key and an openid come back."""

    def test_no_failure_and_no_log_holds_a_secret(self, wechat, stand_in, redis, caplog, capsys):
        caplog.set_level(logging.DEBUG, logger="urllib3")
        codes = ("wx-lin", "wx-lin", "error-40125", "error--1", "error-45009", "error-40001")
        told = []
        with capture_logs() as logs:
            for how in ("ok", "http_500", "not_json", "list", "close", "slow"):
                stand_in.misbehaviour.append(how)
                told += [self.text_of(lambda code=code: wechat.openid_of(code)) for code in codes]
            told.append(self.text_of(lambda: wechat.authorised_post("wxa/nowhere", {})))
            for appid, secret in ((APPID, SECRET + "x"), ("wx-other", SECRET)):
                other = Wechat(appid, secret, stand_in.url, redis)
                told.append(self.text_of(lambda other=other: other.openid_of("wx-lin")))
                told.append(self.text_of(lambda other=other: other.authorised_post("wxa/nowhere", {})))
        everything = "\n".join([*told, str(logs), self.records_of(caplog)])
        assert '"GET /sns/jscode2session HTTP/1.1" 200' in everything  # urllib3 did log, and we did look
        for secret in (SECRET, "session_key", "stand-in-openid", "stand-in-token", "js_code"):
            assert secret not in everything, secret

    @staticmethod
    def text_of(call) -> str:
        """All that a failure can be made to say: itself, its attributes, its traceback and every cause behind it."""
        try:
            call()
        except errors.XueshiError as error:
            said = "".join(traceback.format_exception(error))
            cause = error
            while cause is not None:
                said += f"{cause!r} {cause} {vars(cause)} {cause.args}"
                cause = cause.__cause__ or cause.__context__
            return said
        return ""

    @staticmethod
    def records_of(caplog) -> str:
        # werkzeug is the stand-in's own voice, in a real life on another machine
        return "\n".join(caplog.handler.format(r) for r in caplog.records if r.name != "werkzeug")

    def test_what_is_logged_is_enough_to_ask_wechat_about_it(self, wechat):
        with capture_logs() as logs, pytest.raises(errors.Upstream):
            wechat.openid_of("error-40125")
        (entry,) = logs
        assert entry["log_level"] == "error"
        assert (entry["path"], entry["errcode"]) == ("sns/jscode2session", 40125)
        assert entry["rid"]

    def test_the_session_key_is_dropped(self, wechat):
        assert wechat.openid_of("wx-lin") == "stand-in-openid-lin"
        assert "session_key" not in str(vars(wechat)) + str(vars(wechat._client))
