"""How figures are laid out: the columns of the tables, the cells of the files, the trend's chart."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from programmes.schema import Programme
from services.watching import rates
from services.watching.learners import Learner
from services.watching.rates import Definition
from services.watching.sheets import Cell
from services.watching.snapshots import ZONE, Point
from services.watching.tallies import Counts
from services.watching.units import Line

PERSON = ("姓名", "单位", "工作坊", "证件号码", "手机号", "学时", "成绩", "是否合格", "最近登录", "还差")
#: Drawn with these, which are told apart also without colours.
_LINES = (("#206bc4", "circle"), ("#d63939", "triangle"), ("#2fb344", "rect"))


class Column(NamedTuple):
    """`key` is also what ?sort= says."""

    key: str
    title: str
    value: Callable[[Counts], float]


def columns(defined: Sequence[Definition]) -> list[Column]:
    return [
        Column("enrolled", "参加人数", lambda counts: counts.enrolled),
        *(Column(one.key, one.title, _share(one)) for one in defined),
        Column("hours", "人均学时", lambda counts: rates.average_hours(counts) or 0.0),
        Column("at_risk", "有风险", lambda counts: counts.at_risk),
    ]


def sorted_lines(lines: list[Line], sort: str, defined: Sequence[Definition]) -> list[Line]:
    """By a column, the greatest first; with a dash before it the least first; else as the units are numbered. Groups come last."""
    column = next((one for one in columns(defined) if one.key == sort.removeprefix("-")), None)
    some, groups = [line for line in lines if line.kind == "unit"], [line for line in lines if line.kind != "unit"]
    if sort.removeprefix("-") == "name":
        some.sort(key=lambda line: line.name, reverse=sort.startswith("-"))
    elif column is not None:
        value = column.value
        some.sort(key=lambda line: value(line.counts), reverse=not sort.startswith("-"))
    return some + groups


def header(defined: Sequence[Definition]) -> list[str]:
    titles = [title for one in defined for title in (f"{one.title}（%）", f"{one.title}人数")]
    return ["单位", "参加人数", "免修", "退出", *titles, "人均学时", "人均成绩", "有风险"]


def cells(name: str, counts: Counts, defined: Sequence[Definition]) -> list[Cell]:
    row: list[Cell] = [name, counts.enrolled, counts.exempt, counts.withdrawn]
    for rate in (one.of(counts) for one in defined):
        row += [_percent(rate), rate.part]
    return [*row, _rounded(rates.average_hours(counts)), _rounded(rates.average_score(counts)), counts.at_risk]


def notes(defined: Sequence[Definition]) -> list[str]:
    return [*(one.says for one in defined), rates.NOTE]


def person(row: Learner) -> list[Cell]:
    seen = f"{row.signed_in_at.astimezone(ZONE):%Y-%m-%d}" if row.signed_in_at else "从未登录"
    return [
        row.name, row.school, row.workshop, row.id_number, row.mobile, row.hours, row.score, row.standing, seen,
        row.missing,
    ]  # fmt: skip


def chart(points: Sequence[Point], defined: Sequence[Definition]) -> dict[str, Any]:
    """An option for ECharts: the rates by day, in per cent."""
    series = [
        {
            "name": one.title,
            "type": "line",
            "symbol": symbol,
            "symbolSize": 7,
            "color": colour,
            "data": [_percent(one.of(point.counts)) for point in points],
        }
        for one, (colour, symbol) in zip(defined, _LINES, strict=True)
    ]
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0},
        "grid": {"left": 48, "right": 16, "top": 40, "bottom": 32},
        "xAxis": {"type": "category", "data": [f"{point.day.month}月{point.day.day}日" for point in points]},
        "yAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value}%"}},
        "series": series,
    }


def of_workshops(programme: Programme) -> tuple[Definition, Definition]:
    """参训率 and 合格率, which leaders are assessed by."""
    took_part, passed = (one for one in rates.definitions(programme) if one.key in ("took_part", "passed"))
    return took_part, passed


def _share(one: Definition) -> Callable[[Counts], float]:
    return lambda counts: one.of(counts).share or 0.0


def _percent(rate: rates.Rate) -> float | None:
    """As it is shown: rounded down."""
    return rate.part * 1000 // rate.whole / 10 if rate.whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
