"""Where reported seconds went, as an equation that a person can read out: 上报 37:00 = 记入 30:00 + 重复观看 5:00 + 后台播放 2:00. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from heartbeat.state import REASONS
from services.media_time import told

#: Reason code → two to eight characters, for an equation; heartbeat.reasons has the sentences.
SHORT = {
    "too_fast": "快于实际时间",
    "gap": "失去联系太久",
    "hidden": "后台播放",
    "skipped": "跳着看",
    "repeat": "重复观看",
    "day_cap": "超过每日上限",
    "idle": "没有确认在场",
    "closed": "不在学习时间",
    "displaced": "被另一台设备接替",
    "ended": "学习已结束",
}
#: What is reported and has no place: of a row that was cut to what its column holds.
OTHER = "other"


class Counted(Protocol):
    """A study session, or a row with these of its columns."""

    @property
    def reported(self) -> int: ...
    @property
    def credited(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def withheld(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Reckoning:
    """Seconds; reported = credited + pending + Σ withheld, always. `withheld` holds what is not 0, the greatest first."""

    reported: int
    credited: int
    pending: int
    withheld: Mapping[str, int]

    @property
    def equation(self) -> str:
        terms = [f"记入 {told(self.credited)}"]
        terms += [f"待确认 {told(self.pending)}"] if self.pending else []
        terms += [f"{SHORT.get(reason, '其他')} {told(seconds)}" for reason, seconds in self.withheld.items()]
        return f"上报 {told(self.reported)} = {' + '.join(terms)}"

    @property
    def lost(self) -> int:
        return sum(self.withheld.values())


def of(rows: Iterable[Counted]) -> Reckoning:
    """Of all these sessions together."""
    reported = credited = pending = 0
    withheld: Counter[str] = Counter()
    for row in rows:
        known = {reason: int(row.withheld.get(reason, 0)) for reason in REASONS}
        placed = row.credited + row.pending + sum(known.values())
        reported += max(row.reported, placed)
        credited, pending = credited + row.credited, pending + row.pending
        withheld.update(known)
        withheld[OTHER] += max(0, row.reported - placed)
    ordered = {reason: seconds for reason, seconds in withheld.most_common() if seconds}
    return Reckoning(reported, credited, pending, ordered)
