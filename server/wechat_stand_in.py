"""A local stand-in for WeChat's server: for tests and for `make run`, never for production. It knows nobody and checks nothing.

It answers the few calls that services/wechat.py makes, in WeChat's shapes: HTTP 200 always, failures as errcode and errmsg.
Start it with `python -m server.wechat_stand_in --port 8098` and point WECHAT_API_URL at it, with the appid and secret that it
prints.

A login code, which the mini-program would get from wx.login, is made up by whoever asks:

    wx-<name>          the openid is stand-in-openid-<name>; works once, as WeChat's codes do
    wx-<name>-<nonce>  the same person again: wx-lin-1, wx-lin-2, …
    error-<errcode>    that error: error-40226 is a user whom WeChat finds risky, error--1 a busy WeChat
    anything else      40029, a code that WeChat does not know

By hand, once against the stand-in itself and once through the application (`make run` prints its address):

    curl 'http://127.0.0.1:8098/sns/jscode2session?appid=wx-stand-in&secret=stand-in-secret&js_code=wx-lin-1&grant_type=authorization_code'
    curl -H 'Content-Type: application/json' -d '{"code": "wx-lin-2"}' http://127.0.0.1:8000/v1/auth/wechat
"""

import argparse
import io
import re
import secrets
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import segno
from flask import Flask, Response, request
from werkzeug.serving import make_server

APPID = "wx-stand-in"
SECRET = "stand-in-secret"  # noqa: S105  # the secret of no real mini-program
ERRMSG = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40226: "code blocked",
    41004: "appsecret missing",
    44002: "empty post data",
    45011: "api minute-quota reach limit  must slower  retry next minute",
}
EXPIRES_IN = 7200
#: What the stand-in's code says to whoever scans it.
CODE_SAYS = "学时小程序（演示）"
#: At most 32 of these characters.
SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")


class Seen(NamedTuple):
    """One request that arrived."""

    path: str
    query: dict[str, str]
    body: Any


@dataclass
class StandIn:
    """The state of one stand-in. Tests read `seen`, and say in `misbehaviour` how the next requests go wrong, one word each:

    slow         nothing is answered until `release` is set
    http_500     a proxy's error page
    not_json     an HTML page with status 200
    list         JSON that is no object
    close        the connection is closed without an answer
    <errcode>    that error, such as "-1"
    ok           nothing goes wrong with this one
    """

    appid: str = APPID
    secret: str = SECRET
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    misbehaviour: deque[str] = field(default_factory=deque)
    release: threading.Event = field(default_factory=threading.Event)
    used: set[str] = field(default_factory=set)
    token: str = ""
    #: Answer every token with this errcode: WeChat's side of a token that is never good enough.
    refuse_tokens: int = 0

    def seen_at(self, path: str) -> list[Seen]:
        return [request for request in self.seen if request.path == path]

    def end_token(self) -> None:
        """The access token in use is no longer valid; who asks gets another."""
        self.token = ""

    def current_token(self, force_refresh: bool) -> str:
        if force_refresh or not self.token:
            self.token = f"stand-in-token-{secrets.token_hex(8)}"
        return self.token

    def session_of(self, code: str) -> dict[str, Any]:
        kind, _, rest = code.partition("-")
        name = rest.partition("-")[0]
        if kind == "error" and rest.removeprefix("-").isdecimal():
            return error(int(rest))
        if kind != "wx" or not 1 <= len(name) <= 40:
            return error(40029)
        if code in self.used:
            return error(40163)
        self.used.add(code)
        return {"session_key": secrets.token_urlsafe(16), "openid": f"stand-in-openid-{name}"}


def error(errcode: int) -> dict[str, Any]:
    message = ERRMSG.get(errcode, "stand-in error")
    return {"errcode": errcode, "errmsg": f"{message}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


def create_stand_in(state: StandIn) -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.before_request
    def _note() -> Response | dict[str, Any] | list[Any] | None:
        state.seen.append(Seen(request.path, request.args.to_dict(), request.get_json(silent=True)))
        return _misbehave(state, state.misbehaviour.popleft()) if state.misbehaviour else None

    @app.get("/sns/jscode2session")
    def jscode2session() -> dict[str, Any]:
        args = request.args
        if args.get("appid") != state.appid:
            return error(40013)
        if args.get("secret") != state.secret:
            return error(40125 if args.get("secret") else 41004)
        if args.get("grant_type") != "authorization_code":
            return error(40002)
        return state.session_of(args.get("js_code", ""))

    @app.post("/cgi-bin/stable_token")
    def stable_token() -> dict[str, Any]:
        grant = _body()
        if grant.get("appid") != state.appid:
            return error(40013)
        if grant.get("secret") != state.secret:
            return error(40125)
        if grant.get("grant_type") != "client_credential":
            return error(40002)
        return {"access_token": state.current_token(grant.get("force_refresh") is True), "expires_in": EXPIRES_IN}

    @app.post("/wxa/msg_sec_check")
    def msg_sec_check() -> dict[str, Any]:
        """Version 2 of the text check; a text with 违规 in it is risky."""
        if state.refuse_tokens or not state.token or request.args.get("access_token") != state.token:
            return error(state.refuse_tokens or 40001)
        text = _body()
        if text.get("version") != 2 or not text.get("openid") or not text.get("content"):
            return error(44002)
        suggest, label = ("risky", 20001) if "违规" in str(text["content"]) else ("pass", 100)
        result = {"suggest": suggest, "label": label}
        return {"errcode": 0, "errmsg": "ok", "result": result, "detail": [], "trace_id": secrets.token_hex(8)}

    @app.post("/wxa/getwxacodeunlimit")
    def getwxacodeunlimit() -> Response | dict[str, Any]:
        """Not a code that WeChat's camera could open a mini-program by: one that says it is a demonstration."""
        if state.refuse_tokens or not state.token or request.args.get("access_token") != state.token:
            return error(state.refuse_tokens or 40001)
        scene = _body().get("scene")
        if not isinstance(scene, str) or not SCENE.fullmatch(scene):
            return error(40129)
        drawn = io.BytesIO()
        segno.make_qr(CODE_SAYS).save(drawn, kind="png", scale=10, border=4)
        return Response(drawn.getvalue(), mimetype="image/png")

    return app


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)  # WeChat does not ask for a content type
    return body if isinstance(body, dict) else {}


def _misbehave(state: StandIn, how: str) -> Response | dict[str, Any] | list[Any] | None:
    if how in ("ok", "slow"):
        if how == "slow":
            state.release.wait(timeout=30)
        return None
    if how == "close":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    if how in ("http_500", "close"):
        return Response("<html>Bad Gateway</html>", 500)
    if how == "not_json":
        return Response("<html>Please log in to this network</html>", mimetype="text/html")
    return [1, 2] if how == "list" else error(int(how))


@contextmanager
def running(port: int = 0) -> Iterator[StandIn]:
    """A stand-in on a thread (a free port, unless one is given) until the block ends; `url` is its address."""
    state = StandIn()
    server = make_server("127.0.0.1", port, create_stand_in(state), threaded=True)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A local stand-in for WeChat's server; never for production.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8098)
    options = parser.parse_args()
    server = make_server(options.host, options.port, create_stand_in(StandIn()), threaded=True)
    print(f"WECHAT_API_URL=http://{options.host}:{server.server_port}", flush=True)
    print(f"WECHAT_APPID={APPID} WECHAT_SECRET={SECRET}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
