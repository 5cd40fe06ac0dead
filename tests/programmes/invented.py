"""Programmes and evidence that nobody wrote: every kind of part, pass rule and standing, for tests of what always holds."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from msgspec import structs

import programmes
from programmes import parts, schema
from programmes.arrangements import EnrolmentRule, Fee
from programmes.basics import Band, Moment
from programmes.checks import problems_of
from programmes.evidence import Evidence, ItemEvidence, LessonEvidence, Standing
from programmes.schema import Programme
from programmes.scoring import Scorer
from tests.programmes.notices import NOTICES

REAL = [programmes.load(path.read_text(encoding="utf-8")) for path in sorted(NOTICES.glob("*/programme.toml"))]
SAID = {"clause": "一"}
#: Floats that are no marks, hours or counts, and some that floats cannot hold.
WILD = [float("nan"), float("inf"), float("-inf"), -1.0, -0.0, 1e308, 5e-324, 1e17, 100.00000000000001, 89.7, 0.1, 33.3]

POINTS = (0, 0.5, 3.3, 10, 15, 20, 25, 33.3, 50)
HOURS = (0.1, 1, 6.8, 10, 22)


def _bands(most: float) -> tuple[Band, ...]:
    return (Band(60, most / 2, most=84), Band(85, most * 3 / 4, most=94), Band(95, most))


def _part(r: Random, number: int, modules: Sequence[schema.Module], sides: Sequence[str]) -> parts.Part:
    most = r.choice(POINTS)
    common = {
        "key": f"part{number}",
        "title": f"考核{number}",
        "points": most,
        "module": r.choice([None, *(module.key for module in modules)]),
        "dimension": r.choice([None, *sides]),
        "required": r.choice((False, False, False, True)),
        "until": r.choice((None, None, Moment(date(2024, 4, 15)), Moment(date(2024, 8, 1)))),
        **SAID,
    }
    studied = [module.key for module in modules if module.place == "study"]
    words = r.choice((None, 300))
    kinds = [
        lambda: parts.SubmittedPart(least=r.randint(1, 3), min_words=words, **common),
        lambda: parts.SubmittedPart(each=most / 3, min_words=words, **common),
        lambda: parts.GradedPart(grades={"优秀": most * 0.9, "良好": most / 2, "中等": most / 4}, **common),
        lambda: parts.CertifiedPart(count=r.randint(1, 4), each=most / 3, **common),
        lambda: parts.AssessedPart(**common),
        lambda: parts.MarkedPart(**common),
        lambda: parts.AttendedPart(hours=r.choice(HOURS), **common),
        lambda: parts.RatedPart(bands=_bands(most), **common),
    ]
    if studied:
        chosen = tuple(r.sample(studied, r.randint(1, len(studied))))
        kinds += [
            lambda: parts.CoursesPart(
                modules=chosen, rule=r.choice(("per_hour", "all_hours")), **common | {"until": None}
            )
        ] * 3
    return r.choice(kinds)()


def _module(r: Random, number: int) -> schema.Module:
    selection = schema.Selection(abilities=2, hours_each=r.choice(HOURS), **SAID) if (r.random() < 0.5) else None
    return schema.Module(
        key=f"module{number}",
        title=f"模块{number}",
        hours=r.choice(HOURS),
        place=r.choice(("study", "study", "school")),
        selection=selection,
        **SAID,
    )


def invent(seed: int) -> Programme:
    """A programme that could be published: study in March and April and again in June 2024."""
    r = Random(seed)
    modules = [_module(r, number) for number in range(r.randint(1, 3))]
    sides = [f"side{number}" for number in range(r.randint(0, 2))]
    table = [_part(r, number, modules, sides) for number in range(r.randint(1, 5))]
    certified = next((part.key for part in table if isinstance(part, parts.CertifiedPart) and part.count > 1), None)
    spread = parts.Condition(kind="dimensions", title="不少于 2 个维度", part=certified or "", least=2, **SAID)
    total = sum(part.points for part in table)
    whole = schema.Programme(
        id="invented",
        version=1,
        title="虚构项目",
        notice=schema.Notice(issuer="虚构", **SAID),
        sign_in=schema.SignIn(
            account="id_number",
            channels={"teacher": ("web",)},
            first_password=schema.FirstPassword(rule="last_six", **SAID),
            confirm_profile=True,
            **SAID,
        ),
        calendar=schema.Calendar(phases=PHASES, **SAID),
        modules=tuple(modules),
        hours=schema.HourRule(credit=r.choice(("pro_rata", "on_completion")), **SAID),
        parts=tuple(table),
        pass_rule=parts.PassRule(
            mark=r.choice((0, total / 2, total * 0.9, total)),
            total=total,
            every_part=r.choice((False, False, True)),
            dimensions=tuple(parts.Dimension(key=key, title=key, mark=r.choice((0, 5, 10)), **SAID) for key in sides),
            conditions=(spread,) if certified and (r.random() < 0.5) else (),
            **SAID,
        ),
        credits=parts.Credits(title="学分", total=10, bands=_bands(10), **SAID) if (r.random() < 0.5) else None,
        reliefs=r.choice(((), RELIEFS)),
        papers=PAPERS,
        enrolment=EnrolmentRule(who="全体", **SAID),
        fee=Fee(payer="school", per_head=1, **SAID),
        counting=schema.Counting(presence=schema.Presence(**SAID), **SAID),
    )
    assert problems_of(whole) == []
    return whole


def _phase(key: str, opens: date, closes: date, kind: str) -> schema.Phase:
    return schema.Phase(key=key, title=key, opens=Moment(opens), closes=Moment(closes), kind=kind, **SAID)


PHASES = (
    _phase("test", date(2024, 2, 1), date(2024, 2, 29), "login_test"),
    _phase("first", date(2024, 3, 1), date(2024, 4, 30), "study"),
    _phase("second", date(2024, 6, 1), date(2024, 6, 30), "study"),
    _phase("honours", date(2024, 7, 1), date(2024, 7, 15), "honours"),
)
RELIEFS = (
    parts.Relief(title="兼任坊主", hours=8, **SAID),
    parts.Relief(title="优秀坊主", hours=4, honour="best_leader", **SAID),
)
PAPERS = (
    parts.Paper(key="completion", title="结业证书", after_payment=True, **SAID),
    parts.Paper(
        key="best_leader", title="优秀辅导教师", honour=parts.Honour(share=0.1, within="programme", **SAID), **SAID
    ),
)

some_programme = st.sampled_from(REAL) | st.integers(0, 10**6).map(invent)


def moments(programme: Programme) -> st.SearchStrategy[datetime]:
    """Around the edges of the calendar, where it matters, and anywhere between."""
    zone, phases = programme.zone, programme.calendar.phases
    edges = [phase.opens.begin(zone) for phase in phases] + [phase.closes.end(zone) for phase in phases]
    edges += [part.until.end(zone) for part in programme.parts if part.until]
    near = st.builds(lambda edge, off: edge + timedelta(seconds=off), st.sampled_from(edges), st.integers(-1, 1))
    middle = st.builds(lambda edge, days: edge + timedelta(days=days), st.sampled_from(edges), st.integers(-40, 40))
    return near | middle


def some_item(programme: Programme, at: st.SearchStrategy[datetime] | None = None) -> st.SearchStrategy[ItemEvidence]:
    """Of any part or of none, with values that make sense and values that do not."""
    wild = st.sampled_from(WILD) | st.floats()
    table = [*programme.parts, *(programme.leader.parts if programme.leader else ())]
    grades = {grade for part in table if isinstance(part, parts.GradedPart) for grade in part.grades}
    return st.builds(
        ItemEvidence,
        part=st.sampled_from([part.key for part in table]) | st.just("gardening"),
        at=moments(programme) if at is None else at,
        item=st.sampled_from(("", "A1", "B1", "C1")),
        words=st.sampled_from((None, -1, 0, 299, 300, 10**9)),
        grade=st.sampled_from((None, *sorted(grades), "无此等级")),
        passed=st.sampled_from((None, True, False)),
        mark=st.none() | st.sampled_from((0.0, 59.99, 60.0, 89.7, 100.0)) | wild,
        count=st.sampled_from((None, None, -1, 0, 1, 3, 10**12)),
        hours=st.none() | st.sampled_from((0.5, 3.0, 22.0)) | wild,
        dimension=st.sampled_from(("", "A", "B", "C")),
    )


def some_lesson(programme: Programme) -> st.SearchStrategy[LessonEvidence]:
    return st.builds(
        LessonEvidence,
        module=st.sampled_from([*(module.key for module in programme.modules), "gardening"]),
        lesson=st.integers(0, 4),
        duration=st.sampled_from((-1, 0, 1, 2700, 60_000, 200_000)),
        credited=st.sampled_from((-5, 0, 2565, 2699, 2700, 60_000, 300_000)),
        ability=st.sampled_from(("", "A1", "B1")),
        dimension=st.sampled_from(("", "A", "B")),
    )


def some_standing(programme: Programme) -> st.SearchStrategy[Standing]:
    keys = [paper.key for paper in programme.papers] or ["none"]
    return st.builds(
        Standing,
        leader=st.booleans(),
        honours=st.frozensets(st.sampled_from(keys)),
        exempt=st.sampled_from(("", "", "", "国培证书")),
        paid=st.booleans(),
    )


@st.composite
def some_evidence(draw: st.DrawFn, programme: Programme) -> Evidence:
    return Evidence(
        tuple(draw(st.lists(some_lesson(programme), max_size=3))),
        tuple(draw(st.lists(some_item(programme), max_size=5))),
        draw(some_standing(programme)),
    )


def completed(programme: Programme, evidence: Evidence, on: datetime) -> Evidence:
    """Everything added that may still be: hours while study is open, the best of each part that is open, the best judgement of what
    waits for one, and every honour. A grade that was given stands."""
    scorer = Scorer(programme)
    outcome = scorer.outcome(evidence, on)
    lessons = list(evidence.lessons)
    if on < scorer.closes:
        lessons += [
            LessonEvidence(module.key, f"rest {ability}", 10**6, 10**6, ability, ability)
            for module in programme.modules
            for ability in ("X", "Y", "Z")
        ]
    items = [_judged(programme, item) for item in evidence.items if item.at <= on]
    for part in outcome.parts:
        if part.open:
            until = part.part.until.end(programme.zone) if part.part.until else None
            spans = [(scorer.windows[0][0], until)] if until else scorer.windows
            at = next(max(on, start) for start, end in spans if on < end)
            items += _best(part.part, at)
    honours = frozenset(paper.key for paper in programme.papers)
    return Evidence(tuple(lessons), tuple(items), structs.replace(evidence.standing, honours=honours))


def _judged(programme: Programme, item: ItemEvidence) -> ItemEvidence:
    part = programme.part(item.part)
    if isinstance(part, parts.GradedPart) and item.grade is None:
        return structs.replace(item, grade=max(part.grades, key=lambda grade: part.grades[grade]))
    if isinstance(part, parts.CertifiedPart) and item.passed is None:
        return structs.replace(item, passed=True, dimension=item.dimension or f"new {item.item}")
    if isinstance(part, parts.AssessedPart) and item.passed is None:
        return structs.replace(item, passed=True)
    if isinstance(part, parts.MarkedPart) and item.mark is None:
        return structs.replace(item, mark=100.0)
    return item


def _best(part: parts.Part, at: datetime) -> list[ItemEvidence]:
    if isinstance(part, parts.SubmittedPart):
        return [ItemEvidence(part=part.key, at=at, item=f"rest {n}", words=10_000) for n in range(20)]
    if isinstance(part, parts.GradedPart):
        best = max(part.grades, key=lambda grade: part.grades[grade])
        return [ItemEvidence(part=part.key, at=at, item="rest", words=10_000, grade=best)]
    if isinstance(part, parts.CertifiedPart):
        return [ItemEvidence(part=part.key, at=at, item=f"rest {n}", passed=True, dimension=f"{n}") for n in range(9)]
    return [ItemEvidence(part=part.key, at=at, item="rest", passed=True, mark=100.0, hours=9_999.0)]
