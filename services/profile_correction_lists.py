"""Reports of wrong personal data as staff see them: numbers masked, within reach."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Organisation, ProfileCorrection
from services.authority import scope
from services.authority.principals import Principal
from services.profile_corrections import OPEN, now_says, reported
from services.vault import Vault

PAGE = 50
Which = Literal["open", "decided"]
WHICH: tuple[Which, ...] = get_args(Which)


@dataclass(frozen=True)
class Report:
    """`says` and `should_be` are masked where they are numbers."""

    report: ProfileCorrection
    account: Account
    school: str
    says: str
    should_be: str
    decided_by: str


def listing(session: Session, vault: Vault, principal: Principal, which: Which, page: int) -> tuple[list[Report], bool]:
    """One page, and whether there are more. What is open comes oldest first, the rest newest first."""
    query = _reports()
    if which == "open":
        query = query.where(ProfileCorrection.status == OPEN).order_by(
            ProfileCorrection.created_at, ProfileCorrection.id
        )
    else:
        query = query.where(ProfileCorrection.decided_at.is_not(None)).order_by(
            ProfileCorrection.decided_at.desc(), ProfileCorrection.id.desc()
        )
    rows = session.execute(scope.scope(query, principal).offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [_report(session, vault, row) for row in rows[:PAGE]], len(rows) > PAGE


def one(session: Session, vault: Vault, principal: Principal, report_id: int) -> Report:
    """Raises NotFound."""
    found = scope.get(session, principal, ProfileCorrection, report_id)
    return _report(session, vault, session.execute(_reports().where(ProfileCorrection.id == found.id)).one())


def _reports() -> sa.Select[*tuple[Any, ...]]:
    """The account stands first: its column is what the scope asks, not a list of all accounts within reach."""
    decider = aliased(Account)
    return (
        sa.select(Account, ProfileCorrection, Organisation.name, decider.name)
        .select_from(ProfileCorrection)
        .join(Account, Account.id == ProfileCorrection.account_id)
        .outerjoin(Organisation, Organisation.id == Account.school_id)
        .outerjoin(decider, decider.id == ProfileCorrection.decided_by)
    )


def _report(session: Session, vault: Vault, row: sa.Row[*tuple[Any, ...]]) -> Report:
    account, report, school, decided_by = row
    return Report(
        report,
        account,
        school or "",
        now_says(session, vault, account, report.field),
        reported(vault, report),
        decided_by or "",
    )
