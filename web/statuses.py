"""Which HTTP status each branch of the tree of errors is answered with: the one place."""

from services import errors as tree

STATUS: dict[type[tree.XueshiError], int] = {
    tree.Invalid: 422,
    tree.Unauthenticated: 401,
    tree.Forbidden: 403,
    tree.NotFound: 404,
    tree.Conflict: 409,
    tree.Gone: 410,
    tree.Locked: 423,
    tree.TooMany: 429,
    tree.Upstream: 502,
    tree.Unavailable: 503,
}
TITLES = {
    400: "请求有误", 401: "请先登录", 403: "不允许", 404: "没有找到", 405: "不支持的方法", 409: "现在不能这样做", 410: "已失效",
    413: "内容太大", 415: "格式不支持", 422: "内容有误", 423: "已锁定", 429: "太频繁", 500: "系统出错", 502: "外部服务出错",
    503: "暂时不可用",
}  # fmt: skip


def status_of(error: tree.XueshiError) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))
