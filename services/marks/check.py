"""What a list of results (成绩表) would do: every row checked against the file's other rows and against the database. Reads only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement, Programme
from programmes.calendar import Span
from programmes.parts import CertifiedPart, Part
from programmes.schema import Programme as Rules
from programmes.scoring import Scorer
from services import programmes
from services.errors import Invalid, XueshiError
from services.handing_in import deadlines, submissions
from services.marks import grading, judgements
from services.marks import people as marks_people
from services.marks import rows as marks_rows
from services.marks.people import Learner, People
from services.marks.rows import Entry, Parts
from services.marks.staff import Staff
from services.rosters.rows import RowError
from services.tables.spreadsheets import Table
from services.vault import Vault

#: Rows looked up in one query.
CHUNK = 500
NEW, UPDATED, SAME = "新增", "更新", "已存在"


@dataclass
class Planned:
    """What is to be done for one row: these columns of that item. `seen`: the row as it is now; None: there is none."""

    entry: Entry
    enrolment_id: int
    values: dict[str, Any]
    achievement_id: int | None = None
    seen: dict[str, Any] | None = None

    @property
    def outcome(self) -> str:
        if self.seen is None:
            return NEW
        return SAME if all(self.seen[name] == value for name, value in self.values.items()) else UPDATED


@dataclass
class Plan:
    """The outcome of a check. With `errors` nothing can be applied."""

    rows: int
    planned: list[Planned] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many rows are 新增, 更新, 已存在 and 错误; a row with two errors is one."""
        outcomes = Counter(planned.outcome for planned in self.planned)
        wrong = len({error.row for error in self.errors})
        return {outcome: outcomes[outcome] for outcome in (NEW, UPDATED, SAME)} | {"错误": wrong}


def check(
    session: Session, vault: Vault, table: Table, *, programme: Programme, part: str, staff: Staff, now: datetime
) -> Plan:
    """What the table would do to the learners of `programme` (in any of its versions, by the rules of this one); `part` is the key or
    title for rows that name none. Reads only. Raises BadSpreadsheet, Invalid (part), NotFound (the leader's workshop)."""
    rules = programmes.get(session, programme.id)
    parts = Parts(rules, part)
    header = marks_rows.header_of(table, parts)
    people = People(session, vault, rules.id, staff.workshop(session), staff.reach)
    plan = Plan(len(header.rows), notes=list(table.notes))
    today = now.astimezone(rules.zone).date()
    entries = []
    for row in header.rows:
        entry = marks_rows.parse(header, row, parts, today)
        if isinstance(entry, list):
            plan.errors += entry
        else:
            entries.append(entry)
    checker = _Checker(session, rules, now, header.titles)
    first_seen: dict[tuple[int, str, str], int] = {}
    for start in range(0, len(entries), CHUNK):
        chunk = entries[start : start + CHUNK]
        known: list[tuple[Entry, Learner]] = []
        for entry, learner in zip(chunk, people.find(chunk), strict=True):
            if isinstance(learner, str):
                plan.errors.append(RowError(entry.row, marks_people.column(entry, header.titles), learner))
                continue
            before = first_seen.setdefault((learner.enrolment_id, entry.part.key, entry.item), entry.row)
            if before != entry.row:
                plan.errors.append(RowError(entry.row, checker.title("item"), f"与第 {before} 行是同一学员的同一项"))
                continue
            known.append((entry, learner))
        plan.planned += checker.planned(known, plan.errors)
    plan.notes += _unused(entries, header.titles)
    plan.errors.sort()
    return plan


