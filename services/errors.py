"""The one tree of errors that a person may be told about.

    XueshiError
    ├── Invalid              422  the input is wrong; `errors` names the fields; BadSpreadsheet, RosterHasErrors
    ├── Unauthenticated      401  BadCredentials, BadToken, WechatCodeInvalid
    ├── Forbidden            403  WechatNotBound, PasswordChangeRequired, …
    ├── NotFound             404  absent, or another's; NoMiniProgram
    ├── Conflict             409  WechatBoundElsewhere, PlayingElsewhere, …
    ├── Gone                 410  SessionGone
    ├── Locked               423  AccountLocked (retry_after)
    ├── TooMany              429  WechatRateLimited (retry_after)
    ├── Upstream             502  WechatFailed, WechatMisconfigured
    └── Unavailable          503  TryAgain, WechatBusy, WechatUnreachable (retry_after)

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


class BadSpreadsheet(Invalid):
    """文件不能读取，请用 Excel 另存为“.xlsx”或“CSV UTF-8”后重试。"""

    code = "bad_spreadsheet"


class RosterHasErrors(Invalid):
    """名单有错误，没有导入任何内容，请改正后重新导入。"""

    code = "roster_has_errors"


class Unauthenticated(XueshiError):
    """请先登录。"""

    code = "unauthenticated"


class BadCredentials(Unauthenticated):
    """身份证号或密码不正确。"""

    code = "bad_credentials"


class BadToken(Unauthenticated):
    """登录已过期，请重新登录。"""

    code = "bad_token"


class BadTicket(Unauthenticated):
    """微信绑定已超时或已用过，请重新从微信登录。"""

    code = "bad_ticket"


class WechatCodeInvalid(Unauthenticated):
    """微信登录凭证已失效，请重新点击微信登录。"""

    code = "wechat_code_invalid"


class Forbidden(XueshiError):
    """您没有权限进行此操作。"""

    code = "forbidden"


class PasswordChangeRequired(Forbidden):
    """首次登录请先修改初始密码。"""

    code = "password_change_required"


class WechatNotBound(Forbidden):
    """这个微信还没有绑定账号，请输入身份证号和密码完成绑定。"""

    code = "wechat_not_bound"


class WechatNotConfigured(Forbidden):
    """本平台没有开通微信登录，请用身份证号和密码登录。"""

    code = "wechat_not_configured"


class WechatUserRisky(Forbidden):
    """微信判定该微信号存在风险，不能用它登录，请用身份证号和密码登录。"""

    code = "wechat_user_risky"


class NotFound(XueshiError):
    """没有找到您要的内容。"""

    code = "not_found"


class NoMiniProgram(NotFound):
    """本平台没有开通微信小程序，请在网页上学习。"""

    code = "no_mini_program"


class Conflict(XueshiError):
    """操作与当前状态冲突，请刷新后重试。"""

    code = "conflict"


class WechatBoundElsewhere(Conflict):
    """这个微信已绑定其他账号，请先用那个账号登录并解除绑定。"""

    code = "wechat_bound_elsewhere"


class AccountBoundElsewhere(Conflict):
    """您的账号已绑定其他微信，请先用身份证号和密码登录并解除绑定。"""

    code = "account_bound_elsewhere"


class TooManyCorrections(Conflict):
    """您提交的更正还有很多没有处理，请等学校管理员处理后再提交。"""

    code = "too_many_corrections"


class RosterChanged(Conflict):
    """检查名单之后数据有变化（可能有人同时在导入），没有导入任何内容，请重新导入。"""

    code = "roster_changed"


class Gone(XueshiError):
    """内容已失效。"""

    code = "gone"


class SessionGone(Gone):
    """服务器上已没有这次学习的缓存，请重新打开课程；还没有提交的时间会接着计入。"""

    code = "session_gone"


class Locked(XueshiError):
    """暂时锁定，请稍后再试。"""

    code = "locked"


class AccountLocked(Locked):
    """密码多次输入错误，账号已暂时锁定，请稍后再试或联系学校管理员重置密码。"""

    code = "account_locked"


class TooMany(XueshiError):
    """操作太频繁，请稍后再试。"""

    code = "too_many_requests"


class WechatRateLimited(TooMany):
    """微信登录太频繁，请一分钟后再试。"""

    code = "wechat_rate_limited"


class Upstream(XueshiError):
    """外部服务出错，请稍后再试。"""

    code = "upstream_failed"


class WechatFailed(Upstream):
    """微信服务出错，请稍后再试，或用身份证号和密码登录。"""

    code = "wechat_failed"


class WechatMisconfigured(Upstream):
    """微信登录暂时不能使用，我们已记录，请用身份证号和密码登录。"""

    code = "wechat_misconfigured"


class Unavailable(XueshiError):
    """服务暂时不可用，请稍后再试。"""

    code = "unavailable"


class WechatUnreachable(Unavailable):
    """暂时连接不上微信，请稍后再试，或用身份证号和密码登录。"""

    code = "wechat_unreachable"


class TryAgain(Unavailable):
    """系统正忙，您的学习记录没有丢失，请稍后重试。"""

    code = "try_again"


class WechatBusy(TryAgain):
    """微信正忙，请稍后再试。"""
