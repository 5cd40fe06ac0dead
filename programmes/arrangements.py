"""What surrounds the studying: who is enrolled how, what it costs, which lists and forms are asked for."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from programmes.basics import Cited, Hours, Key, Moment, Share, Title, Yuan

Label = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")]


class Choice(Cited, frozen=True, kw_only=True):
    """Whose courses a teacher may choose (选课范围): those of the own stage and subject, and those for all."""

    #: The subjects (学科) of each stage (学段).
    subjects: dict[Label, Annotated[tuple[Label, ...], Meta(min_length=1)]] = {}  # noqa: RUF012  # msgspec copies it
    #: The least credit hours on offer to each pair of stage and subject.
    catalogue_hours: Hours = 0


class Track(Cited, frozen=True, kw_only=True):
    """One of several projects under the notice (报名项目): for these stages, run by its own operator (承担机构)."""

    key: Key
    title: Title
    stages: Annotated[tuple[Label, ...], Meta(min_length=1)]
    operator: Title


class Portal(Cited, frozen=True, kw_only=True):
    """The province's portal (平台入口) from which teachers arrive with a signed ticket."""

    title: Title
    url: Annotated[str, Meta(max_length=500, pattern=r"^https?://[!-.0-~][!-~]*$")]


class Exemption(Cited, frozen=True, kw_only=True):
    """What exempts from the programme (免修)."""

    key: Key
    title: Title


class MakeUp(Cited, frozen=True, kw_only=True):
    """Who failed `after` is enrolled in `into` as well (补学); both are programmes' ids."""

    after: Key
    into: Key


class EnrolmentRule(Cited, frozen=True, kw_only=True):
    """Who takes part and how they come in (报名)."""

    #: For people: 培训对象.
    who: Title
    #: Rosters are taken until then.
    closes: Moment | None = None
    #: The first log-in is due by then.
    first_login_by: Moment | None = None
    #: Units have places given to them (名额).
    quota: bool = False
    #: Seconded teachers (支教、借调) enrol and are paid for by their present school.
    seconded_at_present_school: bool = False
    tracks: tuple[Track, ...] = ()
    portal: Portal | None = None
    exemptions: tuple[Exemption, ...] = ()
    make_ups: tuple[MakeUp, ...] = ()


class Collector(Cited, frozen=True, kw_only=True):
    """Who confirms the payments of the schools in these districts (收费联系人)."""

    key: Key
    title: Title
    #: Names of counties and districts; empty: of all others.
    districts: tuple[str, ...] = ()


class Fee(Cited, frozen=True, kw_only=True):
    """What it costs, in yuan (培训费). Learners are never asked for it.

    payer: school (in one sum, by bill), authority, or school_budget (paid to the operator afterwards; nothing to reconcile here).
    """

    payer: Literal["school", "authority", "school_budget"]
    per_head: Yuan | None = None
    price_per_hour: Yuan | None = None
    #: What the payer must write on the bank slip; {city} {county} {school} {headcount} {handler} {contact}.
    slip: str = ""
    payee: str = ""
    bank: str = ""
    due: Moment | None = None
    invoice: bool = False
    collectors: tuple[Collector, ...] = ()


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column: what stands above it, and what stands in it (services.registers.registers knows the fields)."""

    title: Title
    field: Key


class Form(Cited, frozen=True, kw_only=True):
    """A list or form that somebody asks for (报表): one row a learner, school, remittance or contact.

    only: which learners. below_hours needs `hours`.
    """

    key: Key
    title: Title
    rows: Literal["learners", "schools", "remittances", "contacts"]
    columns: Annotated[tuple[Column, ...], Meta(min_length=1)]
    only: Literal["all", "passed", "failed", "below_hours"] = "all"
    hours: Hours | None = None
    to: str = ""
    due: Moment | None = None


class Sampling(Cited, frozen=True, kw_only=True):
    """What an inspection looks at (抽查): at least this share of each school's teachers."""

    share: Share


class Rule(Cited, frozen=True, kw_only=True):
    """A requirement in the notice's text. `used_by`: the keys of the parts, conditions or tables that hold teachers to it."""

    title: Title
    used_by: tuple[str, ...] = ()


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody read a finding of the linter and lets it stand."""

    code: Key
    #: Where the finding is: the key or path that the linter names.
    at: str
    reason: Annotated[str, Meta(min_length=4)]
    by: Annotated[str, Meta(min_length=2)]
    on: date
