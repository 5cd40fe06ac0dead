"""The audit log (审计日志): every act of staff as one entry, each bound to the one before by a keyed hash.

Whoever changes, drops or inserts a row in the database breaks the chain: `verify` says where. The key lives outside of the database
(services.vault), so the chain cannot be made again without it. An entry is written in the transaction of the act itself: the act stands
if and only if its entry does. Appending locks the one row of AuditHead, so it comes last in a transaction.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead
from services.authority.principals import Principal
from services.vault import Vault

#: What can be done, and how it is called. An action of another name is refused: the log is searched by these.
ACTIONS: dict[str, str] = {
    "sign_in": "登录",
    "sign_out": "退出",
    "second_factor": "设置动态验证码",
    "find_people": "查询教师",
    "view_person": "查看教师",
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
    "refused": "被拒绝的操作",
    "archive": "归档日志",
}
Result = Literal["done", "refused", "failed"]
HEAD = 1
_FIRST_HASH = "0" * 64
_CHUNK = 1000


@dataclass(frozen=True)
class By:
    """Who acts and from where. `principal` None: the system, or a command on the server."""

    principal: Principal | None
    address: str = ""


@dataclass(frozen=True)
class Fault:
    """The first entry that is not as it was written."""

    serial: int
    reason: str


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
        target_id=str(key),
        organisation_id=organisation_id,
        address=by.address[:45],
        result=result,
        detail=json.loads(json.dumps(detail, ensure_ascii=False, allow_nan=False)),
        hash="",
    )
    entry.hash = _hash(vault, entry, head.hash)
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


def verify(session: Session, vault: Vault) -> Fault | None:
    """The first entry that was changed, dropped or put in; None where all are as they were written."""
    head = session.get(AuditHead, HEAD)
    if head is None:
        return Fault(0, "链头缺失") if session.scalar(sa.select(sa.func.count(AuditEntry.serial))) else None
    last, before = head.archived_serial, head.archived_hash or _FIRST_HASH
    for entry in _entries(session, last):
        if entry.serial != last + 1:
            return Fault(last + 1, "缺少记录")
        if entry.hash != _hash(vault, entry, before):
            return Fault(entry.serial, "内容与校验值不符")
        last, before = entry.serial, entry.hash
    if (last, before) != (head.serial, head.hash or _FIRST_HASH):
        return Fault(last + 1, "末尾的记录缺失")
    return None


def _entries(session: Session, after: int) -> Iterator[AuditEntry]:
    while True:
        query = sa.select(AuditEntry).where(AuditEntry.serial > after).order_by(AuditEntry.serial).limit(_CHUNK)
        found = session.scalars(query.execution_options(populate_existing=True)).all()
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].serial
        session.expunge_all()


def _head(session: Session) -> AuditHead:
    """The end of the chain, locked until the transaction ends."""
    head = session.get(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    if head is None:
        with session.begin_nested():
            head = AuditHead(id=HEAD, serial=0, hash=_FIRST_HASH)
            session.add(head)
    return head


def _hash(vault: Vault, entry: AuditEntry, before: str) -> str:
    fields: Mapping[str, Any] = {
        "before": before,
        "serial": entry.serial,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": [entry.actor_id, entry.actor_name, entry.role],
        "action": entry.action,
        "target": [entry.target_kind, entry.target_id, entry.organisation_id],
        "address": entry.address,
        "result": entry.result,
        "detail": entry.detail,
    }
    return vault.fingerprint("audit", json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
