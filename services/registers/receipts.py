"""What a register answered to an export (回执): which teachers it took and which it refused, and why.

The answer is a table with 证件号码, 结果 and 原因, one line a teacher; or one with 成功数 and 失败数 alone.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme, RegisterExport, RegisterReceipt, RegisterRow
from services import id_numbers
from services.errors import BadSpreadsheet, Invalid, NotFound
from services.rosters.rows import COLUMNS as ROSTER
from services.rosters.rows import RowError
from services.tables import cells
from services.tables import header as table_header
from services.tables.header import Header
from services.tables.spreadsheets import Row, Table
from services.vault import Vault

COLUMNS = {
    "id_number": ROSTER["id_number"],
    "result": ("结果", "登记结果", "导入结果", "处理结果", "审核结果", "状态"),
    "reason": ("原因", "失败原因", "退回原因", "说明", "备注"),
}
COUNTS = {
    "accepted": ("成功数", "成功", "登记成功", "接收数", "成功条数", "成功人数"),
    "rejected": ("失败数", "失败", "登记失败", "退回数", "失败条数", "失败人数"),
}
ACCEPTED = frozenset({"成功", "通过", "已登记", "登记成功", "导入成功", "已接收", "接收", "已通过", "审核通过"})
REFUSED = frozenset(
    {"失败", "不通过", "未通过", "退回", "已退回", "拒绝", "登记失败", "导入失败", "审核不通过", "未登记"}
)
LONGEST_REASON = 200
_NUMBERS = re.compile(r"[0-9][0-9Xx -]{5,}[0-9Xx]")
_CHUNK = 500


@dataclass
class Receipt:
    """`new` False: it was recorded before. With `errors` nothing was recorded. unanswered: rows of the export that it says nothing of."""

    receipt_id: int = 0
    new: bool = False
    accepted: int = 0
    rejected: int = 0
    unanswered: int = 0
    errors: list[RowError] = field(default_factory=list)


@dataclass(frozen=True)
class Refused:
    """A teacher, or other row, that the register refused: the row as exported, numbers masked."""

    shown: dict[str, str]
    reason: str
    received_at: datetime


@dataclass(frozen=True)
class _Answer:
    row: int
    index: str
    accepted: bool
    reason: str


def record(session: Session, vault: Vault, export_id: int, table: Table, *, by: str, now: datetime) -> Receipt:
    """Take in the answer to an export. One wrong line and nothing is recorded; the same answer again is recorded once.

    Raises NotFound (the export), BadSpreadsheet (no table of an answer).
    """
    export = get(session, export_id)
    try:
        header = table_header.find(table, COLUMNS, ("id_number", "result"))
    except BadSpreadsheet as neither:
        return _counts(session, export, table, neither, by, now)
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    receipt = Receipt()
    answers = list(_answers(header, vault, now.date(), receipt.errors))
    answered: dict[str, _Answer] = {}
    abouts = _abouts(session, export, [answer.index for answer in answers])
    for answer in answers:
        about = abouts.get(answer.index)
        if about is None:
            receipt.errors.append(_error(header, answer.row, "id_number", "这次导出的名单里没有这个证件号码"))
        elif about in answered and answered[about].accepted != answer.accepted:
            first = answered[about].row
            receipt.errors.append(_error(header, answer.row, "result", f"与第 {first} 行是同一个人，结果却不同"))
        else:
            answered.setdefault(about, answer)
    receipt.errors.sort(key=lambda error: error.row)
    if not receipt.errors:
        refusals = [
            {"about": about, "reason": answer.reason}
            for about, answer in sorted(answered.items())
            if not answer.accepted
        ]
        taken = sorted(about for about, answer in answered.items() if answer.accepted)
        _record(session, export, receipt, len(taken), len(refusals), refusals, taken, by, now)
    return receipt


def get(session: Session, export_id: int) -> RegisterExport:
    """Raises NotFound."""
    export = session.get(RegisterExport, export_id) if 0 < export_id < 2**63 else None
    if export is None:
        raise NotFound(f"没有编号为 {export_id} 的导出。")
    return export


def of_export(session: Session, export_id: int) -> list[RegisterReceipt]:
    """The receipts of an export, the latest first."""
    query = sa.select(RegisterReceipt).where(RegisterReceipt.export_id == export_id)
    return list(session.scalars(query.order_by(RegisterReceipt.id.desc())))


def refused(session: Session, export_id: int) -> list[Refused]:
    """Whom the register refused, by what each receipt of this export says, the latest first. Raises NotFound."""
    export = get(session, export_id)
    receipts = session.scalars(
        sa.select(RegisterReceipt)
        .where(RegisterReceipt.export_id == export.id)
        .order_by(RegisterReceipt.received_at.desc(), RegisterReceipt.id.desc())
    ).all()
    wanted = {refusal["about"] for receipt in receipts for refusal in receipt.refusals}
    shown = dict(_rows(session, export.id, wanted))
    return [
        Refused(shown.get(refusal["about"], {}), refusal["reason"], receipt.received_at)
        for receipt in receipts
        for refusal in receipt.refusals
    ]


def _answers(header: Header, vault: Vault, today: date, errors: list[RowError]) -> Iterator[_Answer]:
    for row in header.rows:
        try:
            index = vault.index(id_numbers.parse(header.cell(row, "id_number"), today))
        except Invalid as wrong:
            errors.append(_error(header, row.number, "id_number", wrong.detail))
            continue
        word = re.sub(r"\s+", "", header.cell(row, "result"))
        if word not in ACCEPTED and word not in REFUSED:
            reason = f"结果不能识别，应如：{'、'.join(sorted(ACCEPTED)[:3])}；{'、'.join(sorted(REFUSED)[:3])}"
            errors.append(_error(header, row.number, "result", reason))
            continue
        yield _Answer(row.number, index, word in ACCEPTED, _reason(header, row))


def _reason(header: Header, row: Row) -> str:
    """Without numbers of people, cut short."""
    text = cells.ascii_digits(header.cell(row, "reason")) or "没有写明原因"
    return _NUMBERS.sub(lambda number: id_numbers.mask(number.group()), text)[:LONGEST_REASON]


def _counts(
    session: Session, export: RegisterExport, table: Table, neither: BadSpreadsheet, by: str, now: datetime
) -> Receipt:
    """An answer that only counts. Raises `neither` where it is none of these either."""
    try:
        header = table_header.find(table, COUNTS, tuple(COUNTS))
    except BadSpreadsheet:
        raise neither from None
    receipt, numbers = Receipt(), {}
    for row in header.rows[:1]:
        for key in COUNTS:
            cell = header.cell(row, key)
            if re.fullmatch(r"[0-9]{1,9}", cell):
                numbers[key] = int(cell)
            else:
                receipt.errors.append(_error(header, row.number, key, "应为整数"))
    if len(header.rows) != 1:
        raise BadSpreadsheet("表头下面应只有一行数字。")
    if not receipt.errors and sum(numbers.values()) > export.rows:
        reason = f"成功与失败共 {sum(numbers.values())}，多于这次导出的 {export.rows} 行"
        receipt.errors.append(_error(header, header.rows[0].number, "accepted", reason))
    if not receipt.errors:
        _record(session, export, receipt, numbers["accepted"], numbers["rejected"], [], [], by, now)
    return receipt


def _record(
    session: Session,
    export: RegisterExport,
    receipt: Receipt,
    accepted: int,
    rejected: int,
    refusals: list[dict[str, Any]],
    taken: list[str],
    by: str,
    now: datetime,
) -> None:
    digest = hashlib.sha256(msgspec.json.encode([accepted, rejected, refusals, taken])).hexdigest()
    row = RegisterReceipt(
        export_id=export.id,
        digest=digest,
        received_at=now,
        accepted=accepted,
        rejected=rejected,
        refusals=refusals,
        recorded_by=by[:50],
    )
    same = sa.select(RegisterReceipt).where(RegisterReceipt.export_id == export.id, RegisterReceipt.digest == digest)
    known = session.scalar(same)
    if known is None:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # recorded by somebody else since we looked
            known = session.scalars(same).one()
    receipt.receipt_id, receipt.new = (known.id, False) if known else (row.id, True)
    receipt.accepted, receipt.rejected = accepted, rejected
    receipt.unanswered = export.rows - accepted - rejected


def _abouts(session: Session, export: RegisterExport, indexes: list[str]) -> dict[str, str]:
    """What the export's row of each person is about, by the blind index of the number."""
    found: dict[str, str] = {}
    for some in _some(sorted(set(indexes))):
        query = (
            sa.select(Enrolment.id, Account.id_index)
            .join(Account, Account.id == Enrolment.account_id)
            .join(Programme, Programme.id == Enrolment.programme_id)
            .where(Programme.slug == export.programme_slug, Account.id_index.in_(some))
        )
        enrolled = {str(enrolment_id): index for enrolment_id, index in session.execute(query)}
        exported = sa.select(RegisterRow.about).where(
            RegisterRow.export_id == export.id, RegisterRow.about.in_(enrolled)
        )
        found |= {enrolled[about]: about for about in session.scalars(exported)}
    return found


def _rows(session: Session, export_id: int, abouts: Collection[str]) -> Iterator[tuple[str, dict[str, str]]]:
    for some in _some(sorted(abouts)):
        query = sa.select(RegisterRow.about, RegisterRow.shown)
        rows = session.execute(query.where(RegisterRow.export_id == export_id, RegisterRow.about.in_(some)))
        yield from ((about, shown) for about, shown in rows)


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _error(header: Header, row: int, column: str, reason: str) -> RowError:
    return RowError(row, header.titles.get(column, ""), reason)
