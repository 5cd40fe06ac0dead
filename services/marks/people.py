"""Whom the rows of a list of results mean: by ID number, or by name and school among the learners of the programme."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, Workshop
from services.authority import appointments, scope
from services.authority.principals import Principal
from services.marks import rows as marks_rows
from services.marks.rows import Entry
from services.marks.staff import ACTIVE, EXEMPT
from services.rosters import rows as roster_rows
from services.rosters.rows import shown
from services.vault import Vault

NOT_BELOW = "这是您本人，或同级、上级管理人员，成绩请由上级管理员登记"


class Learner(NamedTuple):
    enrolment_id: int
    account_id: int
    name: str
    school_code: str
    school_name: str
    status: str
    workshop_id: int | None


def column(entry: Entry, titles: Mapping[str, str]) -> str:
    """The title of the column by which the row names its learner."""
    key = "name" if entry.id_number is None else "id_number"
    return titles.get(key) or marks_rows.COLUMNS[key][0]


class People:
    """The learners of a programme in any of its versions; with `own`, rows may only mean those of that workshop; with `reach`, only
    those whom that person reaches and stands above: of anybody beyond reach nothing is told, not even that there is somebody."""

    def __init__(
        self, session: Session, vault: Vault, slug: str, own: Workshop | None, reach: Principal | None = None
    ) -> None:
        self._session, self._vault, self._slug, self._own, self._reach = session, vault, slug, own, reach
        self._by_name: dict[str, list[Learner]] | None = None

    def find(self, entries: Sequence[Entry]) -> list[Learner | str]:
        """For each entry its learner, or a sentence that says why there is none. Holds no ID number."""
        wanted = {self._vault.index(entry.id_number): entry for entry in entries if entry.id_number is not None}
        by_index = (
            {str(row.id_index): _learner(row) for row in self._session.execute(self._query(wanted))} if wanted else {}
        )
        found = [self._judged(entry, self._one(entry, by_index)) for entry in entries]
        if self._reach is None:
            return found
        ids = {one.account_id for one in found if not isinstance(one, str)}
        too_high = appointments.not_below(self._session, self._reach.role.rank, ids)
        return [one if isinstance(one, str) or one.account_id not in too_high else NOT_BELOW for one in found]

    def _one(self, entry: Entry, by_index: Mapping[str, Learner]) -> Learner | str:
        if entry.id_number is None:
            return self._named(entry)
        found = by_index.get(self._vault.index(entry.id_number))
        if found is None:
            return f"没有用这个证件号码报名本项目的学员{self._where()}"
        if entry.name and not roster_rows.same_name(found.name, entry.name):
            return f"该证件号码的学员是“{roster_rows.mask_name(found.name)}”，与表中的姓名不同，请核对"
        return found

    def _named(self, entry: Entry) -> Learner | str:
        if not entry.name or not (entry.school_name or entry.school_code):
            return "请填写证件号码，或姓名和学校"
        if self._by_name is None:
            self._by_name = {}
            for row in self._session.execute(self._query(None)):
                self._by_name.setdefault(_plain(row.name), []).append(_learner(row))
        found = [
            learner
            for learner in self._by_name.get(_plain(entry.name), [])
            if (not entry.school_code or learner.school_code == entry.school_code)
            and (not entry.school_name or _plain(learner.school_name) == _plain(entry.school_name))
        ]
        where = shown(entry.school_name or entry.school_code)
        if len(found) > 1:
            return f"“{where}”有 {len(found)} 位学员叫“{shown(entry.name)}”，请填写证件号码"
        return found[0] if found else f"“{where}”没有叫“{shown(entry.name)}”的学员报名本项目{self._where()}"

    def _where(self) -> str:
        return "，或不归您管理" if self._reach is not None else ""

    def _judged(self, entry: Entry, found: Learner | str) -> Learner | str:
        if isinstance(found, str):
            return found
        if self._own is not None and found.workshop_id != self._own.id:
            return "这位学员不在您的工作坊"
        if found.status != ACTIVE:
            return "这位学员已免修本项目" if found.status == EXEMPT else "这位学员已退出本项目"
        return found

    def _query(self, indexes: Mapping[str, Entry] | None) -> sa.Select[str, int, int, str, str, str, str, int | None]:
        """Of several versions of the programme the latest comes last: it is the one that counts."""
        query = (
            sa.select(
                Account.id_index,
                Enrolment.id,
                Enrolment.account_id,
                Account.name,
                sa.func.coalesce(Organisation.code, "").label("school_code"),
                sa.func.coalesce(Organisation.name, "").label("school_name"),
                Enrolment.status,
                Enrolment.workshop_id,
            )
            .join(Account, Account.id == Enrolment.account_id)
            .join(Programme, Programme.id == Enrolment.programme_id)
            .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
            .where(Programme.slug == self._slug)
            .order_by(Programme.version)
        )
        if self._reach is not None:
            within = scope.within(Enrolment, self._reach)
            query = query.where(sa.false() if within is None else within)
        return query if indexes is None else query.where(Account.id_index.in_(indexes))


def _learner(row: sa.Row[str, int, int, str, str, str, str, int | None]) -> Learner:
    return Learner(row.id, row.account_id, row.name, row.school_code, row.school_name, row.status, row.workshop_id)


def _plain(name: str) -> str:
    return re.sub(r"[\s·.'’-]+", "", unicodedata.normalize("NFKC", name.replace("•", "·"))).casefold()
