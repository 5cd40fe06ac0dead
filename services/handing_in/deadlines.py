"""When evidence for a part (考核项) may be handed in or take place: the very spans in which programmes.scoring counts it."""

from collections.abc import Sequence
from datetime import datetime

from programmes.calendar import Span
from programmes.parts import Part
from programmes.schema import Programme
from programmes.scoring import Scorer
from services.errors import Conflict


class TooEarly(Conflict):
    """这一项还没有开始。"""

    code = "too_early"


class TooLate(Conflict):
    """这一项已经截止。"""

    code = "too_late"


def spans_of(scorer: Scorer, part: Part) -> list[Span]:
    """Half-open, in order: the study phases, or from the first of them until the part's own `until`."""
    if part.until is None:
        return sorted(scorer.windows)
    return [(scorer.windows[0][0], scorer.part_closes(part))]


def spans_of_leader(scorer: Scorer, part: Part) -> list[Span]:
    """The same for a part of the leaders' own table: from the first phase until results and honours are settled."""
    programme = scorer.programme
    opens = min(phase.opens.begin(programme.zone) for phase in programme.calendar.phases)
    return [(opens, part.until.end(programme.zone) if part.until else scorer.settled)]


def holds(spans: Sequence[Span], moment: datetime) -> bool:
    return any(start <= moment < end for start, end in spans)


def require(programme: Programme, part: Part, spans: Sequence[Span], moment: datetime) -> None:
    """Raises TooEarly {opens_at} before the first span and between two, TooLate {closed_at}."""
    if holds(spans, moment):
        return
    later = [start for start, _ in spans if start > moment]
    if later:
        opens = later[0].astimezone(programme.zone)
        raise TooEarly(f"{part.title}于 {told(opens)} 开始。", opens_at=opens.isoformat())
    closed = spans[-1][1].astimezone(programme.zone)
    raise TooLate(f"{part.title}已于 {told(closed)} 截止。", closed_at=closed.isoformat())


def told(moment: datetime) -> str:
    """2022-11-01 00:00, with seconds where there are any."""
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
