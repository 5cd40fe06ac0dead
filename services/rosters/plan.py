"""What is to be done with a roster's rows (名单): filled in by services.rosters.check, done by services.rosters.intake."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from services.authority.principals import Principal
from services.rosters.rows import SECONDED, Entry, RowError, same_school
from services.schools import School

NEW, UPDATED, SAME = "新增", "更新", "已存在"
#: The account's columns that a roster may change; of the mobile's two, the one that tells them apart.
SEEN = ("school_id", "mobile_index", "stage", "subject")


@dataclass(frozen=True)
class Options:
    """What a row may leave open, and why a roster is taken in after the closing date."""

    #: Schools that are not known are made.
    create_schools: bool = False
    #: The code of the school of the rows that name none.
    school_code: str = ""
    #: Why staff take it in late (逾期报名); kept with every enrolment that it makes.
    late: str = ""
    #: Within whose reach; None: whoever runs the server.
    by: Principal | None = None
    #: The unit that new schools are put below.
    under: int | None = None


class Enrolled(NamedTuple):
    """An enrolment as it stands."""

    id: int
    school_id: int | None
    track: str
    status: str
    staff: str
    home_school: str
    workshop_id: int | None

    @property
    def seconded(self) -> bool:
        return self.staff in SECONDED or (not self.staff and bool(self.home_school))


@dataclass
class Planned:
    """What is to be done for one row."""

    entry: Entry
    school: School
    id_index: str = ""
    #: None: there is no account yet.
    account_id: int | None = None
    #: Which of school, mobile, stage and subject differ from the account's.
    changed: tuple[str, ...] = ()
    #: What the account says of them: SEEN.
    seen: tuple[Any, ...] = ()
    #: None: not enrolled yet.
    enrolled: Enrolled | None = None
    #: As the roster says, else as the account does.
    stage: str = ""
    track: str = ""
    #: The workshop that the roster names.
    workshop_id: int | None = None

    @property
    def elsewhere(self) -> bool:
        """The roster names another school on whose staff the teacher is."""
        return bool(self.entry.home_school) and not same_school(self.entry.home_school, self.school.name)

    @property
    def seconded(self) -> bool:
        """At work in one school, on the staff of another (支教、借调), as far as the roster says."""
        return self.entry.staff in SECONDED or (not self.entry.staff and self.elsewhere)

    @property
    def withdrawn(self) -> bool:
        return self.enrolled is not None and self.enrolled.status == "withdrawn"

    @property
    def moved(self) -> bool:
        """The enrolment is another school's."""
        has = self.enrolled
        return has is not None and not self.withdrawn and (self.school.id is None or self.school.id != has.school_id)

    @property
    def needs_place(self) -> bool:
        """It uses a place (名额) that it does not have yet."""
        return self.enrolled is None or self.moved or (not self.withdrawn and self.enrolled.track != self.track)

    def enrolment(self) -> dict[str, Any]:
        """The enrolment's columns as the roster has them, but for the school."""
        values: dict[str, Any] = {"track": self.track}
        if self.entry.staff or self.entry.home_school or self.moved:
            home = self.entry.home_school if self.elsewhere else ""
            values |= {"staff": self.entry.staff, "home_school": home}
        return values | ({"workshop_id": self.workshop_id} if self.workshop_id is not None else {})

    def enrolment_changes(self) -> dict[str, Any]:
        """Those that differ from the enrolment's, but for the school."""
        if self.enrolled is None or self.withdrawn:
            return {}
        has = self.enrolled._asdict()
        return {name: value for name, value in self.enrolment().items() if value != has[name]}

    @property
    def outcome(self) -> str:
        if self.account_id is None:
            return NEW
        different = self.changed or self.enrolled is None or self.moved or self.enrolment_changes()
        return UPDATED if different else SAME


@dataclass
class Plan:
    """The outcome of a check. With `errors` nothing can be applied."""

    rows: int
    planned: list[Planned] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    #: Schools that do not exist yet.
    new_schools: list[School] = field(default_factory=list)
    #: For people. What applying the plan has to say is added at the end.
    notes: list[str] = field(default_factory=list)
    #: Why it is taken in although the closing date has passed; "" before that.
    late_reason: str = ""

    def without_wrong(self) -> "Plan":
        """What can be done of it: the rows that are right, and the schools that these need."""
        needed = {id(planned.school) for planned in self.planned}
        schools = [school for school in self.new_schools if id(school) in needed]
        return replace(self, errors=[], new_schools=schools, notes=list(self.notes))

    def digest(self) -> str:
        """The same for plans that do the same to the same file: what was seen is what is done."""
        whole = hashlib.sha256(repr((self.late_reason, [school.code for school in self.new_schools])).encode())
        for row in self.planned:
            does = (row.account_id, row.changed, row.enrolled, row.track, row.workshop_id)
            whole.update(repr((row.entry.row, row.id_index, row.school.id, row.school.code, does)).encode())
        return whole.hexdigest()

    def counts(self) -> dict[str, int]:
        """How many rows are 新增, 更新, 已存在 and 错误; a row with two errors is one."""
        outcomes = Counter(planned.outcome for planned in self.planned)
        wrong = len({error.row for error in self.errors})
        return {outcome: outcomes[outcome] for outcome in (NEW, UPDATED, SAME)} | {"错误": wrong}
