"""What stands in each column of a form (programmes.fields): the field's name → the text in a row. Numbers are plain decimals."""

from collections.abc import Callable
from typing import Any

from programmes.fields import NUMBERS
from services import id_numbers, profiles
from services.fees.bills import CONFIRMED
from services.fees.reconciling import Reconciled
from services.registers.rows import AtSchool, Learner, Remitted
from services.vault import Vault

#: Raises services.vault.VaultError where the number in the row cannot be read.
Field = Callable[[Any, Vault], str]

#: How a personal number (NUMBERS) is shown where it must not be in clear.
MASKED: dict[str, Callable[[str], str]] = {"id_number": id_numbers.mask, "contact": profiles.mask_mobile}

_ARRIVED = {"none": "未到账", "short": "到账不足", "exact": "到账相符", "over": "到账超出"}


def text(number: float | None) -> str:
    """60.0 is 60, 58.25 is 58.25; nothing is nothing."""
    return "" if number is None else f"{number:.2f}".rstrip("0").rstrip(".")


def yuan(fen: int | None) -> str:
    """1080.00: without the commas that stand in sentences."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _id_number(row: Learner, vault: Vault) -> str:
    return vault.open(row.id_envelope, row.account_id) if row.id_envelope else ""


def _mobile_masked(row: Learner, vault: Vault) -> str:
    return profiles.mask_mobile(vault.open(row.mobile_envelope, row.account_id)) if row.mobile_envelope else ""


def _passed(row: Learner, _: Vault) -> str:
    return "免修" if row.exempt else "合格" if row.passed else "不合格"


def _contact(row: AtSchool | Remitted, vault: Vault) -> str:
    return row.contact.number(vault) if row.contact else ""


def _due(row: AtSchool, _: Vault) -> str:
    per_head = row.project.per_head_fen
    return yuan(None if per_head is None else row.headcount * per_head)


def _school_status(row: AtSchool, _: Vault) -> str:
    """How the school's payment stands, of all its bills."""
    if not row.bills:
        return "未开缴费单"
    waiting = [bill for bill in row.bills if bill.bill.state != CONFIRMED]
    if waiting:
        return f"待确认（{_ARRIVED[waiting[-1].state]}）"
    covered = sum(bill.bill.headcount for bill in row.bills)
    return "已确认" if covered >= row.headcount else "部分确认"


def _remittance_status(row: Remitted, _: Vault) -> str:
    return "未认领" if row.bill is None else _bill_status(row.bill)


def _bill_status(bill: Reconciled) -> str:
    return "已确认" if bill.bill.state == CONFIRMED else f"待确认（{_ARRIVED[bill.state]}）"


_COMMON: dict[str, Field] = {
    "school": lambda row, _: row.place.school if row.place else "",
    "school_code": lambda row, _: row.place.code if row.place else "",
    "county": lambda row, _: row.place.county if row.place else "",
    "programme": lambda row, _: row.project.title,
    "year": lambda row, _: str(row.project.year),
}
_CONTACT: dict[str, Field] = {
    "handler": lambda row, _: row.contact.name if row.contact else "",
    "contact": _contact,
    "contact_masked": lambda row, vault: profiles.mask_mobile(_contact(row, vault)),
}
_LEARNERS: dict[str, Field] = {
    "name": lambda row, _: row.name,
    "id_number": _id_number,
    "id_number_masked": lambda row, vault: id_numbers.mask(_id_number(row, vault)),
    "mobile_masked": _mobile_masked,
    "stage": lambda row, _: row.stage,
    "subject": lambda row, _: row.subject,
    "track": lambda row, _: row.track,
    "operator": lambda row, _: row.operator,
    "status": lambda row, _: "免修" if row.exempt else "参训",
    "hours_credited": lambda row, _: text(row.hours_credited),
    "hours_counted": lambda row, _: text(row.hours_counted),
    "hours_required": lambda row, _: text(row.project.hours_required),
    "score": lambda row, _: text(row.score),
    "passed": _passed,
    "credits": lambda row, _: text(row.credits),
    "certificate_number": lambda row, _: row.certificate_number,
}
_SCHOOLS: dict[str, Field] = {
    "stage": lambda row, _: row.stage,
    "headcount": lambda row, _: str(row.headcount),
    "amount": _due,
    "status": _school_status,
}
_REMITTANCES: dict[str, Field] = {
    "headcount": lambda row, _: "" if row.headcount is None else str(row.headcount),
    "amount": lambda row, _: yuan(row.remittance.amount_fen),
    "paid_on": lambda row, _: row.remittance.paid_on.isoformat(),
    "payer": lambda row, _: row.remittance.payer,
    "status": _remittance_status,
}

#: By what a form's rows are; the same names as programmes.fields.FIELDS.
FIELDS: dict[str, dict[str, Field]] = {
    "learners": _COMMON | _LEARNERS,
    "schools": _COMMON | _CONTACT | _SCHOOLS,
    "remittances": _COMMON | _CONTACT | _REMITTANCES,
    "contacts": _COMMON | _CONTACT | {"headcount": _SCHOOLS["headcount"]},
}


def masked(field: str, value: str) -> str:
    """The value as it may be kept and shown."""
    return MASKED[field](value) if field in NUMBERS and value else value
