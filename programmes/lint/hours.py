"""Credit hours (学时): what one is, what it earns, and whether there are enough of them to choose."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from programmes.calendar import study_windows
from programmes.catalogue import Catalogue, CourseEntry
from programmes.evidence import exactly
from programmes.lint.finding import Finding, Findings, clause_of, listed, num, sum_of
from programmes.lint.points import weight_assumed
from programmes.parts import AssessedPart, CoursesPart, MarkedPart
from programmes.schema import Module, Programme

Pair = tuple[str, str]


def of_programme(programme: Programme) -> Findings:
    yield from _undefined(programme)
    for part in programme.parts:
        if isinstance(part, CoursesPart):
            yield from _points_rule(programme, part)
    yield from _unscored(programme)
    yield from _selections(programme)
    yield from _choice(programme)
    yield from _time(programme)


def _undefined(programme: Programme) -> Findings:
    rule = programme.hours
    if rule.clause:
        return
    hours, minutes = study_hours(programme), Fraction(rule.hour_seconds, 60)
    clock = num(hours * minutes / 60)
    yield Finding(
        "hour_undefined",
        "hours",
        "",
        f"通知要求 {num(hours)} 学时的学习，却没有说 1 学时是多长。现假定 1 学时 = {num(minutes)} 分钟，"
        f"{num(hours)} × {num(minutes)} ÷ 60 = {clock} 小时：换一种学时，教师要学的时间就变了，而两种都没有依据。",
        f"The notice asks for {num(hours)} credit hours and never says how long one is. {num(minutes)} minutes are assumed, "
        f"{clock} clock hours in all: another hour would mean other work, with as much reason.",
    )


def study_hours(programme: Programme) -> Fraction:
    """Credit hours of the modules that are watched."""
    return sum((exactly(module.hours) for module in programme.modules if module.place == "study"), Fraction(0))


def _points_rule(programme: Programme, part: CoursesPart) -> Findings:
    """How hours become points is assumed, and the numbers do not say it by themselves."""
    each = [exactly(module.hours) for module in programme.modules if module.key in part.modules]
    hours, points = sum(each, Fraction(0)), exactly(part.points)
    if not part.assumed or weight_assumed(part) or not hours or (points / hours).denominator == 1:
        return
    summed = f"{sum_of(each)} = {num(hours)}" if len(each) > 1 else num(hours)
    yield Finding(
        "points_rule",
        part.key,
        clause_of(part),
        f"“{part.title}”{summed} 学时计 {num(points)} 分，没有写学时怎样折算成分数：{num(points)} ÷ {num(hours)} = {num(points / hours)}…，"
        f"每学时不是整数分。只学 {num(hours - 1)} 学时的教师得 {num(points * (hours - 1) / hours)} 分还是 0 分，通知没有规定。",
        f"{part.key}: {num(points)} points for {summed} hours, {num(points / hours)} an hour, and no rule how hours become points: "
        f"whoever studies {num(hours - 1)} hours may have {num(points * (hours - 1) / hours)} points or none.",
    )


def _unscored(programme: Programme) -> Findings:
    """Hours that are required, and earn nothing whether studied or not."""
    scored = {key for part in programme.parts if isinstance(part, CoursesPart) for key in part.modules}
    scored |= {part.module for part in programme.parts if isinstance(part, AssessedPart | MarkedPart) and part.module}
    for module in programme.modules:
        if module.place == "study" and module.hours and module.key not in scored:
            yield Finding(
                "module_unscored",
                module.key,
                clause_of(module),
                f"“{module.title}”要求 {num(module.hours)} 学时，考核表里没有一项为它计分，0 学时和 {num(module.hours)} 学时得分相同："
                f"教师不学也能合格。",
                f"{module.key} requires {num(module.hours)} hours and no part scores them: 0 and {num(module.hours)} hours earn the same.",
            )


def _selections(programme: Programme) -> Findings:
    """A selection that asks for more hours than its module does."""
    for module in programme.modules:
        rule = module.selection
        if rule and (need := exactly(rule.hours_each) * rule.abilities) > exactly(module.hours):
            yield Finding(
                "selection_hours",
                module.key,
                clause_of(rule, module),
                f"“{module.title}”要求 {num(module.hours)} 学时，又要求 {rule.abilities} 个微能力点各 {num(rule.hours_each)} 学时，"
                f"{rule.abilities} × {num(rule.hours_each)} = {num(need)} 学时：只学满 {num(module.hours)} 学时的教师不算完成。",
                f"{module.key} requires {num(module.hours)} hours, but {rule.abilities} abilities of {num(rule.hours_each)} hours each are "
                f"{num(need)}: a teacher who completes the hours has not completed the module.",
            )


def _choice(programme: Programme) -> Findings:
    """What may be chosen is less than what is required."""
    need, rule, choice = study_hours(programme), programme.hours, programme.choice
    if rule.max_choose is not None and exactly(rule.max_choose) < need:
        yield Finding(
            "choice_too_small",
            "hours.max_choose",
            clause_of(rule),
            f"要求学 {num(need)} 学时，却最多只能选 {num(rule.max_choose)} 学时：没有教师学得完。",
            f"{num(need)} hours are required and {num(rule.max_choose)} may be chosen: nobody can complete them.",
        )
    if choice and choice.catalogue_hours and exactly(choice.catalogue_hours) < need:
        yield Finding(
            "catalogue_short",
            "choice",
            clause_of(choice),
            f"每个学科学段开设 {num(choice.catalogue_hours)} 学时课程，却要求学 {num(need)} 学时：没有教师学得完。",
            f"{num(choice.catalogue_hours)} hours are on offer to each subject and {num(need)} are required.",
        )
    stages = {stage for track in programme.enrolment.tracks for stage in track.stages}
    without = sorted(set(choice.subjects) - stages) if choice and stages else []
    if without:
        yield Finding(
            "stage_without_track",
            "enrolment.tracks",
            clause_of(*programme.enrolment.tracks),
            f"选课范围里有学段{'、'.join(without)}，却没有一个报名项目收这些学段（只收{'、'.join(sorted(stages))}）：这些学段的教师报不上名。",
            f"The stages {', '.join(without)} have courses and no track takes them: their teachers cannot enrol.",
        )


def _time(programme: Programme) -> Findings:
    """Whether the calendar holds as many seconds as are asked for."""
    zone, counting = programme.zone, programme.counting
    phases = [phase for phase in programme.calendar.phases if phase.study]
    start = min(phase.opens.begin(zone) for phase in phases)
    end = max(phase.closes.end(zone) for phase in phases)
    windows = study_windows(programme, start, end)
    rate = exactly(counting.max_rate)
    need = study_hours(programme) * programme.hours.hour_seconds
    open_seconds = sum((int((b - a).total_seconds()) for a, b in windows), 0) * rate
    days = {day for a, b in windows for day in _days(a.astimezone(zone), b.astimezone(zone))}
    most, why, why_en = open_seconds, "可以学习的时间", "the study phases"
    if counting.day_cap is not None and len(days) * counting.day_cap < open_seconds:
        most = Fraction(len(days) * counting.day_cap)
        why, why_en = f"{len(days)} 天 × 每天最多 {counting.day_cap} 秒", f"{len(days)} days of {counting.day_cap} s"
    if most < need:
        yield Finding(
            "time_too_short",
            "calendar",
            clause_of(programme.calendar),
            f"要求 {num(study_hours(programme))} 学时 = {num(need)} 秒，{why}只有 {num(most)} 秒：没有教师学得完。",
            f"{num(study_hours(programme))} hours are {num(need)} s; {why_en} hold {num(most)} s: nobody can complete them.",
        )


def _days(start: datetime, end: datetime) -> Iterator[date]:
    """The local days of [start, end)."""
    day = start.date()
    while datetime.combine(day, time.min, start.tzinfo) < end:
        yield day
        day += timedelta(days=1)


def of_catalogue(programme: Programme, catalogue: Catalogue) -> Findings:
    """Whether every teacher finds as many hours as must be chosen."""
    for module in programme.modules:
        if module.place == "study":
            yield from _module(programme, module, catalogue)
    choice = programme.choice
    if choice is None or not choice.catalogue_hours:
        return
    for stage, subject in _pairs(programme):
        offered = _hours(programme, _for_pair(catalogue.courses, (stage, subject)))
        if offered < exactly(choice.catalogue_hours):
            yield Finding(
                "catalogue_short",
                f"{stage}/{subject}",
                clause_of(choice),
                f"通知要求每个学科学段不少于 {num(choice.catalogue_hours)} 学时课程，{stage}{subject}只有 {num(offered)} 学时，"
                f"差 {num(exactly(choice.catalogue_hours) - offered)} 学时：这些教师可选的课比通知答应的少。",
                f"{num(choice.catalogue_hours)} hours are promised to every stage and subject; {stage}/{subject} has {num(offered)}.",
            )


def _module(programme: Programme, module: Module, catalogue: Catalogue) -> Findings:
    courses = [course for course in catalogue.courses if course.module == module.key]
    need = exactly(module.hours)
    offers = {f"{a}{b}": _hours(programme, _for_pair(courses, (a, b))) for a, b in _pairs(programme)}
    short = [f"{pair} {num(offered)} 学时" for pair, offered in offers.items() if offered < need]
    said, said_en = [], []
    total = _hours(programme, courses)
    if total < need:
        said.append(f"目录里只有 {num(total)} 学时，差 {num(need - total)} 学时")
        said_en.append(f"the catalogue has {num(total)}")
    elif short:
        said.append(f"目录里可选的只有：{listed(short)}")
        said_en.append(f"fewer are on offer to {len(short)} pairs of stage and subject")
    rule = module.selection
    if rule:
        abilities = {course.ability for course in courses} - {""}
        enough = [
            key
            for key in abilities
            if _hours(programme, (c for c in courses if c.ability == key)) >= exactly(rule.hours_each)
        ]
        if len(enough) < rule.abilities:
            said.append(
                f"要选 {rule.abilities} 个各满 {num(rule.hours_each)} 学时的微能力点，够学时的只有 {len(enough)} 个"
            )
            said_en.append(f"{len(enough)} of {rule.abilities} micro-abilities have {num(rule.hours_each)} hours")
    if said:
        yield Finding(
            "catalogue_short",
            module.key,
            clause_of(module),
            f"“{module.title}”要求 {num(need)} 学时，{'；'.join(said)}：教师选不够课，学不完。",
            f"{module.key} requires {num(need)} hours; {'; '.join(said_en)}: teachers cannot complete it.",
        )


def _pairs(programme: Programme) -> list[Pair]:
    choice = programme.choice
    return [(stage, subject) for stage, subjects in choice.subjects.items() for subject in subjects] if choice else []


def _for_pair(courses: Iterable[CourseEntry], pair: Pair) -> list[CourseEntry]:
    stage, subject = pair
    return [course for course in courses if course.stage in ("", stage) and course.subject in ("", subject)]


def _hours(programme: Programme, courses: Iterable[CourseEntry]) -> Fraction:
    seconds = sum(lesson.duration for course in courses for lesson in course.lessons)
    return Fraction(seconds, programme.hours.hour_seconds)
