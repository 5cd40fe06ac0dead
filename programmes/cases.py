"""Situations that a notice decides, as sentences with numbers (cases.toml), and whether the programme agrees with them.

A case gives evidence in one or more ways: `credited` (credit hours by module, taken as lessons of one hour each), `lessons`
(duration and credited seconds), `watched` (spans of wall time: what falls outside the study windows earns nothing).
It expects any of: phase, study_open, hours (credited, by module), counted, points (by module), score, passed, missing (sentences).
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Annotated, Any

from msgspec import Meta, Struct

from programmes.calendar import study_windows
from programmes.reading import read
from programmes.schema import Key, Moment, Programme
from programmes.scoring import LessonEvidence, ScoreCard, score


class Watched(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Watched without a break from `from` to `to` (local), new seconds all the time."""

    module: Key
    start: Moment
    end: Moment


class LessonGiven(Struct, frozen=True, forbid_unknown_fields=True):
    module: Key
    duration: Annotated[int, Meta(ge=1)]
    credited: Annotated[int, Meta(ge=0)]


class Expected(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    phase: str | None = None
    study_open: bool | None = None
    hours: dict[Key, float] = {}
    counted: dict[Key, float] = {}
    points: dict[Key, float] = {}
    score: float | None = None
    passed: bool | None = None
    missing: tuple[str, ...] | None = None


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    says: Annotated[str, Meta(min_length=1)]
    on: Moment
    expect: Expected
    clause: str = ""
    credited: dict[Key, float] = {}
    lessons: tuple[LessonGiven, ...] = ()
    watched: tuple[Watched, ...] = ()


class CaseFile(Struct, frozen=True, forbid_unknown_fields=True):
    cases: Annotated[tuple[Case, ...], Meta(min_length=1)]


def load(text: str) -> tuple[Case, ...]:
    """The cases of a cases.toml. Raises ProgrammeError."""
    return read(text, CaseFile).cases


def card_of(programme: Programme, case: Case) -> ScoreCard:
    return score(programme, evidence_of(programme, case), case.on.begin(programme.zone))


def differences(programme: Programme, case: Case) -> list[str]:
    """Where the programme's answer is not what the case expects; empty: they agree."""
    unknown = {item.module for item in evidence_of(programme, case) if programme.module(item.module) is None}
    problems = [f"没有模块 {key}" for key in sorted(unknown)]
    return problems + list(_differences(card_of(programme, case), case.expect))


def evidence_of(programme: Programme, case: Case) -> list[LessonEvidence]:
    hour = programme.hours.hour_seconds
    found: list[LessonEvidence] = []
    for module, hours in case.credited.items():
        left, number = round(hours * hour), 0
        while left > 0:
            found.append(LessonEvidence(module, f"given {number}", hour, min(left, hour)))
            left, number = left - hour, number + 1
    for number, given in enumerate(case.lessons):
        found.append(LessonEvidence(given.module, f"lesson {number}", given.duration, given.credited))
    for number, span in enumerate(case.watched):
        start, end = (edge.begin(programme.zone).astimezone(UTC) for edge in (span.start, span.end))
        seconds = sum(int((b - a).total_seconds()) for a, b in study_windows(programme, start, end))
        found.append(LessonEvidence(span.module, f"watched {number}", int((end - start).total_seconds()), seconds))
    return found


def _differences(card: ScoreCard, expect: Expected) -> Iterator[str]:
    for name in ("study_open", "score", "passed", "missing"):
        wanted, got = getattr(expect, name), getattr(card, name)
        if wanted is not None and wanted != got:
            yield _differs(name, wanted, got)
    if expect.phase is not None and expect.phase != (card.phase or ""):
        yield _differs("phase", expect.phase, card.phase or "")
    modules = {module.key: module for module in card.modules}
    for name, field in (("hours", "hours_credited"), ("counted", "hours_counted"), ("points", "points")):
        for key, wanted in getattr(expect, name).items():
            got = getattr(modules[key], field) if key in modules else None
            if wanted != got:
                yield _differs(f"{name}.{key}", wanted, got)


def _differs(what: str, wanted: Any, got: Any) -> str:
    return f"{what}：应为 {wanted}，实为 {got}"
