"""Who plays what, and what each should get for it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

from demo import characters
from demo.desk import Desk

#: A check comes within 40 s, may be answered for 8 s more, and a beat before and after: from then on, no answer is a miss.
SURELY_MISSED_S = 60


@dataclass(frozen=True)
class Got:
    """What became of one teacher's time: seconds, by the server's last words to each player."""

    reported: int
    credited: int
    pending: int
    withheld: Counter[str]
    wall: float
    #: Replays to the letter that changed something.
    changed_by_replay: int


@dataclass(frozen=True)
class Character:
    title: str
    due: str
    play: Callable[[Desk], None]
    holds: Callable[[Got], bool]
    many: int = 1


def all_counts(got: Got) -> bool:
    return got.credited > 0 and not got.pending and not got.withheld


def only(*reasons: str) -> Callable[[Got], bool]:
    """Withheld for these reasons, each of them, and for no other; what was watched before is credited."""
    return lambda got: got.credited > 0 and set(got.withheld) == set(reasons)


def walked_away(got: Got) -> bool:
    if got.wall < SURELY_MISSED_S:
        return set(got.withheld) <= {"idle"}
    return set(got.withheld) == {"idle"} and got.credited <= SURELY_MISSED_S


def too_fast(got: Got) -> bool:
    return (
        0 < got.credited <= got.wall and set(got.withheld) <= {"too_fast", "skipped"} and got.withheld["too_fast"] > 0
    )


def replayed(got: Got) -> bool:
    return got.withheld["repeat"] > 0 and set(got.withheld) <= {"repeat", "too_fast"} and not got.changed_by_replay


CAST = (
    Character("认真学习", "全部计入", characters.careful, all_counts, 14),
    Character("中途暂停两次", "播放的全部计入", characters.pausing, all_counts, 3),
    Character("连看两课", "全部计入", characters.two_lessons, all_counts),
    Character("开着视频离开", "确认之后都是离席", characters.walks_away, walked_away, 2),
    Character("换平板继续，手机没关", "手机的不计", characters.two_phones, only("displaced")),
    Character("两台设备来回抢", "同时只有一台计入", characters.phones_in_turn, only("displaced")),
    Character("火车过隧道", "补报的全部计入", characters.on_a_train, all_counts),
    Character("信号差，回复常丢", "重发不重计，全部计入", characters.losing_replies, all_counts),
    Character("往后拖，又拖回来", "拖过去看的不计", characters.drags_and_returns, only("skipped")),
    Character("拖到结尾", "拖过去看的不计", characters.drags_to_the_end, only("skipped")),
    Character("脚本一次报完整课", "只计真实时间", characters.claims_it_all, too_fast),
    Character("四倍速播放", "只计真实时间内看到的", characters.fourfold, too_fast),
    Character("脚本反复重放", "一秒只计一次", characters.replays, replayed),
    Character("切到后台播放", "后台的不计", characters.in_the_background, only("hidden")),
)
#: In a small class the curious ones come first.
BY_INTEREST = sorted(CAST, key=lambda character: character.many)


def cast(people: int) -> list[Character]:
    """One character for each of so many teachers: everyone of the cast when there are thirty."""
    whole = [character for character in CAST for _ in range(character.many)]
    if people >= len(whole):
        return list(islice(cycle(whole), people))
    chosen = Counter(islice(cycle(BY_INTEREST), people))
    return [character for character in CAST for _ in range(chosen[character])]
