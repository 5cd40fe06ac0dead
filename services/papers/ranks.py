"""Who of those that passed receives an honour (评优), by rank. Pure and exact.

The best `share` of a group's candidates are within its places (名额): all who passed count for the number of places and for the rank,
recommended or not, for the notice's ten per cent are of the learners, and the leader's recommendation comes on top (一: 学员综合成绩排名
10%，经坊主推荐). A place that nobody may take stays empty.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from programmes.evidence import exactly
from programmes.parts import Honour


@dataclass(frozen=True)
class Candidate:
    """Somebody who passed, with the exact score. `workshop_id`: whose group it is where honours are given by workshop."""

    account_id: int
    score: Fraction
    enrolment_id: int | None = None
    workshop_id: int | None = None
    recommended: bool = False


@dataclass(frozen=True)
class Placed:
    """`rank` within the group, equal scores alike. `because`: in Chinese."""

    candidate: Candidate
    rank: int
    awarded: bool
    because: str


def places(rule: Honour, candidates: int) -> int:
    """How many of so many receive it, ties aside."""
    part = exactly(rule.share) * candidates
    return math.ceil(part) if rule.rounding == "up" else math.floor(part)


def ranked(rule: Honour, candidates: Iterable[Candidate]) -> list[Placed]:
    """Every candidate, group by group, the best first. The order of the candidates does not matter."""
    groups: dict[int | None, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.workshop_id if rule.within == "workshop" else None, []).append(candidate)
    order = sorted(groups, key=lambda group: -1 if group is None else group)
    return [placed for group in order for placed in _ranked(rule, groups[group])]


def _ranked(rule: Honour, group: Sequence[Candidate]) -> list[Placed]:
    ordered = sorted(group, key=lambda candidate: (-candidate.score, candidate.account_id))
    allowed = places(rule, len(ordered))
    found: list[Placed] = []
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end].score == ordered[start].score:
            end += 1
        found += [_placed(rule, candidate, start + 1, end - start, allowed) for candidate in ordered[start:end]]
        start = end
    return found


def _placed(rule: Honour, candidate: Candidate, rank: int, alike: int, allowed: int) -> Placed:
    """`alike`: how many have this rank."""
    where = f"并列第 {rank} 名（{alike} 人）" if alike > 1 else f"第 {rank} 名"
    crowded = rank <= allowed < rank + alike - 1
    awarded = False
    if rank > allowed:
        said = "名次在名额之外"
    elif crowded and rule.ties == "none":
        said = "并列者超出名额，都不授予"
    elif rule.within == "workshop" and candidate.workshop_id is None:
        said = "没有分到工作坊，不参加坊内评选"
    elif rule.recommended and not candidate.recommended:
        said = "没有坊主推荐"
    else:
        awarded = True
        said = "并列者超出名额，都授予" if crowded else "授予"
    return Placed(candidate, rank, awarded, f"{where}，名额 {allowed} 人：{said}")
