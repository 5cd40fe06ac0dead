"""Accounts: made, found by ID number, locked for a change. The ID number itself is only ever in the vault."""

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account
from services.errors import NotFound
from services.id_numbers import IdNumber
from services.passwords import LAST_SIX, RANDOM, FirstPassword, Passwords, random_password
from services.vault import Vault, VaultError


def new_id() -> int:
    """A random id of at most 53 bits: not to be guessed, exact in JavaScript, and known before anything is sealed with it."""
    return secrets.randbelow(2**53 - 1) + 1


def create(
    session: Session,
    vault: Vault,
    passwords: Passwords,
    *,
    name: str,
    id_number: IdNumber,
    mobile: str | None,
    school_id: int | None,
    stage: str | None,
    subject: str | None,
    role: str,
    first_password: FirstPassword,
    now: datetime,
) -> tuple[Account, str | None]:
    """Add an account; also its random first password, if the rule makes one: to be shown once and kept nowhere.

    Nothing is flushed: a second account with the same number fails with IntegrityError when the session is.
    """
    values, random = columns(
        vault,
        passwords,
        name=name,
        id_number=id_number,
        id_index=vault.index(id_number),
        mobile=mobile,
        school_id=school_id,
        stage=stage,
        subject=subject,
        role=role,
        first_password=first_password,
        now=now,
    )
    account = Account(**values)
    session.add(account)
    return account, random


def columns(
    vault: Vault,
    passwords: Passwords,
    *,
    name: str,
    id_number: IdNumber,
    id_index: str,
    mobile: str | None,
    school_id: int | None,
    stage: str | None,
    subject: str | None,
    role: str,
    first_password: FirstPassword,
    now: datetime,
) -> tuple[dict[str, Any], str | None]:
    """The row of a new account, for inserting many at once; also its random first password, if the rule makes one."""
    account_id = new_id()
    random = random_password() if first_password.rule == RANDOM else None
    return {
        "id": account_id,
        "role": role,
        "name": name,
        "id_kind": id_number.kind,
        "id_index": id_index,
        "id_envelope": vault.seal(id_number.number, account_id),
        **mobile_columns(vault, mobile, account_id),
        "school_id": school_id,
        "stage": stage,
        "subject": subject,
        "password_hash": passwords.digest(random, account_id, vault) if random else _given_hash(first_password),
        "first_password": first_password.rule,
        "must_change_password": True,
        "must_confirm_profile": True,
        "token_version": 1,
        "failed_logins": 0,
        "created_at": now,
    }, random


def mobile_columns(vault: Vault, mobile: str | None, account_id: int) -> dict[str, Any]:
    """The columns that keep a mobile, "" or None for none."""
    return {
        "mobile_envelope": vault.seal(mobile, account_id) if mobile else None,
        "mobile_index": vault.fingerprint("mobile", mobile) if mobile else None,
    }


def index_mobiles(session: Session, vault: Vault, after: int, most: int) -> tuple[int | None, int, int]:
    """Fill the index of mobiles that have none, of up to `most` accounts after the id `after`; for rows from before there was one.

    Returns the last id that was looked at (None: none was left), how many were filled, and how many envelopes do not open.
    """
    query = (
        sa.select(Account.id, Account.mobile_envelope)
        .where(Account.id > after, Account.mobile_index.is_(None), Account.mobile_envelope.is_not(None))
        .order_by(Account.id)
        .limit(most)
    )
    rows = session.execute(query).all()
    found, damaged = [], 0
    for account_id, envelope in rows:
        try:
            mobile = vault.open(envelope or b"", account_id)
        except VaultError:
            damaged += 1
        else:
            found.append({"id": account_id, "mobile_index": vault.fingerprint("mobile", mobile)})
    if found:
        session.execute(sa.update(Account), found)
    return (rows[-1].id if rows else None), len(found), damaged


def _given_hash(first_password: FirstPassword) -> str | None:
    if first_password.rule == LAST_SIX:  # follows from the number, see Passwords.check
        return None
    if first_password.shared_hash is None:
        raise ValueError("a shared first password is made by Passwords.first_password")
    return first_password.shared_hash


def find(session: Session, vault: Vault, id_number: IdNumber) -> Account | None:
    return session.scalar(sa.select(Account).where(Account.id_index == vault.index(id_number)))


def lock(session: Session, account_id: int) -> Account:
    """The account as it is now, kept from other writers until the transaction ends. Raises NotFound.

    Whoever changes an account's sign-in (password, lock, refresh tokens, binding) takes this first, so that all those changes
    happen one after another. FOR NO KEY UPDATE on PostgreSQL lets rows that only refer to the account be written meanwhile.
    """
    account = session.get(Account, account_id, with_for_update={"key_share": True}, populate_existing=True)
    if account is None:
        raise NotFound
    return account
