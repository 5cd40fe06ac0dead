"""Situations that a notice decides, as sentences with numbers (cases.toml), and whether the programme agrees with them.

A case gives evidence in one or more ways:

    credited   credit hours by module, taken as lessons of one hour each, spread over as many micro-abilities as the module asks for
    lessons    duration and credited seconds, with ability and dimension where that matters
    watched    spans of wall time: what falls outside the study windows earns nothing
    items      what was handed in, graded, certified, marked: part, at, item, words, grade, passed, mark, count, hours, dimension
    standing   leader, paid, exempt, honours
    leader     the same items for the workshop leader's own table

`at` left out means: in time, as late as may be. It expects any of: phase, study_open, hours (credited, by module), counted, points (by
module or part), score, best, passed, can_pass, credits, dimensions, missing, summary, papers (keys of those due), blocked (reasons by
paper), leader_points (by part), leader_score, leader_passed.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from programmes.basics import Key, Moment
from programmes.calendar import study_windows
from programmes.card import ScoreCard, card, leader_card
from programmes.evidence import Evidence, ItemEvidence, LessonEvidence, Standing
from programmes.reading import read
from programmes.schema import Module, Programme
from programmes.scoring import Outcome, Scorer

_SEVERAL = re.compile(r"^\s*(\[\[\s*cases\s*\]\]|cases\s*=)", re.MULTILINE)


class Watched(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Watched without a break from `from` to `to` (local), new seconds all the time."""

    module: Key
    start: Moment
    end: Moment


class LessonGiven(Struct, frozen=True, forbid_unknown_fields=True):
    module: Key
    duration: Annotated[int, Meta(ge=1)]
    credited: Annotated[int, Meta(ge=0)]
    ability: str = ""
    dimension: str = ""


class ItemGiven(Struct, frozen=True, forbid_unknown_fields=True):
    part: Key
    at: Moment | None = None
    item: str = ""
    words: Annotated[int, Meta(ge=0)] | None = None
    grade: str | None = None
    passed: bool | None = None
    mark: Annotated[float, Meta(ge=0, le=100)] | None = None
    count: Annotated[int, Meta(ge=0)] | None = None
    hours: Annotated[float, Meta(ge=0)] | None = None
    dimension: str = ""


class StandingGiven(Struct, frozen=True, forbid_unknown_fields=True):
    leader: bool = False
    paid: bool = False
    exempt: str = ""
    honours: tuple[Key, ...] = ()


