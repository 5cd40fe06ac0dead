"""What an import of a roster (名单导入) did to each person, kept so that it can be undone (services.rosters.undo).

RosterImportRow.before = {"account": {column: [before, after]}, "enrolment": {"id": …, column: [before, after]}, "made_up": [ids of the
enrolments in programmes that make up for failed ones]}. A mobile's envelope is kept as base64, and told apart by its index.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Programme, RosterImport, RosterImportRow
from services.rosters.plan import Plan

ACCOUNT_COLUMNS = ("school_id", "stage", "subject", "mobile_index")
ENROLMENT_COLUMNS = ("school_id", "track", "staff", "home_school", "workshop_id")
CHUNK = 1000
Item = TypeVar("Item")


@dataclass
class Picture:
    """People and their enrolments, in any programme, at one moment."""

    accounts: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: account → enrolment → columns.
    enrolments: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)


def picture(session: Session, account_ids: Sequence[int]) -> Picture:
    taken = Picture()
    for chunk in chunks(account_ids):
        accounts = sa.select(
            Account.id, Account.mobile_envelope, *(getattr(Account, name) for name in ACCOUNT_COLUMNS)
        ).where(Account.id.in_(chunk))
        for account in session.execute(accounts).mappings():
            taken.accounts[account["id"]] = dict(account)
        enrolments = sa.select(
            Enrolment.id,
            Enrolment.account_id,
            Enrolment.programme_id,
            *(getattr(Enrolment, name) for name in ENROLMENT_COLUMNS),
        ).where(Enrolment.account_id.in_(chunk))
        for enrolment in session.execute(enrolments).mappings():
            taken.enrolments.setdefault(enrolment["account_id"], {})[enrolment["id"]] = dict(enrolment)
    return taken


def known(plan: Plan) -> list[int]:
    """The accounts that the plan found."""
    return [row.account_id for row in plan.planned if row.account_id is not None]


def keep(session: Session, imported: RosterImport, plan: Plan, before: Picture) -> None:
    """Write down what has changed since `before` for the people of the plan, which has been done."""
    session.flush()
    made = _made(session, plan)
    after = picture(session, [*known(plan), *made])
    programme_ids = set(session.scalars(sa.select(Programme.id).where(Programme.slug == imported.programme_slug)))
    rows = (
        row
        for account_id in after.accounts
        if (row := _row(imported.id, account_id, account_id in made, before, after, programme_ids)) is not None
    )
    for chunk in chunks(list(rows)):
        session.execute(sa.insert(RosterImportRow), chunk)


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _made(session: Session, plan: Plan) -> set[int]:
    indices = [row.id_index for row in plan.planned if row.account_id is None]
    found: set[int] = set()
    for chunk in chunks(indices):
        found.update(session.scalars(sa.select(Account.id).where(Account.id_index.in_(chunk))))
    return found


def _row(
    import_id: int, account_id: int, made: bool, before: Picture, after: Picture, programme_ids: set[int]
) -> dict[str, Any] | None:
    """None where nothing was done to this person."""
    had, has = before.enrolments.get(account_id, {}), after.enrolments.get(account_id, {})
    new = [key for key in has if key not in had]
    enrolment_id = next((key for key in new if has[key]["programme_id"] in programme_ids), None)
    changed: dict[str, Any] = {}
    if not made:
        account = _difference(before.accounts[account_id], after.accounts[account_id], ACCOUNT_COLUMNS)
        if "mobile_index" in account:
            envelope = before.accounts[account_id]["mobile_envelope"]
            account["mobile_envelope"] = [b64encode(envelope).decode() if envelope else None, None]
        if account:
            changed["account"] = account
    for key, columns in had.items():
        if columns["programme_id"] in programme_ids and key in has:
            different = _difference(columns, has[key], ENROLMENT_COLUMNS)
            if different:
                changed["enrolment"] = {"id": key, **different}
    made_up = [key for key in new if key != enrolment_id]
    if made_up:
        changed["made_up"] = made_up
    if not (made or enrolment_id or changed):
        return None
    return {
        "import_id": import_id,
        "account_id": account_id,
        "enrolment_id": enrolment_id,
        "made_account": made,
        "before": changed,
    }


def _difference(before: dict[str, Any], after: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {name: [before[name], after[name]] for name in columns if before[name] != after[name]}
