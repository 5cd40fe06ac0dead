"""The code (小程序码) beside the web page's sign-in: WeChat draws it once a day for everybody.

Redis keys, all with a time to live:
    x:wechat:code:<appid>           the picture                               KEEP_S
    x:wechat:code-failed:<appid>    the error that drawing it ended with      FAILED_S
    x:wechat:code-lock:<appid>      who is asking WeChat for it               LOCK_S at most
"""

from typing import NamedTuple, cast

from redis import Redis
from redis.exceptions import LockError

from services import errors
from services.wechat import Wechat, picture_type

PAGE, SCENE = "pages/home/home", "web"
PICTURE_KEY, FAILED_KEY, LOCK_KEY = "x:wechat:code:{}", "x:wechat:code-failed:{}", "x:wechat:code-lock:{}"
KEEP_S = 86_400
#: A WeChat that failed is left alone so long, however many look at the page.
FAILED_S = 60
#: Longer than a token, a call, and both once more can take.
LOCK_S = 60
#: How long the others wait for the one who asks; they hold a thread each, which people need who sign in.
WAIT_S = 0.5
_FAILURES: dict[str, type[errors.XueshiError]] = {
    kind.__name__: kind
    for kind in (
        errors.WechatFailed,
        errors.WechatMisconfigured,
        errors.WechatRateLimited,
        errors.WechatBusy,
        errors.WechatUnreachable,
    )
}
#: Of these, the ones after which a client is told when to try again.
_RETRIED = (errors.TooMany, errors.Unavailable)


class Picture(NamedTuple):
    content: bytes
    mimetype: str


def picture(wechat: Wechat, redis: "Redis") -> Picture:
    """The code of this place's mini-program.

    Raises NoMiniProgram; TryAgain while somebody else's call takes long; what Wechat.mini_program_code raises; redis' errors.
    """
    appid = wechat.appid
    if not appid:
        raise errors.NoMiniProgram
    drawn = _kept(redis, appid)
    if drawn is None:
        lock = redis.lock(LOCK_KEY.format(appid), timeout=LOCK_S, blocking_timeout=WAIT_S, sleep=0.05)
        try:
            with lock:
                drawn = _kept(redis, appid) or _drawn(wechat, redis, appid)
        except LockError:
            raise errors.TryAgain("小程序码正在生成，请稍后再试。", retry_after=5) from None
    return Picture(drawn, picture_type(drawn))


def _kept(redis: "Redis", appid: str) -> bytes | None:
    """Raises the failure that is not a minute old."""
    drawn, failed = cast("bytes | None", redis.get(PICTURE_KEY.format(appid))), None
    if drawn is None:
        failed = cast("bytes | None", redis.get(FAILED_KEY.format(appid)))
    kind = _FAILURES.get(failed.decode()) if failed else None
    if kind is not None:
        left_s = max(1, redis.ttl(FAILED_KEY.format(appid)))
        raise kind(retry_after=left_s if issubclass(kind, _RETRIED) else None)
    return drawn


def _drawn(wechat: Wechat, redis: "Redis", appid: str) -> bytes:
    try:
        drawn = wechat.mini_program_code(PAGE, SCENE)
    except tuple(_FAILURES.values()) as error:
        redis.set(FAILED_KEY.format(appid), type(error).__name__, ex=FAILED_S)
        raise
    redis.set(PICTURE_KEY.format(appid), drawn, ex=KEEP_S)
    return drawn
