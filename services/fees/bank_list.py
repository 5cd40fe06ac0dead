"""The bank's list of remittances (到账流水) as a table: all of it is recorded, or none."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.errors import BadSpreadsheet, Invalid, XueshiError
from services.fees import remittances
from services.fees.remittances import Arrived, Matcher
from services.rosters.rows import RowError
from services.tables import cells
from services.tables import header as table_header
from services.tables.header import Header
from services.tables.spreadsheets import EXPONENT, Row, Table

COLUMNS = {
    "reference": ("银行流水号", "流水号", "交易流水号", "凭证号"),
    "payer": ("付款人", "付款单位", "对方户名", "汇款单位", "汇款人"),
    "summary": ("摘要", "备注", "附言", "用途"),
    "amount": ("金额", "到账金额", "汇款金额", "贷方金额"),
    "paid_on": ("日期", "到账日期", "汇款日期", "交易日期", "汇款时间"),
}
REQUIRED = ("reference", "payer", "amount", "paid_on")


@dataclass
class Outcome:
    """Rows: new, known already, and of the new ones those matched to a school's bill. With `errors` nothing may be committed."""

    new: int = 0
    known: int = 0
    matched: int = 0
    errors: list[RowError] = field(default_factory=list)


def take_in(
    session: Session, slug: str, table: Table, now: datetime, *which: sa.ColumnElement[bool], by: int | None = None
) -> Outcome:
    """Record every row, matched to bills of `which`, in the name of the account `by`; the caller rolls back where there are errors.

    Raises BadSpreadsheet, NotFound.
    """
    header = table_header.find(table, COLUMNS, REQUIRED)
    if not header.rows:
        raise BadSpreadsheet("表头下面没有内容。")
    outcome, matcher = Outcome(), Matcher(session, slug, *which)
    for row in header.rows:
        try:
            arrived = _arrived(header, row)
        except _Wrong as wrong:
            outcome.errors.append(RowError(row.number, wrong.column, wrong.reason))
            continue
        try:
            remittance, new = remittances.record(session, slug, arrived, now, matcher=matcher, by=by)
        except XueshiError as error:
            outcome.errors.append(RowError(row.number, header.titles[_column(error)], error.detail))
            continue
        outcome.new += new
        outcome.known += not new
        outcome.matched += new and remittance.bill_id is not None
    return outcome


class _Wrong(Exception):
    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        self.reason = reason
        super().__init__(reason)


def _column(error: XueshiError) -> str:
    """Which column an error is about."""
    field = next((one["field"] for one in error.extra.get("errors", ())), "")
    return field if field in REQUIRED else "reference"


def _arrived(header: Header, row: Row) -> Arrived:
    reference = header.cell(row, "reference")
    if EXPONENT.fullmatch(reference):  # two transfers would have one number
        reason = "Excel 已把流水号变成数字，末几位丢失，请把这一列设为文本格式后重新导出"
        raise _Wrong(header.titles["reference"], reason)
    try:
        amount_fen = cells.fen(header.cell(row, "amount"))
    except Invalid as wrong:
        raise _Wrong(header.titles["amount"], wrong.detail) from None
    try:
        paid_on = cells.day(header.cell(row, "paid_on"))
    except Invalid as wrong:
        raise _Wrong(header.titles["paid_on"], wrong.detail) from None
    return Arrived(
        reference=reference,
        payer=header.cell(row, "payer"),
        summary=header.cell(row, "summary"),
        amount_fen=amount_fen,
        paid_on=paid_on,
    )
