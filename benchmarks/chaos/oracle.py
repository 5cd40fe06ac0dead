"""The judgement: what teachers were told and really played, against what SQL holds in the end. Shares no code with the counting.

acknowledged  how many media seconds some reply said were credited: the seconds of all claims (see ledger), where a claim leaves open
              which seconds it means, chosen as favourably to the system as the claim allows
credited      the bits set in SQL's coverage
lost          acknowledged seconds that SQL does not hold; or what SQL lacks of the greatest total told of a lesson, if that is more;
              or what a column counts less than its bits
doubled       credited seconds that the player never ran over; what a column (a lesson's, an enrolment's) counts more than its bits;
              and of an honest teacher what exceeds the wall time: credited ≤ wall time × rate + 2 s
forfeited     what those lost who play at twice the speed, where Redis came to hold less than it said: they send again more than the
              wall time pays for, and it pays once
gift          the same excess of those who play at twice the speed; it may be as large as clocks were put forward and as Redis was put
              back, for wall time is all that the servers can measure with; beyond that it counts as doubled
withheld      what honest teachers reported and SQL does not hold, and the reasons that the last replies to their sessions gave
              (a second may be withheld first and credited when it is sent again, so the reasons can add up to more)
window        the greatest time between a reply that acknowledged a second, and the next fault that takes data, among lost seconds
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.chaos.ledger import Book, Claim, Place

#: What an account may be credited beyond the wall time, s.
CARRY_S = 2.0
#: So many lessons that went wrong are told in full.
STORIES = 20


@dataclass(frozen=True)
class Sql:
    """What SQL holds: the seconds of each lesson by their bits, and the columns that count them."""

    bits: dict[Place, frozenset[int]]
    lessons: dict[Place, int]
    enrolments: dict[int, int]


@dataclass
class Verdict:
    """Seconds, but for the lines that name what is wrong."""

    acknowledged: int = 0
    credited: int = 0
    lost: int = 0
    forfeited: int = 0
    doubled: int = 0
    gift: int = 0
    missed: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    window: float = 0.0
    #: The most that one teacher lost.
    worst: int = 0
    lines: list[str] = field(default_factory=list)
    #: Of the first lessons where something is wrong: all that was asked and answered.
    stories: dict[str, list[str]] = field(default_factory=dict)


def judge(
    books: Sequence[Book], sql: Sql, *, rate: float = 1.0, slack: float = 0.0, data_faults: Iterable[float] = ()
) -> Verdict:
    """`slack`: how far clocks were put forward and Redis was put back, s. `data_faults`: when data was taken, monotonic."""
    verdict = Verdict()
    known: set[Place] = set()
    for book in books:
        places = {claim.place for claim in book.claims} | set(book.played) | set(book.totals)
        places |= {place for place in sql.bits if place[0] == book.enrolment}
        known |= places
        lost = sum(_lesson(verdict, book, place, sql, sorted(data_faults)) for place in sorted(places))
        verdict.worst = max(verdict.worst, lost)
        _account(verdict, book, sql, rate, slack)
        if book.honest:
            for tally in book.tallies.values():
                verdict.withheld.update(tally["withheld"])
    for place in sorted(set(sql.bits) - known):
        verdict.doubled += len(sql.bits[place])
        verdict.lines.append(f"{place}: {len(sql.bits[place])} s of a teacher that nobody played")
    del verdict.withheld["repeat"]
    return verdict


def acknowledged(claims: Iterable[Claim], held: frozenset[int]) -> frozenset[int]:
    """The seconds told, at least. The most exact claims first; where one leaves a choice, what SQL holds is chosen."""
    told: set[int] = set()
    for claim in sorted(claims, key=lambda claim: len(claim.pool) - claim.count):
        lacking = claim.count - len(claim.pool & told)
        if lacking > 0:
            told.update(sorted(claim.pool - told, key=lambda second: (second not in held, second))[:lacking])
    return frozenset(told)


def _lesson(verdict: Verdict, book: Book, place: Place, sql: Sql, data_faults: Sequence[float]) -> int:
    """Returns how many seconds of this lesson are lost."""
    held = sql.bits.get(place, frozenset())
    claims = [claim for claim in book.claims if claim.place == place]
    told = acknowledged(claims, held)
    gone = told - held
    total = book.totals.get(place, 0)
    column = sql.lessons.get(place, 0)
    lost = max(len(gone), total - len(held), 0) + max(0, len(held) - column)
    strange = held - book.played.get(place, set())
    verdict.acknowledged += max(len(told), total)
    verdict.credited += len(held)
    if book.honest or not data_faults:
        verdict.lost += lost
    else:
        verdict.forfeited += lost
    verdict.doubled += len(strange) + max(0, column - len(held))
    if lost:
        verdict.lines.append(
            f"{place}: lost {lost} s: {spans(gone)}; told {total} in all, SQL has {len(held)}, its column {column}"
        )
        verdict.window = max([verdict.window, *_windows(claims, gone, data_faults)])
    if strange or column > len(held):
        verdict.lines.append(f"{place}: never played {spans(strange)}; column {column}, bits {len(held)}")
    if (lost or strange) and len(verdict.stories) < STORIES:
        verdict.stories[str(place)] = book.story.get(place, [])
    if book.honest:
        verdict.missed += len(book.played.get(place, set()) - held)
    return lost


def _account(verdict: Verdict, book: Book, sql: Sql, rate: float, slack: float) -> None:
    whole = sum(len(bits) for place, bits in sql.bits.items() if place[0] == book.enrolment)
    column = sql.enrolments.get(book.enrolment, 0)
    if column != whole:
        verdict.lost += max(0, whole - column)
        verdict.doubled += max(0, column - whole)
        verdict.lines.append(f"enrolment {book.enrolment}: its column says {column}, its lessons {whole}")
    excess = int(max(0.0, whole - book.wall * rate - CARRY_S))
    if not book.honest:
        verdict.gift = max(verdict.gift, excess)
        excess = int(max(0.0, excess - slack))
    if excess:
        verdict.doubled += excess
        verdict.lines.append(f"enrolment {book.enrolment}: {whole} s credited in {book.wall:.1f} s")


def _windows(claims: Iterable[Claim], gone: frozenset[int], data_faults: Sequence[float]) -> Iterator[float]:
    """For each lost second, how long after it was last told the next fault took data, s."""
    told_at: dict[int, float] = {}
    for claim in claims:
        if claim.count == len(claim.pool):
            told_at |= {second: max(claim.at, told_at.get(second, 0.0)) for second in claim.pool & gone}
    for at in told_at.values():
        yield from [fault - at for fault in data_faults if fault >= at][:1]


def spans(seconds: Iterable[int]) -> str:
    """Seconds as intervals: 3-7, 12."""
    runs: list[list[int]] = []
    for second in sorted(seconds):
        if runs and second == runs[-1][1] + 1:
            runs[-1][1] = second
        else:
            runs.append([second, second])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs) or "none"