class Expected(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    phase: str | None = None
    study_open: bool | None = None
    hours: dict[Key, float] = {}
    counted: dict[Key, float] = {}
    points: dict[Key, float] = {}
    score: float | None = None
    best: float | None = None
    passed: bool | None = None
    can_pass: bool | None = None
    credits: float | None = None
    dimensions: dict[Key, float] = {}
    missing: tuple[str, ...] | None = None
    summary: str | None = None
    papers: tuple[Key, ...] | None = None
    blocked: dict[Key, tuple[str, ...]] = {}
    leader_points: dict[Key, float] = {}
    leader_score: float | None = None
    leader_passed: bool | None = None


class Given(Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence by itself: what a person who tries a case of their own writes."""

    on: Moment
    credited: dict[Key, Annotated[float, Meta(ge=0, le=10_000)]] = {}
    lessons: tuple[LessonGiven, ...] = ()
    watched: tuple[Watched, ...] = ()
    items: tuple[ItemGiven, ...] = ()
    standing: StandingGiven = StandingGiven()
    leader: tuple[ItemGiven, ...] = ()


class Case(Given, frozen=True, forbid_unknown_fields=True, kw_only=True):
    says: Annotated[str, Meta(min_length=1)]
    expect: Expected
    clause: str = ""


class Tried(Given, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A situation that somebody tries: what a case says and expects may stand there, and is not looked at."""

    says: str = ""
    expect: Expected = Expected()
    clause: str = ""


class CaseFile(Struct, frozen=True, forbid_unknown_fields=True):
    cases: Annotated[tuple[Case, ...], Meta(min_length=1)]


class TriedFile(Struct, frozen=True, forbid_unknown_fields=True):
    cases: Annotated[tuple[Tried, ...], Meta(min_length=1)]


def load(text: str) -> tuple[Case, ...]:
    """The cases of a cases.toml. Raises ProgrammeError."""
    return read(text, CaseFile).cases


def load_any(text: str) -> tuple[Given, ...]:
    """The situations of a cases.toml, or the only one, with or without expectations. Raises ProgrammeError."""
    return read(text, TriedFile).cases if _SEVERAL.search(text) else (read(text, Tried),)


def card_of(programme: Programme, given: Given) -> ScoreCard:
    scorer = Scorer(programme)
    return card(programme, scorer.outcome(evidence_of(programme, given), moment_of(programme, given)))


def leader_of(programme: Programme, given: Given) -> Outcome | None:
    """The workshop leader's outcome; None where the notice does not assess leaders."""
    return Scorer(programme).leader(_items(programme, given, leader=True), moment_of(programme, given))


def moment_of(programme: Programme, given: Given) -> datetime:
    return given.on.begin(programme.zone)


def differences(programme: Programme, case: Case) -> list[str]:
    """Where the programme's answer is not what the case expects; empty: they agree."""
    return [*wrong(programme, case), *_differences(programme, case)]


def wrong(programme: Programme, given: Given) -> list[str]:
    """Modules, parts and honours that the evidence names and the programme does not have, and spans that end before they begin."""
    evidence = evidence_of(programme, given)
    honours = {paper.key for paper in programme.papers if paper.honour}
    modules = {item.module for item in evidence.lessons if programme.module(item.module) is None}
    known = {part.key for part in programme.leader.parts} if programme.leader else set()
    parts = {item.part for item in evidence.items if programme.part(item.part) is None}
    parts |= {item.part for item in given.leader if item.part not in known}
    backwards = [
        place
        for place, span in enumerate(given.watched)
        if span.start.begin(programme.zone) >= span.end.begin(programme.zone)
    ]
    return [
        *(f"没有模块 {key}" for key in sorted(modules)),
        *(f"没有考核项 {key}" for key in sorted(parts)),
        *(f"没有荣誉证书 {key}" for key in sorted(evidence.standing.honours - honours)),
        *(f"watched[{place}]：to 不晚于 from" for place in backwards),
    ]


def evidence_of(programme: Programme, given: Given) -> Evidence:
    standing = given.standing
    return Evidence(
        lessons=tuple(_lessons(programme, given)),
        items=tuple(_items(programme, given, leader=False)),
        standing=Standing(
            leader=standing.leader,
            paid=standing.paid,
            exempt=standing.exempt,
            honours=frozenset(standing.honours),
        ),
    )


def _lessons(programme: Programme, given: Given) -> Iterator[LessonEvidence]:
    hour = programme.hours.hour_seconds
    for key, hours in given.credited.items():
        abilities = _abilities(programme.module(key))
        left, lesson = round(hours * hour), 0
        while left > 0:
            ability = abilities[lesson % len(abilities)]
            yield LessonEvidence(key, f"given {lesson}", hour, min(left, hour), ability, ability)
            left, lesson = left - hour, lesson + 1
    for place, lesson_given in enumerate(given.lessons):
        yield LessonEvidence(
            lesson_given.module,
            f"lesson {place}",
            lesson_given.duration,
            lesson_given.credited,
            lesson_given.ability,
            lesson_given.dimension,
        )
    for place, span in enumerate(given.watched):
        start, end = (edge.begin(programme.zone).astimezone(UTC) for edge in (span.start, span.end))
        seconds = sum(int((b - a).total_seconds()) for a, b in study_windows(programme, start, end))
        yield LessonEvidence(span.module, f"watched {place}", int((end - start).total_seconds()), seconds)


def _abilities(module: Module | None) -> list[str]:
    selection = module.selection if module else None
    return [f"given {place}" for place in range(selection.abilities)] if selection else [""]


def _items(programme: Programme, given: Given, *, leader: bool) -> Iterator[ItemEvidence]:
    scorer, on = Scorer(programme), moment_of(programme, given)
    for item in given.leader if leader else given.items:
        yield ItemEvidence(
            part=item.part,
            at=item.at.begin(programme.zone) if item.at else scorer.in_time(item.part, on, leader=leader),
            item=item.item,
            words=item.words,
            grade=item.grade,
            passed=item.passed,
            mark=item.mark,
            count=item.count,
            hours=item.hours,
            dimension=item.dimension,
        )


def _differences(programme: Programme, case: Case) -> Iterator[str]:
    card, expect = card_of(programme, case), case.expect
    for name in ("study_open", "score", "best", "passed", "can_pass", "credits", "missing", "summary"):
        wanted, got = getattr(expect, name), getattr(card, name)
        if wanted is not None and wanted != got:
            yield _differs(name, wanted, got)
    if expect.phase is not None and expect.phase != (card.phase or ""):
        yield _differs("phase", expect.phase, card.phase or "")
    modules = {module.key: module for module in card.modules}
    yield from _each("hours", expect.hours, {key: module.hours_credited for key, module in modules.items()})
    yield from _each("counted", expect.counted, {key: module.hours_counted for key, module in modules.items()})
    points = {key: module.points for key, module in modules.items()} | {part.key: part.points for part in card.parts}
    yield from _each("points", expect.points, points)
    yield from _each("dimensions", expect.dimensions, {side.key: side.points for side in card.dimensions})
    due = tuple(paper.key for paper in card.papers if paper.due)
    if expect.papers is not None and set(expect.papers) != set(due):
        yield _differs("papers", expect.papers, due)
    yield from _each("blocked", expect.blocked, {paper.key: paper.blocked for paper in card.papers})
    yield from _leader_differences(programme, case)


def _leader_differences(programme: Programme, case: Case) -> Iterator[str]:
    expect = case.expect
    if expect.leader_score is None and expect.leader_passed is None and not expect.leader_points:
        return
    outcome = leader_of(programme, case)
    if outcome is None:
        yield "通知没有坊主考核"
        return
    card = leader_card(programme, outcome)
    yield from _each("leader_points", expect.leader_points, {part.key: part.points for part in card.parts})
    if expect.leader_score is not None and expect.leader_score != card.score:
        yield _differs("leader_score", expect.leader_score, card.score)
    if expect.leader_passed is not None and expect.leader_passed != card.passed:
        yield _differs("leader_passed", expect.leader_passed, card.passed)


def _each(name: str, wanted: dict[Any, Any], got: dict[Any, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        if value != got.get(key):
            yield _differs(f"{name}.{key}", value, got.get(key))


def _differs(what: str, wanted: Any, got: Any) -> str:
    return f"{what}：应为 {wanted}，实为 {got}"
