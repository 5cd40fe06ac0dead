"""What types alone cannot say about a programme: whether its values agree with one another."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from programmes.schema import Calendar, Cited, Counting, Module, Phase, Programme, Span

Path = list[str | int]
Found = Iterator[tuple[Path, str]]


def problems_of(programme: Programme) -> list[tuple[Path, str]]:
    """(path, sentence) of everything that keeps this programme from being used."""
    return [
        *_uncited(programme, []),
        *_version(programme),
        *_sign_in(programme),
        *_calendar(programme),
        *_modules(programme.modules),
        *_counting(programme.counting),
        *_marks(programme),
    ]


def _uncited(value: Any, path: Path) -> Found:
    """Every table says where it comes from."""
    if isinstance(value, Cited) and not value.clause.strip() and not value.assumed.strip():
        yield path, "没有写明出处：请写条款 clause，通知未规定的写 assumed 说明"
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _uncited(getattr(value, name), [*path, name])
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _uncited(item, [*path, number])


def _version(programme: Programme) -> Found:
    if programme.version > 1 and not programme.changes.strip():
        yield ["changes"], f"第 {programme.version} 版要用 changes 说明改了什么"


def _sign_in(programme: Programme) -> Found:
    first = programme.sign_in.first_password
    path: Path = ["sign_in", "first_password", "shared"]
    if first.rule == "shared" and len(first.shared) < 8:
        yield path, "统一初始密码至少 8 位"
    if first.rule != "shared" and first.shared:
        yield path, f"初始密码规则是 {first.rule}，不应再写统一密码"
    if programme.sign_in.account == "username" and first.rule == "last_six":
        yield [*path[:-1], "rule"], "账号不是身份证号，初始密码不能取身份证号后六位"


def _calendar(programme: Programme) -> Found:
    calendar, zone = programme.calendar, programme.zone
    kinds: dict[str, Sequence[Span]] = {"phases": calendar.phases, "closures": calendar.closures}
    for name, spans in kinds.items():
        for number, span in enumerate(spans):
            if span.opens.begin(zone) >= span.closes.end(zone):
                yield (
                    ["calendar", name, number, "closes"],
                    f"“{span.title}”的结束 {span.closes!r} 不晚于开始 {span.opens!r}",
                )
    yield from _repeated([phase.key for phase in calendar.phases], ["calendar", "phases"])
    yield from _phase_order(calendar, programme)


def _phase_order(calendar: Calendar, programme: Programme) -> Found:
    """Phases stand in the order in which they open; two study phases never overlap, so a second is never counted twice."""
    zone = programme.zone
    last_study: Phase | None = None
    for number, phase in enumerate(calendar.phases):
        here: Path = ["calendar", "phases", number, "opens"]
        before = calendar.phases[number - 1] if number else None
        if before and phase.opens.begin(zone) < before.opens.begin(zone):
            yield here, f"“{phase.title}”开始于 {phase.opens!r}，早于写在它前面的“{before.title}”（{before.opens!r}）"
        if phase.study and last_study and phase.opens.begin(zone) < last_study.closes.end(zone):
            yield here, f"学习阶段“{phase.title}”与“{last_study.title}”重叠"
        if phase.study:
            last_study = phase
    if last_study is None:
        yield ["calendar", "phases"], "没有一个阶段可以学习（study = true）"


def _modules(modules: Sequence[Module]) -> Found:
    yield from _repeated([module.key for module in modules], ["modules"])
    for number, module in enumerate(modules):
        for name in ("activities", "homework"):
            yield from _repeated([item.key for item in getattr(module, name)], ["modules", number, name])
        if module.courses.points and not module.hours:
            yield ["modules", number, "hours"], f"“{module.title}”的课程有 {module.courses.points:g} 分，却不要求学时"
        for place, homework in enumerate(module.homework):
            for grade, points in homework.grades.items():
                if points > homework.points:
                    path: Path = ["modules", number, "homework", place, "grades"]
                    yield path, f"“{grade}”{points:g} 分，超过该作业的 {homework.points:g} 分"


def _repeated(keys: list[str], path: Path) -> Found:
    for number, key in enumerate(keys):
        if key in keys[:number]:
            yield [*path, number, "key"], f"“{key}”出现了不止一次"


def _counting(counting: Counting) -> Found:
    least = 2 * counting.beat_every + 2
    if counting.max_silence < least:
        yield (
            ["counting", "max_silence"],
            f"{counting.max_silence} 秒太短：每 {counting.beat_every} 秒上报一次，至少要 {least} 秒，否则丢一次上报就会少计学时",
        )
    presence = counting.presence
    if presence.min_seconds > presence.max_seconds:
        yield (
            ["counting", "presence", "min_seconds"],
            f"{presence.min_seconds} 秒大于 max_seconds 的 {presence.max_seconds} 秒",
        )


def _marks(programme: Programme) -> Found:
    if programme.pass_rule.mark > programme.pass_rule.total:
        yield (
            ["pass_rule", "mark"],
            f"合格线 {programme.pass_rule.mark:g} 分高于满分 {programme.pass_rule.total:g} 分",
        )
