"""What of an import of a roster can be taken back (撤销导入), person by person, and why the rest cannot. Reads only."""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Bill, Enrolment, RosterImport, RosterImportRow
from services.authority import appointments
from services.authority.principals import Principal
from services.enrolling import quotas
from services.rosters import reach as roster_reach
from services.rosters import references

REASON = "撤销名单导入"
CHANGED_SINCE = "导入之后又有改动"
NO_PLACE = "原单位的名额已用完"
NOT_YOURS_NOW = "现在不在您的管理范围，或已是同级、上级管理人员"
SHOWN = 50


@dataclass
class Verdict:
    """What can be taken back, counted; and what cannot: `kept` by reason, `who` the first ones as (name, reason)."""

    enrolments: int = 0
    accounts: int = 0
    restored: int = 0
    schools: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    who: list[tuple[str, str]] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return bool(self.enrolments or self.accounts or self.restored or self.schools)

    def counts(self) -> dict[str, int]:
        return {
            "enrolments": self.enrolments,
            "accounts": self.accounts,
            "restored": self.restored,
            "schools": self.schools,
            "kept": self.kept.total(),
        }

    def keep(self, name: str, reason: str) -> None:
        self.kept[reason] += 1
        if len(self.who) < SHOWN:
            self.who.append((name, reason))


@dataclass
class Steps:
    """What a chunk of rows comes to."""

    enrolments: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    account_columns: list[dict[str, Any]] = field(default_factory=list)
    enrolment_columns: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)


def judge(
    session: Session,
    imported: RosterImport,
    rows: Sequence[RosterImportRow],
    verdict: Verdict,
    places: quotas.Places | None,
    now: datetime,
    who: Principal,
    *,
    lock: bool,
) -> Steps:
    """`who` takes it back, and acts on nobody who has come to be beyond reach, or of the own rank, since the import."""
    steps = Steps()
    made = {row.account_id: [key for key in (row.enrolment_id, *row.before.get("made_up", ())) if key] for row in rows}
    changed = {row.before["enrolment"]["id"] for row in rows if "enrolment" in row.before}
    all_made = [key for keys in made.values() for key in keys]
    accounts = _load(session, Account, made, lock=lock)
    enrolments = _load(session, Enrolment, {*all_made, *changed}, lock=lock)
    used = references.to_enrolments(session, all_made)
    paid = _paid(session, imported, {enrolments[key].school_id for key in all_made if key in enrolments})
    used_accounts = references.to_accounts(session, list(made), imported.id, all_made)
    reach = roster_reach.of(session, who)
    changed_ones = [row.account_id for row in rows if row.before]
    too_high = appointments.not_below(session, reach.rank, changed_ones)
    for row in rows:
        account = accounts.get(row.account_id)
        if account is None:
            continue
        if account.id in too_high or not reach.has(account.school_id):
            verdict.keep(account.name, NOT_YOURS_NOW)
            continue
        stay = False
        for key in made[row.account_id]:
            enrolment = enrolments.get(key)
            if enrolment is None:
                continue
            reason = used.get(key) or _why_kept(enrolment, paid)
            if reason:
                stay = True
                verdict.keep(account.name, reason)
                continue
            steps.enrolments.append(key)
            verdict.enrolments += 1
            if places:
                places.free(enrolment.school_id, enrolment.track)
        if row.made_account and not stay:
            reason = used_accounts.get(account.id) or ("已登录过" if account.last_login_at else None)
            if reason:
                verdict.keep(account.name, f"账号保留：{reason}")
            else:
                steps.accounts.append(account.id)
                verdict.accounts += 1
        _restore(row, account, enrolments, verdict, steps, places, now, who)
    return steps


def _why_kept(enrolment: Enrolment, paid: set[int | None]) -> str | None:
    if enrolment.credited_seconds:
        return "已有学时"
    if enrolment.status != "active":
        return CHANGED_SINCE
    return "学校已缴费" if enrolment.school_id in paid else None


def _restore(
    row: RosterImportRow,
    account: Account,
    enrolments: dict[int, Enrolment],
    verdict: Verdict,
    steps: Steps,
    places: quotas.Places | None,
    now: datetime,
    who: Principal,
) -> None:
    """The columns that were changed, of account and enrolment: each goes back where it is still as the import left it."""
    done, refused = False, set()
    back: dict[str, Any] = {}
    for name, (was, became) in row.before.get("account", {}).items():
        if name == "mobile_envelope":
            continue
        if getattr(account, name) != became:
            refused.add(CHANGED_SINCE)
            continue
        back[name] = was
        if name == "mobile_index":
            envelope = row.before["account"]["mobile_envelope"][0]
            back["mobile_envelope"] = b64decode(envelope) if envelope else None
    if back:
        done = True
        steps.account_columns.append({"id": account.id, **back})
    columns = {name: pair for name, pair in row.before.get("enrolment", {}).items() if name != "id"}
    enrolment = enrolments.get(row.before["enrolment"]["id"]) if columns else None
    if enrolment is not None:
        reason = _restore_enrolment(enrolment, columns, steps, places, now, who)
        done = done or reason is None
        refused |= {reason} if reason else set()
    verdict.restored += done
    for reason in sorted(refused):
        verdict.keep(account.name, reason)


def _restore_enrolment(
    enrolment: Enrolment,
    columns: dict[str, list[Any]],
    steps: Steps,
    places: quotas.Places | None,
    now: datetime,
    who: Principal,
) -> str | None:
    """Why not; all of its columns go back or none, for they belong together."""
    if any(getattr(enrolment, name) != became for name, (_, became) in columns.items()):
        return CHANGED_SINCE
    back = {name: was for name, (was, _) in columns.items()}
    school_id, track = back.get("school_id", enrolment.school_id), back.get("track", enrolment.track)
    if places and enrolment.status != "withdrawn" and (school_id, track) != (enrolment.school_id, enrolment.track):
        places.free(enrolment.school_id, enrolment.track)
        if places.take(school_id, track):
            places.take(enrolment.school_id, enrolment.track)
            return NO_PLACE
    steps.enrolment_columns.append({"id": enrolment.id, **back})
    if "school_id" in back:
        steps.moves.append(
            {
                "enrolment_id": enrolment.id,
                "from_school_id": enrolment.school_id,
                "to_school_id": school_id,
                "moved_at": now,
                "moved_by": who.account_id,
                "reason": REASON,
            }
        )
    return None


def _load(session: Session, table: Any, ids: Iterable[int], *, lock: bool) -> dict[int, Any]:
    """Locked in the order of their ids."""
    query = sa.select(table).where(table.id.in_(list(ids))).order_by(table.id)
    query = query.with_for_update() if lock else query
    return {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}


def _paid(session: Session, imported: RosterImport, schools: set[int | None]) -> set[int | None]:
    """The schools whose bill, made out after the import, has been confirmed."""
    query = sa.select(Bill.school_id).where(
        Bill.programme_slug == imported.programme_slug,
        Bill.school_id.in_(schools - {None}),
        Bill.state == "confirmed",
        Bill.issued_at >= imported.imported_at,
    )
    return set(session.scalars(query))
