"""GET /v1/mini-program/code."""

import pytest

from server import wechat_stand_in
from server.wechat_stand_in import APPID, SECRET


@pytest.fixture
def stand_in():
    with wechat_stand_in.running() as running:
        yield running


def test_anybody_may_see_it_and_a_browser_that_has_it_is_told_so(make_app, stand_in):
    client = make_app(wechat_api_url=stand_in.url, wechat_appid=APPID, wechat_secret=SECRET).test_client()
    reply = client.get("/v1/mini-program/code")
    assert (reply.status_code, reply.mimetype) == (200, "image/png")
    assert reply.data.startswith(b"\x89PNG")
    again = client.get("/v1/mini-program/code", headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert len(stand_in.seen_at("/wxa/getwxacodeunlimit")) == 1


def test_where_there_is_no_mini_program_it_is_not_found(make_app):
    reply = make_app(wechat_appid="", wechat_secret="").test_client().get("/v1/mini-program/code")
    assert (reply.status_code, reply.get_json()["code"]) == (404, "no_mini_program")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("40164", 502, "wechat_misconfigured"), ("http_500", 503, "wechat_unreachable"), ("45011", 429, "wechat_rate_limited")],
)  # fmt: skip
def test_a_wechat_that_fails_is_told_as_everywhere(make_app, stand_in, how, status, code):
    client = make_app(wechat_api_url=stand_in.url, wechat_appid=APPID, wechat_secret=SECRET).test_client()
    stand_in.misbehaviour.extend(["ok", how])  # the token first
    for _ in range(2):
        reply = client.get("/v1/mini-program/code")
        assert (reply.status_code, reply.get_json()["code"]) == (status, code)
        assert ("Retry-After" in reply.headers) == (status != 502)
    assert len(stand_in.seen_at("/wxa/getwxacodeunlimit")) == 1
