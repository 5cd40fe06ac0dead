"""WeChat's server API over wechatpy; the only place that imports it.

wechatpy 1.8.18 cannot be used as it comes: it logs nobody in without an access token, keeps that token in one process, retries a
refused token without end, and hard-codes WeChat's address. `_Client` takes over exactly these parts.

The AppSecret stands in the query of a log-in call, so neither a request nor an exception of `requests` is ever logged or kept as
the cause of ours. What is logged: the path, WeChat's errcode and its request id (rid). A session_key is dropped unread.

Redis keys, all with a time to live:
    x:wechat:token:<appid>       the access token         expires_in − 300 s, when WeChat starts to give out the next one
    x:wechat:lock:<appid>        who is fetching a token  LOCK_SECONDS at most
"""

import logging
import re
from typing import Any, NoReturn

import requests
import structlog
from redis import Redis
from redis.exceptions import LockError
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from services import errors

log = structlog.get_logger()

TOKEN_KEY = "x:wechat:token:{appid}"  # noqa: S105  # the name of a key, not a token
LOCK_KEY = "x:wechat:lock:{appid}"
#: Longer than a fetch can take (connect 3 s, read 5 s), so that a lock never lapses under its holder.
LOCK_SECONDS = 12
#: (connect, read) in seconds.
TIMEOUT = (3.0, 5.0)

#: WeChat's real codes are 32 letters and digits.
CODE = re.compile(r"[\x21-\x7e]{1,128}")
RID = re.compile(r"rid:\s*([0-9a-f-]{8,64})")

#: By how their files begin.
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LONGEST_PICTURE = 512 * 1024

BUSY = -1
#: The access token is wrong, revoked or expired.
STALE_TOKEN = (40001, 40014, 42001)
FAILURES: dict[int, type[errors.XueshiError]] = {
    BUSY: errors.WechatBusy,
    40029: errors.WechatCodeInvalid,
    40163: errors.WechatCodeInvalid,
    40226: errors.WechatUserRisky,
    45011: errors.WechatRateLimited,
    40001: errors.WechatMisconfigured,
    40013: errors.WechatMisconfigured,
    40125: errors.WechatMisconfigured,
    40164: errors.WechatMisconfigured,  # our address is not on the list that the mini-program's owner keeps
}
#: Seconds after which a client may try again.
RETRY_AFTER = {errors.WechatBusy: 2, errors.WechatRateLimited: 60, errors.WechatUnreachable: 5}


class _WithoutQuery(logging.Filter):
    """Cuts the query from what urllib3 logs at DEBUG: it would hold the AppSecret and the access token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
        return True


_without_query = _WithoutQuery()


class _Refused(Exception):
    """WeChat answered with an errcode. Holds no request, unlike wechatpy's own exception."""

    def __init__(self, path: str, errcode: int, errmsg: object) -> None:
        rid = RID.search(str(errmsg))
        self.path, self.errcode, self.rid = path, errcode, rid.group(1) if rid else None
        super().__init__(path, errcode)


