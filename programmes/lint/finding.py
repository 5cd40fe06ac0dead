"""What the linter says about one place of a programme."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec import Struct

from programmes.basics import Cited


class Finding(Struct, frozen=True):
    """One hole in a notice. A programme has at most one of a `code` `at` a place, so that it can be accepted by name.

    at: the key, title or path of what is wrong. clause: where the notice says it, "" where it says nothing.
    zh, en: what the notice says, the reckoning, and what it means for a teacher.
    """

    code: str
    at: str
    clause: str
    zh: str
    en: str


Findings = Iterator[Finding]


def clause_of(*tables: Cited) -> str:
    """The clause of the first table that has one."""
    return next((table.clause for table in tables if table.clause), "")


def num(value: Fraction | float) -> str:
    """60, 2.5: up to two decimals, without zeros at the end; rounded down, so that nothing looks reached before it is."""
    hundredths = int(Fraction(str(value)) * 100) if isinstance(value, float) else int(value * 100)
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def sum_of(values: Iterable[float | Fraction]) -> str:
    """15 + 10 + 10: equal ones together where there are many."""
    return " + ".join(num(value) for value in values)


def listed(words: Iterable[str], most: int = 6) -> str:
    """The first few in Chinese, and how many there are in all."""
    every = list(words)
    return "、".join(every[:most]) + (f"等 {len(every)} 项" if len(every) > most else "")


def listed_en(words: Iterable[str], most: int = 6) -> str:
    every = list(words)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
