"""When a programme lets teachers study. Half-open spans throughout: the first instant counts, the last does not."""

from datetime import UTC, datetime, timedelta

from programmes.schema import Phase, Programme

Span = tuple[datetime, datetime]


def phase_at(programme: Programme, moment: datetime) -> Phase | None:
    """The phase (阶段) that holds at an aware moment. Where phases overlap the study phase, else the one opened last."""
    zone = programme.zone
    holding = [
        phase for phase in programme.calendar.phases if phase.opens.begin(zone) <= moment < phase.closes.end(zone)
    ]
    return next((phase for phase in holding if phase.study), holding[-1] if holding else None)


def phase_title(programme: Programme, moment: datetime) -> str:
    """What people call the state of the calendar: the phase's title, or 未开始, 已结束, or between two phases 间歇."""
    phase = phase_at(programme, moment)
    if phase:
        return phase.title
    zone = programme.zone
    phases = programme.calendar.phases
    if moment < min(phase.opens.begin(zone) for phase in phases):
        return "未开始"
    return "已结束" if moment >= max(phase.closes.end(zone) for phase in phases) else "间歇"


def lessons_open(programme: Programme, moment: datetime) -> bool:
    """Whether lessons may be opened at this moment, to be credited or only watched."""
    return any(opens <= moment < closes for opens, closes in _watching(programme))


def lessons_open_next(programme: Programme, moment: datetime) -> datetime | None:
    """When lessons may next be opened, after a moment at which they may not; None where they never will be again."""
    return min((opens for opens, _ in _watching(programme) if opens > moment), default=None)


def study_windows(programme: Programme, start: datetime, end: datetime) -> list[Span]:
    """The spans of [start, end) in which studying counts, in order, in UTC: study phases less closures (停学时段)."""
    zone = programme.zone
    spans = [
        (max(start, phase.opens.begin(zone)), min(end, phase.closes.end(zone)))
        for phase in programme.calendar.phases
        if phase.study
    ]
    for closure in programme.calendar.closures:
        spans = _without(spans, closure.opens.begin(zone), closure.closes.end(zone))
    return sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in spans if a < b)


def study_open(programme: Programme, moment: datetime) -> bool:
    """Whether a second studied at this moment counts."""
    return bool(study_windows(programme, moment, moment + timedelta(microseconds=1)))


def study_closes_at(programme: Programme, moment: datetime) -> datetime | None:
    """The end of the last study phase, in UTC; None once it has passed."""
    zone = programme.zone
    last = max(phase.closes.end(zone) for phase in programme.calendar.phases if phase.study)
    return last.astimezone(UTC) if moment < last else None


def study_opens_at(programme: Programme, moment: datetime) -> datetime | None:
    """When seconds begin to count again, in UTC; None while they do, and once the last study phase has passed."""
    last = study_closes_at(programme, moment)
    if last is None or study_open(programme, moment):
        return None
    return next((start for start, _ in study_windows(programme, moment, last)), None)


def _watching(programme: Programme) -> list[Span]:
    zone = programme.zone
    return [(p.opens.begin(zone), p.closes.end(zone)) for p in programme.calendar.phases if p.lessons_open]


def _without(spans: list[Span], shut: datetime, reopen: datetime) -> list[Span]:
    """`spans` less [shut, reopen)."""
    kept: list[Span] = []
    for start, end in spans:
        kept += (
            [(start, min(end, shut)), (max(start, reopen), end)] if start < reopen and shut < end else [(start, end)]
        )
    return [(start, end) for start, end in kept if start < end]
