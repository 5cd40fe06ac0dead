"""Dates: phases inside one another and without holes, announced lengths, and deadlines that can be kept."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from programmes.lint.finding import Finding, Findings, clause_of
from programmes.schema import Phase, Programme

_DAY = timedelta(days=1)
#: A month is 28 to 31 days long: so much may an announced length of a month or more differ from its dates.
_LOOSE = 0.03
#: Phases between which a teacher may expect something to be open; training is an occasion, building is the staff's.
_TEACHERS = ("login_test", "study", "honours", "follow_up")


def of_programme(programme: Programme) -> Findings:
    for phase in programme.calendar.phases:
        yield from _announced(programme, phase)
        yield from _no_time(programme, phase)
        said = list(_misplaced(programme, phase))
        if said:
            yield Finding(
                "phase_order",
                phase.key,
                clause_of(phase, programme.calendar),
                f"“{phase.title}”{_span(phase)}：{'；'.join(zh for zh, _ in said)}。",
                f"{phase.key} ({_span(phase)}): {'; '.join(en for _, en in said)}.",
            )
    yield from _closures(programme)
    yield from _deadlines(programme)


def _announced(programme: Programme, phase: Phase) -> Findings:
    said = phase.announced_days
    zone = programme.zone
    days = round((phase.closes.end(zone) - phase.opens.begin(zone)) / _DAY)
    if said is None or abs(days - said) <= (1 if said < 28 else max(2, said * _LOOSE)):
        return
    means = "按日期执行，教师会发现平台提前关闭" if days < said else "教师不知道以哪个为准"
    yield Finding(
        "announced_length",
        phase.key,
        clause_of(phase, programme.calendar),
        f"“{phase.title}”写明 {said} 天（约 {_months(said)}），而所写日期 {_span(phase)} 是 {days} 天（约 {_months(days)}），"
        f"相差 {abs(said - days)} 天：{means}。",
        f"{phase.key} is announced to last {said} days, but its dates, {phase.opens!r} to {phase.closes!r}, make {days}: "
        f"{abs(said - days)} days {'fewer' if days < said else 'more'} than teachers were told.",
    )


def _no_time(programme: Programme, phase: Phase) -> Findings:
    """Results that must be settled by the very moment at which studying ends."""
    zone = programme.zone
    last = max(other.closes.end(zone) for other in programme.calendar.phases if other.study)
    end = phase.closes.end(zone)
    if phase.kind == "honours" and end <= last:
        early = f"（还早 {(last - end) // _DAY} 天）" if last - end >= _DAY else ""
        yield Finding(
            "honours_no_time",
            phase.key,
            clause_of(phase, programme.calendar),
            f"学习到 {_told(last)} 才结束，“{phase.title}”到 {_told(end)} 为止{early}，学习结束后留给批阅和评优的时间是 0 天："
            f"最后一天学完、交作业的教师来不及评定。",
            f"Study ends at {_told(last)} and {phase.key} at {_told(end)}, which leaves 0 days to grade and to honour what is handed in on "
            f"the last day of study.",
        )


def _months(days: int) -> str:
    return f"{days / 30.4:.0f} 个月" if days >= 45 else f"{days} 天"


def _misplaced(programme: Programme, phase: Phase) -> Iterator[tuple[str, str]]:
    zone = programme.zone
    begin, end = phase.opens.begin(zone), phase.closes.end(zone)
    studies = [other for other in programme.calendar.phases if other.study]
    first = min(other.opens.begin(zone) for other in studies)
    last = max(other.closes.end(zone) for other in studies)
    settled = max([last, *(p.closes.end(zone) for p in programme.calendar.phases if p.kind == "honours")])
    if phase.kind == "honours" and begin < first:
        yield f"评优早于学习开始（{_from(first)}），没有成绩可评", f"honours begin before study does ({_from(first)})"
    if phase.kind == "training" and end > settled:
        yield f"培训晚于成绩评定结束（{_told(settled)}）", f"training ends after results are settled ({_told(settled)})"
    if phase.kind == "build" and end > last:
        yield f"平台搭建晚于学习结束（{_told(last)}）", f"the platform is built after study has ended ({_told(last)})"
    if phase.kind == "follow_up" and begin < last:
        yield (
            f"学习到 {_told(last)}才结束，重叠的时间学了算不算学时有两种说法；现按计学时",
            f"study ends only at {_told(last)}: whether the time in both counts is said twice; it is counted",
        )
    if phase.kind == "login_test":
        for study in studies:
            if begin < study.closes.end(zone) and study.opens.begin(zone) < end:
                yield (
                    f"登录测试时学习入口不开放，而“{study.title}”从 {_from(study.opens.begin(zone))}就开始",
                    f"lessons are shut during the log-in test, yet {study.key} opens at {_from(study.opens.begin(zone))}",
                )
    gap = _gap_before(programme, phase)
    if gap:
        ended, days = gap
        yield (
            f"前一阶段到 {_told(ended)}为止，中间空出 {days} 天没有安排：教师不知道能不能登录学习",
            f"what came before ended at {_told(ended)} and {days} days between belong to no phase",
        )


def _gap_before(programme: Programme, phase: Phase) -> tuple[datetime, int] | None:
    """Where whole days lie between this phase and all that opened before: when those ended, how many days.

    Terms of study with a holiday between them, and honours some time after study, are nothing that a notice left out.
    """
    zone = programme.zone
    if phase.kind not in ("study", "follow_up"):
        return None
    before = [
        p for p in programme.calendar.phases if p.kind in _TEACHERS and p.opens.begin(zone) < phase.opens.begin(zone)
    ]
    if not before or (phase.study and any(earlier.study for earlier in before)):
        return None
    ended = max(p.closes.end(zone) for p in before)
    days = (phase.opens.begin(zone) - ended) // _DAY
    return (ended, days) if days >= 1 else None


def _closures(programme: Programme) -> Findings:
    zone = programme.zone
    for closure in programme.calendar.closures:
        start, end = closure.opens.begin(zone), closure.closes.end(zone)
        studies = [phase for phase in programme.calendar.phases if phase.study]
        if not any(start < phase.closes.end(zone) and phase.opens.begin(zone) < end for phase in studies):
            yield Finding(
                "phase_order",
                closure.title,
                clause_of(closure, programme.calendar),
                f"停学时段“{closure.title}”{_from(start)} 至 {_told(end)} 不在任何学习阶段之内，等于没有写："
                f"如果日期写错了，该停的那天还在计学时。",
                f"The closure {_from(start)} to {_told(end)} lies outside every study phase and shuts nothing.",
            )


def _deadlines(programme: Programme) -> Findings:
    """Deadlines that nobody can keep."""
    zone, enrolment = programme.zone, programme.enrolment
    studies = [phase for phase in programme.calendar.phases if phase.study]
    first = min(phase.opens.begin(zone) for phase in studies)
    last = max(phase.closes.end(zone) for phase in studies)
    closes = enrolment.closes.end(zone) if enrolment.closes else None
    login = enrolment.first_login_by.end(zone) if enrolment.first_login_by else None
    clause = clause_of(enrolment, programme.calendar)
    if closes and closes > last:
        yield Finding(
            "deadline_order",
            "enrolment.closes",
            clause,
            f"报名到 {_told(closes)}截止，学习到 {_told(last)}已经结束：最后报名的教师没有时间学习。",
            f"Enrolment closes at {_told(closes)}, after study has ended at {_told(last)}.",
        )
    if login and (login > last or (closes and login < closes)):
        other = (
            ("学习到", last, "才要求首次登录，登录时已不能学习")
            if login > last
            else ("报名到", closes, "最后报名的教师一报上名就已逾期")
        )
        yield Finding(
            "deadline_order",
            "enrolment.first_login_by",
            clause,
            f"首次登录的期限是 {_told(login)}，{other[0]} {_told(other[1] or login)}为止：{other[2]}。",
            f"The first log-in is due by {_told(login)}, which is {'after study ends' if login > last else 'before enrolment closes'} "
            f"({_told(other[1] or login)}).",
        )
    for part in programme.parts:
        if part.until and part.until.end(zone) <= first:
            yield Finding(
                "deadline_order",
                part.key,
                clause_of(part),
                f"“{part.title}”到 {_told(part.until.end(zone))}截止，学习从 {_from(first)}才开始：没有教师交得上。",
                f"{part.key} is due by {_told(part.until.end(zone))}, before study begins at {_from(first)}: nobody can hand it in.",
            )


def _span(phase: Phase) -> str:
    return f"{phase.opens!r} 至 {phase.closes!r}"


def _from(moment: datetime) -> str:
    """When something begins."""
    return f"{moment:%Y-%m-%d %H:%M}"


def _told(moment: datetime) -> str:
    """When something ends: 2021-12-20 24:00 is what people call the first instant of the next day."""
    day = moment - _DAY if moment.time() == time.min else moment
    return f"{day:%Y-%m-%d} 24:00" if day is not moment else f"{moment:%Y-%m-%d %H:%M}"
