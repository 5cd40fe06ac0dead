"""Whom each school named for a programme (联系人、责任人): said so, or else the handler of its last bill."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Bill, SchoolContact
from services import programmes
from services.errors import Invalid
from services.vault import Vault


@dataclass(frozen=True, slots=True)
class Contact:
    """`envelope` is the telephone, sealed for the id `sealed_for`; empty where nobody gave one."""

    name: str
    envelope: bytes = field(repr=False)
    sealed_for: int

    def number(self, vault: Vault) -> str:
        """Raises services.vault.VaultError where the row was damaged."""
        return vault.open(self.envelope, self.sealed_for) if self.envelope else ""


def note(session: Session, vault: Vault, slug: str, school_id: int, *, name: str, contact: str, now: datetime) -> None:
    """The school's contact from now on. Raises NotFound (programme), Invalid (field name or contact)."""
    programmes.latest(session, slug)
    if not name.strip() or len(name) > 50:
        raise Invalid.field("name", "请填写联系人姓名（50 字以内）")
    if not contact.strip() or len(contact) > 30:
        raise Invalid.field("contact", "请填写联系电话（30 个字符以内）")
    row = session.get(SchoolContact, (slug, school_id)) or SchoolContact(programme_slug=slug, school_id=school_id)
    row.name, row.noted_at = name.strip(), now
    row.contact_envelope = vault.seal(contact.strip(), school_id)
    session.add(row)
    session.flush()


def of_programme(session: Session, slug: str) -> dict[int, Contact]:
    """The contact of each school that has one."""
    bills = sa.select(Bill).where(Bill.programme_slug == slug, Bill.state != "void").order_by(Bill.serial)
    found = {bill.school_id: of_bill(bill) for bill in session.scalars(bills)}
    for row in session.scalars(sa.select(SchoolContact).where(SchoolContact.programme_slug == slug)):
        found[row.school_id] = Contact(row.name, row.contact_envelope, row.school_id)
    return found


def of_bill(bill: Bill) -> Contact:
    """The handler (经办人)."""
    return Contact(bill.handler, bill.contact_envelope, bill.id)
