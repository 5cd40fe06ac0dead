"""What one version of a programme says otherwise than another: value by value, by path. Pure."""

import tomllib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

#: What the tables of a list are told apart by, so that one more in the middle is not a difference of all after it.
_NAMES = ("key", "title", "code")


class ValueChange(Struct, frozen=True):
    """old, new: as the file shows them, "" where there is none. path: parts[ethics].points."""

    path: str
    old: str
    new: str


def differences_of(old: str, new: str) -> list[ValueChange]:
    """Every value that differs between two programme.toml, in the order of the old file, then what is new."""
    before, after = (dict(_values(tomllib.loads(text), "")) for text in (old, new))
    return [
        ValueChange(path, before.get(path, ""), after.get(path, ""))
        for path in dict.fromkeys([*before, *after])
        if before.get(path) != after.get(path)
    ]


def _values(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        names = _names(value)
        for item, name in zip(value, names, strict=True):
            yield from _values(item, f"{path}[{name}]")
    else:
        yield path, _shown(value)


def _names(tables: list[Any]) -> list[str]:
    for name in _NAMES:
        names = [item.get(name) if isinstance(item, dict) else None for item in tables]
        if all(isinstance(known, str) for known in names) and len(set(names)) == len(names):
            return [str(known) for known in names]
    return [str(place) for place in range(len(tables))]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)
