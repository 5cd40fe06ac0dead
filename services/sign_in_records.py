"""How people signed in (登录记录): every try of a known account, by whatever door, with a short device name and a masked address.

The teacher's timeline and the desk read it. Kept six months at least (services.audit_archive).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import SignInRecord
from services.addresses import masked
from services.errors import AccountLocked, Conflict
from services.work import UnitOfWork

#: The door of staff; the others are those of services.refresh_tokens.
CONSOLE = "console"
#: How a try ended, and how it is called.
RESULTS: dict[str, str] = {
    "in": "登录成功",
    "wrong_password": "密码错误",
    "wrong_code": "动态验证码错误",
    "locked": "账号锁定中",
    "refused": "被拒绝",
    "bound": "绑定微信",
    "unbound": "解除微信绑定",
    "out": "退出",
}
ROUTES: dict[str, str] = {"web": "网页", "wechat": "微信", "portal": "平台入口", CONSOLE: "管理后台"}


@dataclass(frozen=True)
class Client:
    """From where somebody signs in: a short device name (services.devices.name_of), and the address in full, which is not kept."""

    device: str = ""
    address: str = ""


NOWHERE = Client()


def note(
    session: Session, account_id: int, route: str, result: str, now: datetime, device: str = "", address: str = ""
) -> None:
    """Write a try down: one INSERT, in the transaction of the try itself. Raises ValueError for a route or result that is not ours."""
    if route not in ROUTES or result not in RESULTS:
        raise ValueError(f"no such route or result: {route!r}, {result!r}")
    session.add(
        SignInRecord(
            account_id=account_id,
            at=now,
            route=route,
            result=result,
            device=device[:64],
            address_masked=masked(address),
        )
    )


@contextmanager
def refusals_noted(
    work: UnitOfWork, account_id: int | None, route: str, now: datetime, client: Client = NOWHERE
) -> Iterator[None]:
    """Around a try whose transaction is lost with its error: that the account is locked, or was bound otherwise, is written by itself."""
    try:
        yield
    except (AccountLocked, Conflict) as error:
        if account_id is not None:
            result = "locked" if isinstance(error, AccountLocked) else "refused"
            with work() as session:
                note(session, account_id, route, result, now, client.device, client.address)
        raise
