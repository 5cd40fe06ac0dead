"""A plain-text table whose columns stay straight with Chinese in them, and the table of a demo."""

import unicodedata
from collections.abc import Sequence

from demo.cast import Character, Got

REASONS = {
    "too_fast": "太快",
    "skipped": "跳过",
    "repeat": "重复",
    "hidden": "后台",
    "idle": "离席",
    "displaced": "另一台",
    "gap": "失联",
    "closed": "停学",
    "day_cap": "日限",
    "ended": "已结束",
}
LEGEND = ("单位：秒。reported = credited + pending + withheld (too fast, skipped, repeat, hidden, idle, displaced …)",)


def width(text: str) -> int:
    """Columns on a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def drawn(rows: Sequence[Sequence[str]], left: frozenset[int]) -> list[str]:
    """Lines with a rule below the first row and above the last one; the columns in `left` are flush left, the others right."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(row: Sequence[str]) -> str:
        cells = []
        for column, text in enumerate(row):
            room = " " * (widths[column] - width(text))
            cells.append(text + room if column in left else room + text)
        return "  ".join(cells).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [line(row) for row in rows]
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def of_class(results: Sequence[tuple[str, Character, Got]]) -> list[str]:
    """One row a teacher; those of one kind to whom nothing special happened share a row."""
    occurred = [reason for reason in REASONS if any(got.withheld[reason] for _, _, got in results)]
    rows = [["教师", "怎样学", "上报", "计入", "待确认", *(REASONS[reason] for reason in occurred), "应当"]]
    for names, character, got in _rows(results):
        rows.append([names, character.title, *_figures(got, occurred), character.due])
    total = _sum([got for _, _, got in results])
    rows.append([f"{len(results)} 人", "合计", *_figures(total, occurred), ""])
    return [*drawn(rows, frozenset({0, 1, len(rows[0]) - 1})), *LEGEND]


def _rows(results: Sequence[tuple[str, Character, Got]]) -> list[tuple[str, Character, Got]]:
    rows: list[tuple[str, Character, Got]] = []
    for character in dict.fromkeys(character for _, character, _ in results):
        mine = [(name, got) for name, played, got in results if played is character]
        plain = [(name, got) for name, got in mine if not got.withheld and not got.pending]
        if len(plain) > 2:
            names = f"{plain[0][0]}等 {len(plain)} 人"
            rows.append((names, character, _sum([got for _, got in plain])))
            mine = [pair for pair in mine if pair not in plain]
        rows += [(name, character, got) for name, got in mine]
    return rows


def _figures(got: Got, reasons: Sequence[str]) -> list[str]:
    figures = (got.reported, got.credited, got.pending, *(got.withheld[reason] for reason in reasons))
    return [f"{seconds:,}" if seconds else "-" for seconds in figures]


def _sum(gots: Sequence[Got]) -> Got:
    whole = gots[0]
    for got in gots[1:]:
        whole = Got(
            whole.reported + got.reported,
            whole.credited + got.credited,
            whole.pending + got.pending,
            whole.withheld + got.withheld,
            max(whole.wall, got.wall),
            whole.changed_by_replay + got.changed_by_replay,
        )
    return whole