class _Checker:
    """Compares entries of known learners with what is there, and with the time in which their part counts."""

    def __init__(self, session: Session, rules: Rules, now: datetime, titles: Any) -> None:
        self.session, self.rules, self.now, self.titles = session, rules, now, titles
        scorer = Scorer(rules)
        self.spans = {part.key: deadlines.spans_of(scorer, part) for part in rules.parts}
        self.dimensions: dict[tuple[str, str, str], str] = {}
        self.moments: dict[tuple[str, date | None], datetime | str] = {}

    def title(self, column: str) -> str:
        return self.titles.get(column) or marks_rows.COLUMNS[column][0]

    def planned(self, known: Sequence[tuple[Entry, Learner]], errors: list[RowError]) -> Iterator[Planned]:
        there = self._there(known)
        for entry, learner in known:
            row = there.get((learner.enrolment_id, entry.part.key, entry.item))
            try:
                values = self._values(entry, row)
            except _At as wrong:
                errors.append(RowError(entry.row, self.title(wrong.column), wrong.reason))
                continue
            yield Planned(entry, learner.enrolment_id, values, row.id if row else None, seen(row) if row else None)

    def _there(self, known: Sequence[tuple[Entry, Learner]]) -> dict[tuple[int, str, str], Achievement]:
        query = sa.select(*SEEN).where(
            Achievement.enrolment_id.in_({learner.enrolment_id for _, learner in known}),
            Achievement.part.in_({entry.part.key for entry, _ in known}),
        )
        return {(row.enrolment_id, row.part, row.item): row for row in self.session.execute(query)}  # type: ignore[misc]

    def _values(self, entry: Entry, row: Any) -> dict[str, Any]:
        values = judgements.columns(entry.part, entry.judgement) | {"comment": entry.comment, "returned_at": None}
        if isinstance(entry.part, CertifiedPart):
            given = entry.judgement.dimension or (row.dimension if row else "")
            values["dimension"] = self._dimension(entry.part, entry.item, given)
        if row is None or (entry.day is not None and not row.written):
            at = self._at(entry)
            if row is None:
                try:
                    grading.refuse_unwritten(entry.part, at if entry.day else None)
                except XueshiError as error:
                    raise _At("date", error.detail) from None
            values["at"] = at
        return values

    def _dimension(self, part: CertifiedPart, item: str, given: str) -> str:
        key = (part.key, item, given)
        if key not in self.dimensions:
            try:
                self.dimensions[key] = submissions.dimension_of(self.session, self.rules, part, item, given)
            except Invalid as wrong:
                raise _At("dimension", wrong.detail) from None
        return self.dimensions[key]

    def _at(self, entry: Entry) -> datetime:
        key = (entry.part.key, entry.day)
        if key not in self.moments:
            self.moments[key] = self._moment(entry.part, entry.day)
        found = self.moments[key]
        if isinstance(found, str):
            raise _At("date", found)
        return found

    def _moment(self, part: Part, day: date | None) -> datetime | str:
        """When it took place, or why that cannot be."""
        if day is None:
            try:
                return grading.happened(self.rules, part, None, self.now)
            except XueshiError as error:
                return error.detail
        spans = self.spans[part.key]
        found = first_instant(day, spans, self.rules)
        if found is None:
            opens, closes = (moment.astimezone(self.rules.zone) for moment in (spans[0][0], spans[-1][1]))
            return f"{day} 不在 {deadlines.told(opens)} 至 {deadlines.told(closes)} 之内"
        return f"{day} 在今天之后" if found > self.now else found


#: What of a row of Achievement the check sees; `written`: the teacher handed it in. The text itself stays where it is.
SEEN: tuple[Any, ...] = (
    *(
        getattr(Achievement, name)
        for name in ("id", "enrolment_id", "part", "item", "at", "grade", "passed", "mark", "count")
    ),
    *(
        getattr(Achievement, name)
        for name in ("hours", "dimension", "comment", "returned_at", "entered_at", "graded_at")
    ),
    Achievement.text.is_not(None).label("written"),
)


def seen(row: Any) -> dict[str, Any]:
    names = ("at", "grade", "passed", "mark", "count", "hours", "dimension", "comment", "returned_at", "entered_at")
    return {name: getattr(row, name) for name in (*names, "graded_at")}


def first_instant(day: date, spans: Sequence[Span], rules: Rules) -> datetime | None:
    """The first instant of a local day in which the part counts; None where it has none."""
    begin = datetime.combine(day, datetime.min.time(), rules.zone)
    end = begin + timedelta(days=1)
    return next((max(begin, opens) for opens, closes in spans if max(begin, opens) < min(end, closes)), None)


class _At(Exception):
    """What is wrong, and in which column."""

    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        self.reason = reason
        super().__init__(reason)


def _unused(entries: Sequence[Entry], titles: Any) -> Iterator[str]:
    found = Counter((entry.part.title, name) for entry in entries for name in entry.unused)
    for (part, name), rows in sorted(found.items()):
        yield f"{part}不登记“{titles[name]}”，这一列有 {rows} 行没有用到。"
