"""The shape of one programme.toml: what a notice says, and where it says it.

Every table carries `clause`, the place in the notice (such as "三"), or `assumed`, a sentence that says what we take for granted
where the notice is silent; a table may carry both. Seconds are whole seconds, hours are credit hours (学时), points are 分.
`programmes.load` reads and checks a file; nothing here knows a clock.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20][^\x00-\x1f]*$")]
Points = Annotated[float, Meta(ge=0, le=1000)]
Hours = Annotated[float, Meta(ge=0, le=10_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Role = Literal["teacher", "workshop_leader", "school_admin", "county_admin", "city_admin"]
Channel = Literal["web", "wechat", "portal"]


class Moment:
    """A local date or date-time as the notice gives it; `Programme.timezone` says where local is."""

    def __init__(self, value: date) -> None:
        self.value = value

    def begin(self, zone: ZoneInfo) -> datetime:
        """As an opening: a bare date means its first instant."""
        return self._exact(zone) or datetime.combine(self.value, datetime.min.time(), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """As a close, the first instant that is outside: a bare date means the end of that day."""
        return self._exact(zone) or datetime.combine(self.value + timedelta(days=1), datetime.min.time(), zone)

    def _exact(self, zone: ZoneInfo) -> datetime | None:
        return self.value.replace(tzinfo=zone) if isinstance(self.value, datetime) else None

    def __repr__(self) -> str:
        return self.value.isoformat(" ") if isinstance(self.value, datetime) else self.value.isoformat()


class Cited(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file with the clause it comes from, or what is assumed instead."""

    clause: str = ""
    assumed: str = ""


class Notice(Cited, frozen=True, kw_only=True):
    issuer: Title
    number: str = ""
    issued: date | None = None


class FirstPassword(Cited, frozen=True, kw_only=True):
    """last_six: the last six of the ID number, X in capital. shared: one for all. random: told to each by other means."""

    rule: Literal["last_six", "shared", "random"]
    shared: str = ""


class SignIn(Cited, frozen=True, kw_only=True):
    """With what account and by which doors each role comes in."""

    account: Literal["id_number", "username"]
    channels: dict[Role, tuple[Channel, ...]]
    first_password: FirstPassword
    #: At the first log-in the teacher checks the personal data and reports what is wrong.
    confirm_profile: bool


class Span(Cited, frozen=True, kw_only=True):
    title: Title
    opens: Moment
    closes: Moment


class Phase(Span, frozen=True, kw_only=True):
    """A span of the calendar (阶段); seconds are credited only where `study`."""

    key: Key
    study: bool


class Closure(Span, frozen=True, kw_only=True):
    """A span in which nothing is credited (停学时段): a public holiday, maintenance."""


class Calendar(Cited, frozen=True, kw_only=True):
    phases: tuple[Phase, ...]
    closures: tuple[Closure, ...] = ()
    #: Whether hours may still be earned after the last study phase (补学).
    make_up: bool = False


class CoursePoints(Cited, frozen=True, kw_only=True):
    """per_hour: points follow the hours pro rata, up to `points`. all_hours: `points` with every hour, else none."""

    points: Points
    rule: Literal["per_hour", "all_hours"] = "per_hour"


class Activity(Cited, frozen=True, kw_only=True):
    """A discussion or the like (研修活动)."""

    key: Key
    title: Title
    points: Points


class Homework(Cited, frozen=True, kw_only=True):
    """A piece of homework (作业) and what each grade earns."""

    key: Key
    title: Title
    points: Points
    grades: dict[str, Points] = {}


class Module(Cited, frozen=True, kw_only=True):
    """A part of the programme (模块) with hours of its own."""

    key: Key
    title: Title
    #: Credit hours required.
    hours: Hours
    courses: CoursePoints
    activities: tuple[Activity, ...] = ()
    homework: tuple[Homework, ...] = ()


class HourRule(Cited, frozen=True, kw_only=True):
    """How credited seconds become credit hours (学时)."""

    hour_seconds: Annotated[int, Meta(ge=60, le=7200)] = 2700
    #: pro_rata: each second counts. on_completion: a lesson counts whole once `completion` of it is credited.
    credit: Literal["pro_rata", "on_completion"] = "pro_rata"
    completion: Annotated[float, Meta(gt=0, le=1)] = 0.95
    #: The most credit hours of courses that a teacher may choose.
    max_choose: Hours | None = None


class PassRule(Cited, frozen=True, kw_only=True):
    """What passes. `total` is the full mark that the notice announces, whether or not its points add up to it."""

    mark: Points
    total: Points


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
    hours: HourRule
    pass_rule: PassRule
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
