"""Read the TOML files that people write: programmes, catalogues, cases. An error names line, place and value.

>>> raise ProgrammeError(['第 31 行 modules[0].hours = "十五"：Expected `float`, got `str`'])
"""

import re
import tomllib
from datetime import date
from typing import Any, TypeVar

import msgspec

from programmes.basics import Moment
from programmes.checks import problems_of
from programmes.schema import Programme

T = TypeVar("T")

#: Where msgspec found the fault is only in its message: "… - at `$.modules[0].hours`".
_AT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
_HEADER = re.compile(r"\[(\[)?\s*([\w.\-]+)\s*\]?\]\s*(?:#.*)?")
_STEP = re.compile(r"\.?([\w\-]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


class ProgrammeError(ValueError):
    """The file cannot be used; `problems` lists why, each with its line, place and value where they are known."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load(text: str) -> Programme:
    """A programme from the text of its programme.toml. Raises ProgrammeError."""
    programme = read(text, Programme)
    problems = [f"{_where(text, path)}：{what}" for path, what in problems_of(programme)]
    if problems:
        raise ProgrammeError(problems)
    return programme


def read(text: str, kind: type[T]) -> T:
    """TOML to `kind`, checked field by field. Raises ProgrammeError with the first fault."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProgrammeError([f"TOML 语法错误：{error}"]) from error
    try:
        return msgspec.convert(document, kind, builtin_types=(date,), dec_hook=_moment)
    except msgspec.ValidationError as error:
        raise ProgrammeError([_explain(text, document, str(error))]) from error


def _moment(kind: type, value: Any) -> Any:
    local = isinstance(value, date) and getattr(value, "tzinfo", None) is None
    if kind is Moment and local and 2000 <= value.year < 2200:
        return Moment(value)
    raise ValueError("Expected a local date such as 2022-07-01, or date-time without offset, unquoted")


def _explain(text: str, document: dict[str, Any], message: str) -> str:
    match = _AT.fullmatch(message)
    what, path = (match["what"], match["path"]) if match else (message, None)
    steps = [name or int(number) for name, number in _STEP.findall((path or "").removeprefix("$"))]
    unknown = _UNKNOWN.search(what)
    if unknown:
        steps.append(unknown[1])
    value: Any = document
    for step in steps:
        try:
            value = value[step]
        except (LookupError, TypeError):
            break
    shown = "" if isinstance(value, dict | list) else f" = {_literal(value)}"
    return f"{_where(text, steps)}{shown}：{what}"


def _literal(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _where(text: str, path: list[str | int]) -> str:
    """第 31 行 modules[0].hours: the place, and the line that holds it or its table."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    line = _line_of(text, path)
    return f"第 {line} 行 {place}" if line else place or "文件"


def _line_of(text: str, path: list[str | int]) -> int | None:
    """The line where `path` is written, or the nearest thing around it; inline tables count as their line."""
    best: tuple[int, int] = (0, 0)  # how many steps of the path agree, line
    here: list[str | int] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        header = _HEADER.fullmatch(line)
        if header:
            here = _table_path(header[2], repeated=bool(header[1]), seen=seen)
            candidate = here
        else:
            key = re.match(r"([\w\-]+(?:\s*\.\s*[\w\-]+)*)\s*=", line)
            if not key:
                continue
            candidate = here + [part.strip() for part in key[1].split(".")]
        if candidate == path[: len(candidate)] and len(candidate) > best[0]:
            best = (len(candidate), number)
    return best[1] or None


def _table_path(name: str, *, repeated: bool, seen: dict[str, int]) -> list[str | int]:
    """[[modules]] the second time is modules, 1; [modules.courses] then belongs to it."""
    if repeated:
        seen[name] = seen.get(name, -1) + 1
        for other in [key for key in seen if key.startswith(f"{name}.")]:
            del seen[other]
    steps: list[str | int] = []
    parts = name.split(".")
    for depth, part in enumerate(parts, 1):
        steps.append(part)
        prefix = ".".join(parts[:depth])
        if prefix in seen:
            steps.append(seen[prefix])
    return steps
