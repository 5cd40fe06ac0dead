"""The stand-in speaks as WeChat does; people and other tests rely on it."""

import io
import subprocess
import sys

import pytest
import requests
import segno

from server import wechat_stand_in
from server.wechat_stand_in import APPID, SECRET

GRANT = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}


@pytest.fixture
def stand_in():
    with wechat_stand_in.running() as running:
        yield running


@pytest.fixture
def login(stand_in):
    def login(code, **changes):
        query = {"appid": APPID, "secret": SECRET, "js_code": code, "grant_type": "authorization_code"} | changes
        reply = requests.get(f"{stand_in.url}/sns/jscode2session", params=query, timeout=5)
        assert reply.status_code == 200
        return reply.json()

    return login


@pytest.fixture
def token(stand_in):
    def token(**changes):
        return requests.post(f"{stand_in.url}/cgi-bin/stable_token", json=GRANT | changes, timeout=5).json()

    return token


class TestLogin:
    def test_a_name_is_a_person(self, login):
        assert login("wx-lin")["openid"] == login("wx-lin-2")["openid"] == "stand-in-openid-lin"
        assert login("wx-lin-3")["session_key"]

    def test_a_code_works_once(self, login):
        login("wx-lin")
        assert login("wx-lin")["errcode"] == 40163

    @pytest.mark.parametrize(("code", "errcode"), [("error-40226", 40226), ("error--1", -1), ("error-12345", 12345)])
    def test_an_error_may_be_asked_for(self, login, code, errcode):
        assert login(code)["errcode"] == errcode

    @pytest.mark.parametrize("code", ["", "wx", "wx-", "lin", "error-", "error-x", "error---1", "wx-" + "l" * 41])
    def test_any_other_code_is_unknown(self, login, code):
        assert login(code)["errcode"] == 40029

    def test_an_error_has_a_message_with_a_request_id(self, login):
        assert login("nobody")["errmsg"].startswith("invalid code, rid: ")

    @pytest.mark.parametrize(
        ("changes", "errcode"),
        [({"appid": "x"}, 40013), ({"secret": "x"}, 40125), ({"secret": ""}, 41004), ({"grant_type": "x"}, 40002)],
    )
    def test_wrong_credentials_are_refused(self, login, changes, errcode):
        assert login("wx-lin", **changes)["errcode"] == errcode


class TestToken:
    def test_is_stable_until_forced(self, token):
        first = token()
        assert first["expires_in"] == 7200
        assert token() == first
        assert token(force_refresh=True)["access_token"] != first["access_token"]

    @pytest.mark.parametrize(
        ("changes", "errcode"), [({"appid": "x"}, 40013), ({"secret": "x"}, 40125), ({"grant_type": "x"}, 40002)]
    )
    def test_wrong_credentials_are_refused(self, token, changes, errcode):
        assert token(**changes)["errcode"] == errcode

    def test_opens_the_text_check(self, stand_in, token):
        def check(access_token, **text):
            query = {"access_token": access_token}
            return requests.post(f"{stand_in.url}/wxa/msg_sec_check", params=query, json=text, timeout=5).json()

        text = {"version": 2, "scene": 2, "openid": "o", "content": "你好"}
        access_token = token()["access_token"]
        assert check(access_token, **text)["result"] == {"suggest": "pass", "label": 100}
        assert check(access_token, **text | {"content": "违规"})["result"]["suggest"] == "risky"
        assert check(access_token)["errcode"] == 44002
        assert check("another", **text)["errcode"] == 40001


class TestCode:
    @pytest.fixture
    def code(self, stand_in, token):
        def code(access_token=None, **body):
            query = {"access_token": access_token or token()["access_token"]}
            return requests.post(f"{stand_in.url}/wxa/getwxacodeunlimit", params=query, json=body, timeout=5)

        return code

    def test_says_that_it_is_a_demonstration(self, code):
        drawn = code(scene="web", page="pages/home/home", check_path=False)
        assert drawn.headers["Content-Type"] == "image/png"
        same = io.BytesIO()
        segno.make_qr("学时小程序（演示）").save(same, kind="png", scale=10, border=4)
        assert drawn.content == same.getvalue()

    def test_wants_a_token_and_a_scene_of_32_characters(self, code):
        assert code("another", scene="web").json()["errcode"] == 40001
        for scene in ("", "x" * 33, "文", None, 7):
            assert code(scene=scene).json()["errcode"] == 40129
        assert code(scene="x" * 32).content.startswith(b"\x89PNG")


def test_it_runs_by_itself_and_says_how_to_point_the_application_at_it():
    command = [sys.executable, "-m", "server.wechat_stand_in", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            url = process.stdout.readline().strip().removeprefix("WECHAT_API_URL=")
            assert process.stdout.readline().strip() == f"WECHAT_APPID={APPID} WECHAT_SECRET={SECRET}"
            assert requests.get(f"{url}/sns/jscode2session", timeout=5).json()["errcode"] == 40013
        finally:
            process.terminate()


def test_the_application_signs_people_in_with_it(make_app, stand_in):
    client = make_app(wechat_api_url=stand_in.url, wechat_appid=APPID, wechat_secret=SECRET).test_client()
    reply = client.post("/v1/auth/wechat", json={"code": "wx-lin"})
    assert (reply.status_code, reply.json["code"]) == (403, "wechat_not_bound")
    assert client.post("/v1/auth/wechat", json={"code": "wx-lin"}).json["code"] == "wechat_code_invalid"
    busy = client.post("/v1/auth/wechat", json={"code": "error--1"})
    assert (busy.status_code, busy.json["code"]) == (503, "try_again")
    assert busy.headers["Retry-After"]
    limited = client.post("/v1/auth/wechat", json={"code": "error-45011"})
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "60")


def test_without_an_appid_wechat_is_not_in_use_and_the_rest_is(make_app):
    client = make_app(wechat_appid="", wechat_secret="").test_client()
    reply = client.post("/v1/auth/wechat", json={"code": "wx-lin"})
    assert (reply.status_code, reply.json["code"]) == (403, "wechat_not_configured")
    assert client.get("/healthz").status_code == 200


def test_wechat_away_is_503_with_retry_after(make_app):
    reply = make_app(wechat_api_url="http://127.0.0.1:9").test_client().post("/v1/auth/wechat", json={"code": "wx-lin"})
    assert (reply.status_code, reply.json["code"]) == (503, "wechat_unreachable")
    assert reply.headers["Retry-After"]
