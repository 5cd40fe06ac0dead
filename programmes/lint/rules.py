"""Rules of the notice's text: is there anything that holds a teacher to them?"""

from typing import Any

import msgspec

from programmes.lint.finding import Finding, Findings, clause_of, listed, listed_en
from programmes.schema import Programme

#: Where the extra conditions stand without which nobody passes, whatever the score.
CONDITIONS = "pass_rule.conditions"


def of_programme(programme: Programme) -> Findings:
    parts = {part.key for part in programme.parts}
    parts |= {part.key for part in programme.leader.parts} if programme.leader else set()
    places = _places(programme)
    for rule in programme.rules:
        unknown = [name for name in rule.used_by if name not in parts and _place(name, places) is None]
        if not rule.used_by:
            yield Finding(
                "rule_unused",
                rule.title,
                clause_of(rule),
                f"通知要求“{rule.title}”，而没有任何考核项或规定用到它：做到和没做到，结果一样。",
                f"“{rule.title}” stands in the text and nothing uses it: it makes no difference to anybody.",
            )
        elif unknown:
            yield Finding(
                "unknown_reference",
                rule.title,
                clause_of(rule),
                f"“{rule.title}”说由 {listed(unknown)} 来落实，而本文件里没有：这条要求实际上没有人管。",
                f"“{rule.title}” names {listed_en(unknown)}, which this file does not have.",
            )
        elif not parts.intersection(rule.used_by) and any(_place(name, places) == CONDITIONS for name in rule.used_by):
            yield Finding(
                "rule_unscored",
                rule.title,
                clause_of(rule),
                f"“{rule.title}”写在正文里，考核表的 {len(parts)} 个考核项没有一项为它计分，只由 {listed(rule.used_by)} 要求："
                f"教师照考核表做到满分，仍可能因为它不合格。",
                f"“{rule.title}” is in the text and in none of the {len(parts)} parts of the score table, only in "
                f"{listed_en(rule.used_by)}: full marks by the table may still fail.",
            )


def _places(programme: Programme) -> dict[str, str]:
    """Whatever a rule may name besides parts (paths, keys, titles, kinds), and the table it belongs to."""
    found: dict[str, str] = {}

    def walk(value: Any, path: str, table: str) -> None:
        table = CONDITIONS if path.endswith(CONDITIONS) else table
        found.setdefault(path, table)
        if isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                inner = getattr(value, name)
                if name in ("key", "title", "kind") and isinstance(inner, str):
                    found.setdefault(inner, table)
                walk(inner, f"{path}.{name}", table)
        elif isinstance(value, tuple):
            for item in value:
                walk(item, path, table)

    for name in programme.__struct_fields__:
        value = getattr(programme, name)
        if name not in ("id", "version", "title", "changes", "rules", "accepted") and value not in (None, ()):
            walk(value, name, name)
    return found


def _place(name: str, places: dict[str, str]) -> str | None:
    """The table of a path or key; pass_rule.conditions[0] is taken for pass_rule.conditions."""
    return places.get(name) or places.get(name.split("[", 1)[0])
