"""A teacher's own data: shown with numbers masked, confirmed, or reported as wrong to the school's administrator."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Organisation, ProfileCorrection, WechatBinding
from services import accounts, errors, id_numbers
from services.vault import Vault

#: Corrections of one account that may wait for the administrator.
MOST_OPEN_CORRECTIONS = 20

#: How versions of the privacy text are named: "2026-11-22", "v3.1".
PRIVACY_VERSION = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$"

Field = Literal["name", "id_number", "mobile", "school", "stage", "subject", "other"]


@dataclass(frozen=True)
class Profile:
    account_id: int
    role: str
    name: str
    id_kind: str
    id_number_masked: str
    mobile_masked: str | None
    school: str | None
    stage: str | None
    subject: str | None
    wechat_bound: bool
    must_change_password: bool
    must_confirm_profile: bool
    last_login_at: datetime | None
    privacy_version: str | None


def of(session: Session, vault: Vault, account: Account) -> Profile:
    """Raises services.vault.VaultError where the account's row was damaged."""
    school = session.get(Organisation, account.school_id) if account.school_id is not None else None
    return Profile(
        account_id=account.id,
        role=account.role,
        name=account.name,
        id_kind=account.id_kind,
        id_number_masked=id_numbers.mask(vault.open(account.id_envelope, account.id)),
        mobile_masked=mask_mobile(vault.open(account.mobile_envelope, account.id)) if account.mobile_envelope else None,
        school=school.name if school is not None else None,
        stage=account.stage,
        subject=account.subject,
        wechat_bound=session.get(WechatBinding, account.id) is not None,
        must_change_password=account.must_change_password,
        must_confirm_profile=account.must_confirm_profile,
        last_login_at=account.last_login_at,
        privacy_version=account.privacy_version,
    )


def confirm(session: Session, account_id: int) -> None:
    """The teacher has read the data and says that they are right."""
    accounts.lock(session, account_id).must_confirm_profile = False


def agree(session: Session, account_id: int, version: str, now: datetime) -> None:
    """The teacher agrees to this version of the privacy text (个人信息保护法, 14). The same again keeps the first moment."""
    account = accounts.lock(session, account_id)
    if account.privacy_version != version:
        account.privacy_version, account.privacy_agreed_at = version, now


def correct(
    session: Session, vault: Vault, account_id: int, *, field: Field, should_be: str, note: str, now: datetime
) -> ProfileCorrection:
    """Tell the administrator what a field should say. Raises TooManyCorrections."""
    accounts.lock(session, account_id)
    waiting = sa.select(sa.func.count()).where(
        ProfileCorrection.account_id == account_id, ProfileCorrection.status == "open"
    )
    if (session.scalar(waiting) or 0) >= MOST_OPEN_CORRECTIONS:
        raise errors.TooManyCorrections
    correction = ProfileCorrection(
        account_id=account_id,
        field=field,
        should_be_envelope=vault.seal(should_be, account_id),
        note=note,
        status="open",
        created_at=now,
    )
    session.add(correction)
    session.flush()
    return correction


def mask_mobile(mobile: str) -> str:
    """The first three and the last four of a mobile's eleven characters; the last two of anything shorter."""
    if len(mobile) < 11:
        return ("*" * (len(mobile) - 2) + mobile[-2:]) if len(mobile) > 4 else "*" * len(mobile)
    return mobile[:3] + "*" * (len(mobile) - 7) + mobile[-4:]
