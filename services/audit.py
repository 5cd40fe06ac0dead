"""The audit log (审计日志): every act of staff as one entry, each bound to the one before by a keyed hash (services.audit_chain).

An entry is written in the transaction of the act itself: the act stands if and only if its entry does. Appending locks the one row of
AuditHead, so it comes last in a transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead
from services.audit_chain import FIRST_HASH, HEAD, digest, facts
from services.authority.principals import Principal
from services.vault import Vault

#: What can be done, and how it is called. An action of another name is refused: the log is searched by these.
ACTIONS: dict[str, str] = {
    "sign_in": "登录",
    "sign_out": "退出",
    "second_factor": "动态验证码",
    "change_password": "修改密码",
    "switch_role": "切换角色",
    "end_sessions": "结束登录",
    "find_people": "查询教师",
    "view_person": "查看教师",
    "check_identity": "核对身份",
    "reset_password": "重置密码",
    "bulk_reset": "批量重置密码",
    "unlock": "解锁账号",
    "unbind_wechat": "解除微信绑定",
    "profile_correction": "处理信息更正",
    "ask_hours": "申请学时更正",
    "decide_hours": "审批学时更正",
    "import_roster": "导入名单",
    "undo_import": "撤销导入",
    "enrolment": "变更报名",
    "quota": "分配名额",
    "bill": "开缴费单",
    "collect": "确认缴费",
    "remittance": "登记汇款",
    "evidence": "登记成绩",
    "grade": "批阅",
    "paper": "证书",
    "honours": "评优",
    "publish": "发布项目",
    "sample": "抽查",
    "export": "导出",
    "bulletin": "发布通报",
    "appoint": "任命",
    "end_appointment": "免职",
    "organisation": "维护单位",
    "refused": "被拒绝的操作",
    "archive": "归档日志",
}
Result = Literal["done", "refused", "failed"]
#: A detail that is longer is cut: it tells what was done, and holds no documents.
LONGEST = 500


@dataclass(frozen=True)
class By:
    """Who acts and from where. `principal` None: the system, or a command on the server."""

    principal: Principal | None
    address: str = ""


def record(
    session: Session,
    vault: Vault,
    by: By,
    action: str,
    now: datetime,
    *,
    target: tuple[str, object] | None = None,
    organisation_id: int | None = None,
    result: Result = "done",
    **detail: Any,
) -> AuditEntry:
    """Append an entry: last in the transaction. `target` is (kind, id), `organisation_id` where it belongs; `detail` is plain JSON and
    never holds a number of a person. Raises ValueError for an action that is not in ACTIONS."""
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action!r}")
    head = _head(session)
    who = by.principal
    kind, key = target or ("", "")
    entry = AuditEntry(
        serial=head.serial + 1,
        at=now,
        actor_id=who.account_id if who else None,
        actor_name=who.name if who else "",
        role=who.role.key if who else "",
        action=action,
        target_kind=kind,
        target_id=_plain(str(key))[:64],
        organisation_id=organisation_id,
        address=_plain(by.address)[:45],
        result=result,
        detail=_plain(json.loads(json.dumps(detail, allow_nan=False))),
        hash="",
    )
    entry.hash = digest(vault, facts(entry), head.hash)
    session.add(entry)
    head.serial, head.hash = entry.serial, entry.hash
    session.flush()
    return entry


def count_since(session: Session, actor_id: int, action: str, since: datetime) -> int:
    """How often this person did this, since then."""
    query = sa.select(sa.func.count()).where(
        AuditEntry.actor_id == actor_id,
        AuditEntry.action == action,
        AuditEntry.at > since,
        AuditEntry.result == "done",
    )
    return session.scalar(query) or 0


def _head(session: Session) -> AuditHead:
    """The end of the chain, locked until the transaction ends."""
    head = session.get(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    if head is None:
        _begin(session)
        head = session.get_one(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    return head


def _begin(session: Session) -> None:
    """The row, unless another one made it meanwhile. A failed INSERT would keep a lock on MariaDB that two would deadlock on."""
    values = {"id": HEAD, "serial": 0, "hash": FIRST_HASH}
    dialect = session.get_bind().dialect.name
    if dialect in ("mysql", "mariadb"):
        session.execute(mysql.insert(AuditHead).values(values).on_duplicate_key_update(id=AuditHead.id))
    else:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        session.execute(insert(AuditHead).values(values).on_conflict_do_nothing())


def _plain(value: Any) -> Any:
    """JSON that every database gives back as it was: without halves of characters and NUL, and not too long."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "")[:LONGEST]
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {_plain(key): _plain(one) for key, one in value.items()}
        case _:
            return value