class _Client(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    def __init__(self, appid: str, secret: str, api_url: str, redis: "Redis", timeout: tuple[float, float]) -> None:
        super().__init__(appid, secret, timeout=timeout, auto_retry=False)
        self._api_url, self._redis = api_url, redis
        logging.getLogger("urllib3.connectionpool").addFilter(_without_query)  # adding it again changes nothing

    @property
    def access_token(self) -> str:
        """The shared token; fetched by one thread of one process while the others wait for it."""
        return self._cached_token() or self.next_token("")

    def next_token(self, stale: str) -> str:
        """A token other than `stale`, as far as WeChat has one."""
        lock = self._redis.lock(
            LOCK_KEY.format(appid=self.appid), timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS, sleep=0.05
        )
        try:
            with lock:
                token = self._cached_token()
                return token if token and token != stale else self._fetch_token()
        except LockError:  # whoever held it is stuck
            raise errors.WechatUnreachable(retry_after=RETRY_AFTER[errors.WechatUnreachable]) from None

    def _cached_token(self) -> str:
        token = self._redis.get(TOKEN_KEY.format(appid=self.appid))
        return token.decode() if isinstance(token, bytes) else ""

    def _fetch_token(self) -> str:
        # Not forced: forcing ends the token that others use, and is allowed twenty times a day.
        grant = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": False}
        answer = self.post("cgi-bin/stable_token", params={"access_token": None}, data=grant)
        token, expires_in = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(expires_in, int):
            raise _strange("cgi-bin/stable_token")
        self._redis.set(TOKEN_KEY.format(appid=self.appid), token, ex=max(expires_in - 300, 1))
        return token

    def _request(self, method: str, url_or_endpoint: str, *, picture: bool = False, **kwargs: Any) -> dict[str, Any]:
        """One call, one JSON object; where a `picture` is asked for, {"picture": bytes}. Raises _Refused or errors.WechatUnreachable.

        The exceptions of requests and wechatpy hold the URL, so ours are raised where those are no longer their context.
        """
        kwargs.pop("api_base_url", None)  # wechatpy's groups of calls carry WeChat's own address
        if "data" in kwargs:
            kwargs["headers"] = {"Content-Type": "application/json"}  # wechatpy sends its JSON without saying so
        path = url_or_endpoint.lstrip("/")
        refusal: tuple[int, object] | None = None
        try:
            answer = super()._request(method, f"{self._api_url}/{path}", allow_redirects=False, **kwargs)
            if isinstance(answer, dict):
                return answer
            if picture and isinstance(answer, requests.Response) and picture_type(answer.content):
                return {"picture": answer.content}
            failure = "no_picture" if picture else "not_json"
        except WeChatClientException as refused:
            if refused.errcode is not None:
                refusal = refused.errcode, refused.errmsg
            failure = "http_status"
        except (requests.RequestException, ValueError, TypeError, RecursionError) as error:
            failure = type(error).__name__
        if refusal:
            raise _Refused(path, *refusal)
        log.warning("wechat_unreachable", path=path, failure=failure)
        raise errors.WechatUnreachable(retry_after=RETRY_AFTER[errors.WechatUnreachable])


class Wechat:
    """`appid` empty: WeChat is not in use here, every call raises WechatNotConfigured. Threads may share one."""

    def __init__(
        self, appid: str, secret: str, api_url: str, redis: "Redis", timeout: tuple[float, float] = TIMEOUT
    ) -> None:
        self._client = _Client(appid, secret, api_url, redis, timeout) if appid else None

    def openid_of(self, code: str) -> str:
        """Who `wx.login` gave this code to (jscode2session). A code works once, within five minutes.

        Raises WechatCodeInvalid, WechatUserRisky, WechatRateLimited, WechatBusy, WechatUnreachable, WechatMisconfigured,
        WechatNotConfigured or WechatFailed.
        """
        client = self._configured()
        if not CODE.fullmatch(code):
            raise errors.WechatCodeInvalid
        login = {"appid": client.appid, "secret": client.secret, "js_code": code, "grant_type": "authorization_code"}
        params = login | {"access_token": None}  # None: wechatpy adds no token, and requests leaves it out
        answer: dict[str, Any] = {}
        try:
            try:
                answer = client.get("sns/jscode2session", params=params)
            except _Refused as refused:
                if refused.errcode != BUSY:
                    raise
                answer = client.get("sns/jscode2session", params=params)
        except _Refused as refused:
            _fail(refused)
        openid = answer.get("openid")
        if not isinstance(openid, str) or not 1 <= len(openid) <= 64:
            raise _strange("sns/jscode2session")
        return openid

    def authorised_post(self, path: str, json: dict[str, Any]) -> dict[str, Any]:
        """A call that needs an access token. A token that WeChat no longer takes is renewed and the call repeated, once.

        Raises what openid_of raises, but WechatCodeInvalid and WechatUserRisky.
        """
        return _authorised(self._configured(), path, json)

    def mini_program_code(self, page: str, scene: str) -> bytes:
        """The code (小程序码) that opens this page of the mini-program with this scene: a PNG or JPEG. There may be any number of them.

        Raises what authorised_post raises.
        """
        # Hyaline: without a ground, which WeChat draws as a PNG.
        asked = {"page": page, "scene": scene, "check_path": False, "is_hyaline": True}
        answer = _authorised(self._configured(), "wxa/getwxacodeunlimit", asked, picture=True)
        drawn = answer.get("picture")
        if not isinstance(drawn, bytes):
            raise _strange("wxa/getwxacodeunlimit")
        return drawn

    @property
    def appid(self) -> str:
        """The mini-program's; "" where WeChat is not in use here."""
        return self._client.appid if self._client is not None else ""

    def _configured(self) -> _Client:
        if self._client is None:
            raise errors.WechatNotConfigured
        return self._client


def picture_type(content: bytes) -> str:
    """The media type of a picture as WeChat draws them; "" for anything else."""
    if len(content) > LONGEST_PICTURE:
        return ""
    return next((kind for mark, kind in PICTURES.items() if content.startswith(mark)), "")


def _authorised(client: _Client, path: str, json: dict[str, Any], **how: Any) -> dict[str, Any]:
    try:
        token = client.access_token
        try:
            return _post(client, path, token, json, **how)
        except _Refused as refused:
            if refused.errcode not in STALE_TOKEN:
                raise
            return _post(client, path, client.next_token(token), json, **how)
    except _Refused as refused:
        _fail(refused)


def _post(client: _Client, path: str, token: str, json: dict[str, Any], **how: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, params={"access_token": token}, data=json, **how)
    return answer


def _fail(refused: _Refused) -> NoReturn:
    kind = FAILURES.get(refused.errcode, errors.WechatFailed)
    report = log.error if issubclass(kind, errors.Upstream) else log.warning
    report(kind.code, path=refused.path, errcode=refused.errcode, rid=refused.rid)
    raise kind(retry_after=RETRY_AFTER.get(kind)) from None


def _strange(path: str) -> errors.WechatFailed:
    log.error("wechat_failed", path=path, failure="an answer without what was asked for")
    return errors.WechatFailed()
