"""What earns points: the parts (考核项) of a programme, and what follows from their sum.

A part's `kind` says what is measured and how that becomes points:

    courses     credited hours of some modules: pro rata (per_hour), or everything or nothing (all_hours)
    submitted   things handed in: so many needed for all the points, or points for each
    graded      a piece of homework: points by grade
    certified   micro-abilities (微能力点) certified, points for each up to so many
    assessed    passed or not: all the points or none
    marked      a mark of 0 to 100, weighted: the part's points × mark / 100
    attended    credit hours attended offline, pro rata
    rated       a rate in per cent: points by bands
"""

from typing import Annotated, Literal

from msgspec import Meta

from programmes.basics import Band, Cited, Count, Hours, Key, Moment, Points, Share, Title


class _Part(Cited, frozen=True, kw_only=True, tag_field="kind"):
    """`points` is the most the part earns. It is shown under `module`, and counts for the `dimension` of the pass rule."""

    key: Key
    title: Title
    points: Points
    module: Key | None = None
    dimension: Key | None = None
    #: Nobody passes without all of its points.
    required: bool = False
    #: Evidence counts until then; none: until the last study phase ends.
    until: Moment | None = None


class CoursesPart(_Part, frozen=True, kw_only=True, tag="courses"):
    """Courses watched (课程学习)."""

    modules: Annotated[tuple[Key, ...], Meta(min_length=1)]
    rule: Literal["per_hour", "all_hours"] = "per_hour"


class SubmittedPart(_Part, frozen=True, kw_only=True, tag="submitted"):
    """Activities, summaries, posts, bulletins (研修活动、总结、讨论、简报): `least` of them for all points, or `each` earns its own."""

    least: Count = 1
    each: Points | None = None
    #: Words as Chinese readers count them; a shorter text does not count.
    min_words: Count | None = None


class GradedPart(_Part, frozen=True, kw_only=True, tag="graded"):
    """Homework (作业). `grades`: what each grade earns, the best first."""

    grades: Annotated[dict[str, Points], Meta(min_length=1)]
    min_words: Count | None = None
    #: The length that the notice suggests; only shown.
    about_words: Count | None = None
    #: The headings of the notice's template, for the form in which it is written.
    template: tuple[str, ...] = ()
    original: bool = False


class CertifiedPart(_Part, frozen=True, kw_only=True, tag="certified"):
    """Micro-abilities certified by the school's team (微能力点认证): `each` for every one, `count` of them at most."""

    count: Count
    each: Points


class AssessedPart(_Part, frozen=True, kw_only=True, tag="assessed"):
    """Assessed by the school or the organiser as passed or not (考核合格)."""


class MarkedPart(_Part, frozen=True, kw_only=True, tag="marked"):
    """A mark of 0 to 100 that somebody gives, weighted (按权重折算)."""


class AttendedPart(_Part, frozen=True, kw_only=True, tag="attended"):
    """Attended offline (线下授课): `hours` for all points, fewer pro rata."""

    hours: Annotated[float, Meta(gt=0, le=10_000)]


class RatedPart(_Part, frozen=True, kw_only=True, tag="rated"):
    """A rate in per cent (参训率、合格率). `measure`: which one the platform measures by itself, of the workshop's learners."""

    bands: Annotated[tuple[Band, ...], Meta(min_length=1)]
    measure: Literal["took_part", "passed", "graded", "recommended", ""] = ""


Part = CoursesPart | SubmittedPart | GradedPart | CertifiedPart | AssessedPart | MarkedPart | AttendedPart | RatedPart


class Dimension(Cited, frozen=True, kw_only=True):
    """One of the sides that must each be passed (考核维度): `mark` is the least that its parts must sum to."""

    key: Key
    title: Title
    mark: Points


class Condition(Cited, frozen=True, kw_only=True):
    """Something else without which nobody passes. dimensions: what `part` certified lies in at least so many dimensions (维度)."""

    kind: Literal["dimensions"]
    title: Title
    part: Key
    least: Count


class PassRule(Cited, frozen=True, kw_only=True):
    """What passes. `total` is the full mark that the notice announces, whether or not its points add up to it."""

    mark: Points
    total: Points
    #: Every part must earn all of its points.
    every_part: bool = False
    dimensions: tuple[Dimension, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Relief(Cited, frozen=True, kw_only=True):
    """A workshop leader who also learns passes with `hours` of video (兼任坊主的学员); `honour`: only with that paper."""

    title: Title
    hours: Hours
    honour: Key | None = None


class Credits(Cited, frozen=True, kw_only=True):
    """Credits by the score (学分)."""

    title: Title
    total: Points
    bands: Annotated[tuple[Band, ...], Meta(min_length=1)]


class Honour(Cited, frozen=True, kw_only=True):
    """Who of those that passed receives the paper: the top `share` by score within the workshop or the whole programme."""

    share: Share
    within: Literal["workshop", "programme"]
    #: The workshop leader must recommend the learner.
    recommended: bool = False
    #: Equal scores at the border: all receive it, or none.
    ties: Literal["all", "none"] = "all"
    #: 10 % of 25 are 2 or 3.
    rounding: Literal["down", "up"] = "down"


class Paper(Cited, frozen=True, kw_only=True):
    """A certificate (证书). Due to whoever passed; with `honour` to whoever stands on the frozen list."""

    key: Key
    title: Title
    role: Literal["teacher", "workshop_leader"] = "teacher"
    #: Not before the school's payment is confirmed.
    after_payment: bool = False
    honour: Honour | None = None
    #: Whether it states the credit hours (学时证明).
    states_hours: bool = False


class Leader(Cited, frozen=True, kw_only=True):
    """How workshop leaders are assessed (坊主考核)."""

    parts: Annotated[tuple[Part, ...], Meta(min_length=1)]
    pass_rule: PassRule
