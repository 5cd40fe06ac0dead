"""The one tree of errors that a person may be told about.

    XueshiError
    ├── Invalid              422  the input is wrong; `errors` names the fields
    ├── Unauthenticated      401  BadCredentials, BadToken
    ├── Forbidden            403  WechatNotBound, PasswordChangeRequired, …
    ├── NotFound             404  absent, or another's
    ├── Conflict             409  WechatBoundElsewhere, PlayingElsewhere, …
    ├── Gone                 410  SessionGone
    ├── Locked               423  AccountLocked (retry_after)
    ├── TooMany              429  (retry_after)
    ├── Upstream             502  WechatFailed, WechatMisconfigured
    └── Unavailable          503  TryAgain (retry_after)

A class's docstring is its message, in Chinese, because a teacher reads it; `code` is stable English. The HTTP status of each
branch is given in server/errors.py alone. `extra` is added to the problem document as it is.
"""

from typing import Any


class XueshiError(Exception):
    """出错了，请稍后再试。"""

    code = "error"

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(self.detail)


class Invalid(XueshiError):
    """提交的内容有误，请检查后重试。"""

    code = "invalid"

    @classmethod
    def field(cls, name: str, reason: str) -> "Invalid":
        """One wrong field, `reason` in Chinese."""
        return cls(reason, errors=[{"field": name, "reason": reason}])


class Unauthenticated(XueshiError):
    """请先登录。"""

    code = "unauthenticated"


class BadCredentials(Unauthenticated):
    """身份证号或密码不正确。"""

    code = "bad_credentials"


class BadToken(Unauthenticated):
    """登录已过期，请重新登录。"""

    code = "bad_token"


class Forbidden(XueshiError):
    """您没有权限进行此操作。"""

    code = "forbidden"


class PasswordChangeRequired(Forbidden):
    """首次登录请先修改初始密码。"""

    code = "password_change_required"


class NotFound(XueshiError):
    """没有找到您要的内容。"""

    code = "not_found"


class Conflict(XueshiError):
    """操作与当前状态冲突，请刷新后重试。"""

    code = "conflict"


class Gone(XueshiError):
    """内容已失效。"""

    code = "gone"


class Locked(XueshiError):
    """暂时锁定，请稍后再试。"""

    code = "locked"


class AccountLocked(Locked):
    """密码多次输入错误，账号已暂时锁定，请稍后再试或联系学校管理员重置密码。"""

    code = "account_locked"


class TooMany(XueshiError):
    """操作太频繁，请稍后再试。"""

    code = "too_many_requests"


class Upstream(XueshiError):
    """外部服务出错，请稍后再试。"""

    code = "upstream_failed"


class Unavailable(XueshiError):
    """服务暂时不可用，请稍后再试。"""

    code = "unavailable"


class TryAgain(Unavailable):
    """系统正忙，您的学习记录没有丢失，请稍后重试。"""

    code = "try_again"
