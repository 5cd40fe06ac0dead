"""The shape of one programme.toml: what a notice says, and where it says it.

Every table carries `clause`, the place in the notice (such as "三"), or `assumed`, a sentence that says what we take for granted
where the notice is silent; a table may carry both. Seconds are whole seconds, hours are credit hours (学时), points are 分, money is
yuan (元). What earns points is in programmes.parts, enrolment, fees and forms in programmes.arrangements.
`programmes.load` reads and checks a file; nothing here knows a clock.
"""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from programmes.arrangements import Acceptance, Choice, EnrolmentRule, Fee, Form, Rule, Sampling
from programmes.basics import Channel, Cited, Count, Hours, Key, Moment, Role, Seconds, Title
from programmes.parts import Credits, Leader, Paper, Part, PassRule, Relief


class Notice(Cited, frozen=True, kw_only=True):
    issuer: Title
    number: str = ""
    issued: date | None = None


class FirstPassword(Cited, frozen=True, kw_only=True):
    """last_six: the last six of the ID number, X in capital. shared: one for all. random: told to each by other means."""

    rule: Literal["last_six", "shared", "random"]
    shared: str = ""


IdentityQuestion = Literal["name", "school", "stage_subject", "mobile_last_four", "birth_date"]
#: Where the notice says nothing: what a teacher knows at once, and a stranger does not have together.
IDENTITY_QUESTIONS: tuple[IdentityQuestion, ...] = ("name", "school", "stage_subject", "mobile_last_four", "birth_date")

#: What neither a colleague nor the page that the agent looks at tells (services.identity_check): one of them is always asked.
PRIVATE_QUESTIONS: frozenset[str] = frozenset({"mobile_last_four", "birth_date"})


class SignIn(Cited, frozen=True, kw_only=True):
    """With what account and by which doors each role comes in."""

    account: Literal["id_number", "username"]
    channels: dict[Role, tuple[Channel, ...]]
    first_password: FirstPassword
    #: At the first log-in the teacher checks the personal data and reports what is wrong.
    confirm_profile: bool
    #: What a caller who forgot the password is asked (核对身份). birth_date: digits 7 to 14 of the ID number; its last six are never asked
    #: for, they may be the first password.
    identity_questions: Annotated[tuple[IdentityQuestion, ...], Meta(min_length=3)] = IDENTITY_QUESTIONS


class Span(Cited, frozen=True, kw_only=True):
    title: Title
    opens: Moment
    closes: Moment


class Phase(Span, frozen=True, kw_only=True):
    """A span of the calendar (阶段); only in `study` are seconds credited.

    build: accounts and courses are made. login_test, training: teachers or leaders may sign in, lessons stay shut.
    honours: results and honours are settled. follow_up: lessons may be watched, without credit.
    """

    key: Key
    kind: Literal["build", "login_test", "training", "study", "honours", "follow_up"]
    #: How many days the notice says that it lasts, where it says so beside the dates.
    announced_days: Count | None = None

    @property
    def study(self) -> bool:
        """Whether seconds are credited."""
        return self.kind == "study"

    @property
    def lessons_open(self) -> bool:
        """Whether lessons may be watched at all."""
        return self.kind in ("study", "honours", "follow_up")


class Closure(Span, frozen=True, kw_only=True):
    """A span in which nothing is credited (停学时段): a public holiday, maintenance."""


class Calendar(Cited, frozen=True, kw_only=True):
    phases: tuple[Phase, ...]
    closures: tuple[Closure, ...] = ()
    #: Whether hours may still be earned after the last study phase (补学).
    make_up: bool = False


class Selection(Cited, frozen=True, kw_only=True):
    """What a module's courses must include (选学要求): so many micro-abilities (微能力点), `hours_each` credit hours of each."""

    abilities: Count
    hours_each: Hours


class Module(Cited, frozen=True, kw_only=True):
    """A part of the programme (模块) with hours of its own."""

    key: Key
    title: Title
    #: Credit hours required.
    hours: Hours
    #: study: watched on the platform. school: done at school (校本研修), entered as evidence of the parts.
    place: Literal["study", "school"] = "study"
    selection: Selection | None = None


class HourRule(Cited, frozen=True, kw_only=True):
    """How credited seconds become credit hours (学时)."""

    hour_seconds: Annotated[int, Meta(ge=60, le=7200)] = 2700
    #: pro_rata: each second counts. on_completion: a lesson counts whole once `completion` of it is credited.
    credit: Literal["pro_rata", "on_completion"] = "pro_rata"
    completion: Annotated[float, Meta(gt=0, le=1)] = 0.95
    #: The most credit hours of courses that a teacher may choose.
    max_choose: Hours | None = None


class Presence(Cited, frozen=True, kw_only=True):
    """Presence checks (在线确认): one falls due `min_seconds` to `max_seconds` after the last, by lot."""

    min_seconds: Annotated[int, Meta(ge=5, le=86_400)] = 480
    max_seconds: Annotated[int, Meta(ge=5, le=86_400)] = 900
    answer_within: Annotated[int, Meta(ge=5, le=3600)] = 120
    kind: Literal["tap", "digits"] = "tap"
    holds: Literal["since_check", "since_last_presence"] = "since_check"


class Counting(Cited, frozen=True, kw_only=True):
    """How strictly seconds are judged. Silences and beats are seconds."""

    max_rate: Annotated[float, Meta(ge=1, le=4)] = 1.0
    max_silence: Annotated[int, Meta(ge=4, le=3600)] = 180
    beat_every: Annotated[int, Meta(ge=1, le=600)] = 20
    may_skip_ahead: bool = True
    #: The most seconds credited on one local day; none: no cap.
    day_cap: Seconds | None = None
    #: ask: a second device may take over. refuse: it may not while the first plays.
    second_device: Literal["ask", "refuse"] = "ask"
    presence: Presence


class Programme(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a notice (项目). A published version is never edited; `changes` says what a later one changes."""

    id: Key
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    title: Title
    changes: str = ""
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    notice: Notice
    sign_in: SignIn
    calendar: Calendar
    modules: Annotated[tuple[Module, ...], Meta(min_length=1)]
    choice: Choice | None = None
    hours: HourRule
    parts: Annotated[tuple[Part, ...], Meta(min_length=1)]
    pass_rule: PassRule
    credits: Credits | None = None
    reliefs: tuple[Relief, ...] = ()
    papers: tuple[Paper, ...] = ()
    leader: Leader | None = None
    enrolment: EnrolmentRule
    fee: Fee
    forms: tuple[Form, ...] = ()
    sampling: Sampling | None = None
    rules: tuple[Rule, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    counting: Counting

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def hours_required(self) -> float:
        """Credit hours over all modules."""
        return sum(module.hours for module in self.modules)

    def module(self, key: str) -> Module | None:
        return next((module for module in self.modules if module.key == key), None)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    def paper(self, key: str) -> Paper | None:
        return next((paper for paper in self.papers if paper.key == key), None)
