"""Read the TOML files that people write: programmes, catalogues, cases. An error names line, place, value and clause.

>>> raise ProgrammeError(['第 31 行 modules[0].hours = "十五"：Expected `float`, got `str`（条款 三）'])
"""

import re
import tomllib
from datetime import date
from typing import Any, TypeVar

import msgspec

from programmes.basics import Moment
from programmes.checks import problems_of
from programmes.faults import in_chinese, options_at
from programmes.places import lines_of
from programmes.schema import Programme

T = TypeVar("T")

#: Where msgspec found the fault is only in its message: "… - at `$.modules[0].hours`".
_AT = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.?([\w\-]+)|\[(\d+|\.\.\.)\]")
_LINE = re.compile(r"at line (\d+)")
_TABLE = re.compile(r"\s*\[+\s*([\w.\-]+)\s*\]")
_SOURCE = re.compile(r'\s*(clause|assumed)\s*=\s*"([^"]*)"')
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
#: A key of more than ten steps (a.b.c…). tomllib takes the square of their number: a file of 100 kB would hold it up for a minute.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){10}""")

#: The most keys of a table that are tried one by one for the wrong one.
_TRIED = 100


class ProgrammeError(ValueError):
    """The file cannot be used; `problems` lists why, each with its line, place, value and clause where they are known."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load(text: str) -> Programme:
    """A programme from the text of its programme.toml. Raises ProgrammeError."""
    document = _parse(text)
    programme = _convert(text, document, Programme)
    problems = [
        f"{_where(text, document, _as_written(document, path))}：{what}" for path, what in problems_of(programme)
    ]
    if problems:
        raise ProgrammeError(problems)
    return programme


def read(text: str, kind: type[T]) -> T:
    """TOML to `kind`, checked field by field. Raises ProgrammeError with the first fault."""
    return _convert(text, _parse(text), kind)


def _parse(text: str) -> dict[str, Any]:
    if long := _LONG_KEY.search(text):
        number = text.count("\n", 0, long.start()) + 1
        raise ProgrammeError([f"第 {number} 行：TOML 语法错误：键的层次太多"])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError([_syntax(text, str(error))]) from error
    except ValueError as error:  # Python reads no whole number of more than 4300 digits
        raise ProgrammeError(["TOML 语法错误：有一个数字太长"]) from error
    except RecursionError as error:
        raise ProgrammeError(["TOML 语法错误：嵌套太深"]) from error


def _syntax(text: str, message: str) -> str:
    """What is no TOML has no values yet: the line as it stands, and the clause that is written in its table or one around it."""
    found = _LINE.search(message)
    if not found:
        return f"TOML 语法错误：{message}"
    number = int(found[1])
    lines = text.split("\n")
    shown = lines[number - 1].strip()[:80] if number <= len(lines) else ""
    return f"第 {number} 行 {shown}{_source(_written(lines, number))}：TOML 语法错误：{message}"


def _written(lines: list[str], number: int) -> dict[str, str]:
    """clause and assumed as they are written in the table that holds this line, else in the last one above that is around it."""
    headers = [(place, match[1]) for place, line in enumerate(lines) if (match := _TABLE.match(line))]
    ends = [*(place for place, _ in headers), len(lines)][1:]
    above = [(start, end, name) for (start, name), end in zip(headers, ends, strict=True) if start < number]
    inner = above[-1][2] if above else ""
    for start, end, name in reversed(above):
        if f"{inner}.".startswith(f"{name}."):
            source = {match[1]: match[2] for line in lines[start:end] if (match := _SOURCE.match(line))}
            if any(said.strip() for said in source.values()):
                return source
    return {}


def _convert(text: str, document: dict[str, Any], kind: type[T]) -> T:
    try:
        return _converted(document, kind)
    except msgspec.ValidationError as error:
        raise ProgrammeError([_explain(text, document, kind, str(error))]) from error


def _converted(document: dict[str, Any], kind: type[T]) -> T:
    return msgspec.convert(document, kind, builtin_types=(date,), dec_hook=_moment)


def _moment(kind: type, value: Any) -> Any:
    local = isinstance(value, date) and getattr(value, "tzinfo", None) is None
    if kind is Moment and local and 2000 <= value.year < 2200:
        return Moment(value)
    raise ValueError("应为本地日期，如 2022-07-01，或不带时区的日期和时间，不加引号，2000 年以后")


def _explain(text: str, document: dict[str, Any], kind: type, message: str) -> str:
    match = _AT.fullmatch(message)
    what, path, of_keys = (match["what"], match["path"] or "$", bool(match["key"])) if match else (message, "$", False)
    steps = _steps(document, kind, path + "[...]" * of_keys, message)
    unknown = _UNKNOWN.search(what)
    if unknown:
        steps.append(unknown[1])
    options = options_at(kind, document, steps, what, of_keys=of_keys)
    return f"{_where(text, document, steps)}：{in_chinese(what, options)}"


def _steps(document: dict[str, Any], kind: type, path: str, message: str) -> list[str | int]:
    """$.parts[0].grades[...] as parts, 0, grades, 良好: msgspec does not say which key it means, so each is tried by itself."""
    steps: list[str | int] = []
    for name, number in _STEP.findall(path.removeprefix("$")):
        if number != "...":
            steps.append(name or int(number))
            continue
        keys = list(_at(document, steps) or ())[:_TRIED]
        wrong = [key for key in keys if _complaint(_only(document, [*steps, key]), kind) == message]
        if not wrong:
            break
        steps.append(wrong[0])
    return steps


def _complaint(document: dict[str, Any], kind: type) -> str:
    try:
        _converted(document, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _only(value: Any, steps: list[str | int]) -> Any:
    """The document with only the last of these steps in its table."""
    if len(steps) == 1:
        return {steps[0]: value[steps[0]]}
    inner = _only(value[steps[0]], steps[1:])
    if isinstance(value, list):
        return [inner if place == steps[0] else item for place, item in enumerate(value)]
    return value | {steps[0]: inner}


def _at(document: dict[str, Any], steps: list[str | int]) -> Any:
    """What stands there, or None."""
    value: Any = document
    for step in steps:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _literal(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _where(text: str, document: dict[str, Any], path: list[str | int]) -> str:
    """第 31 行 modules[0].hours = "十五"（条款 三）: the line of it or what holds it, the value, the clause of the nearest table."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    lines = lines_of(text)
    line = next((lines[found] for end in range(len(path), 0, -1) if (found := tuple(path[:end])) in lines), None)
    value = _at(document, path)
    shown = "" if value is None or isinstance(value, dict | list) else f" = {_literal(value)}"
    return (f"第 {line} 行 {place}" if line else place or "文件") + shown + _clause(document, path)


def _clause(document: dict[str, Any], path: list[str | int]) -> str:
    """The clause of the nearest table that has one; what is assumed has none."""
    for end in range(len(path), -1, -1):
        table = _at(document, path[:end])
        if isinstance(table, dict) and (source := _source(table)):
            return source
    return ""


def _as_written(document: dict[str, Any], path: list[str | int]) -> list[str | int]:
    """The path of a table's clause, or of its `assumed` where only that was written."""
    *around, last = path
    table = _at(document, around)
    only_assumed = last == "clause" and isinstance(table, dict) and "assumed" in table and "clause" not in table
    return [*around, "assumed"] if only_assumed else path


def _source(table: dict[str, Any]) -> str:
    clause = table.get("clause")
    if isinstance(clause, str) and clause.strip():
        return f"（条款 {clause[:40]}）"
    return "（通知未规定，假定）" if table.get("assumed") else ""
