"""What msgspec found wrong with a value, said in Chinese, with what might stand there instead. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec.inspect as shapes

_TYPES = {
    "float": "数字",
    "int": "整数",
    "str": "文字（加引号）",
    "bool": " true 或 false",
    "array": "列表 […]",
    "object": "表",
    "date": "日期（如 2022-07-01，不加引号）",
    "datetime": "日期和时间",
    "null": "空",
}
_GOT = {"float": "小数", "str": "文字"}
_BOUNDS = {">=": "不能小于", "<=": "不能大于", ">": "要大于", "<": "要小于"}
_LENGTHS = {">=": "至少", "<=": "最多"}
_UNITS = {"str": "个字", "array": "项", "object": "项"}
_KEY = "^[a-z][a-z0-9_-]{0,63}$"
_PATTERNS = {
    _KEY: "只能用小写英文字母、数字、- 和 _，以字母开头，最多 64 个字符",
    "^https?://[!-.0-~][!-~]*$": "应为网址，如 https://example.cn",
}
#: The most options or fields that are named.
_MOST = 24


def in_chinese(what: str, options: Sequence[str] = ()) -> str:
    """msgspec's sentence in Chinese; one that is not known here stays as it is. `options`: what may stand there."""
    for pattern, say in _SENTENCES:
        found = pattern.fullmatch(what)
        if found:
            return say(found) + (f"，可用 {'、'.join(options[:_MOST])}" if options else "")
    return what


def _type(name: str) -> str:
    return " 或 ".join(_TYPES.get(one.strip(), one.strip()) for one in name.split("|"))


def _length(found: re.Match[str]) -> str:
    return f"{_LENGTHS.get(found[2], found[2])} {found[3]} {_UNITS.get(found[1], '项')}"


_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"Expected `([^`]+)`, got `([^`]+)`"),
        lambda m: f"应为{_type(m[1])}，写的是{_GOT.get(m[2]) or _type(m[2])}",
    ),
    (re.compile(r"Expected `(\w+)[^`]*` of length (>=|<=) (\d+)"), _length),
    (re.compile(r"Expected `[^`]+` (>=|<=|>|<) (\S+)"), lambda m: f"{_BOUNDS[m[1]]} {float(m[2]):.15g}"),
    (
        re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL),
        lambda m: _PATTERNS.get(m[1], "不能是空的，不能以空格开头，不能有换行等控制字符"),
    ),
    (re.compile(r"Invalid (?:enum )?value '?(.*?)'?", re.DOTALL), lambda m: f"没有“{m[1][:60]}”这个选项"),
    (re.compile(r"Object missing required field `([^`]+)`"), lambda m: f"缺少 {m[1]}"),
    (re.compile(r"Object contains unknown field `([^`]+)`"), lambda m: f"这里没有 {m[1][:60]} 这个字段"),
)


def options_at(kind: type, document: Any, steps: Sequence[str | int], what: str, *, of_keys: bool) -> list[str]:
    """What a choice at `steps` may be, or the fields of the table there where one is unknown; empty: it is no choice."""
    unknown = "unknown field" in what
    missing = re.fullmatch(r"Object missing required field `([^`]+)`", what)
    if not (unknown or missing or what.startswith("Invalid")):
        return []
    path = [*steps, missing[1]] if missing else list(steps)
    shape, value = shapes.type_info(kind), document
    for step in path[:-1]:
        shape = _inner(_chosen(shape, value), step)
        value = _child(value, step)
    return _options(shape, value, path[-1] if path else "", fields=unknown, of_keys=of_keys)


def _options(shape: Any, value: Any, last: str | int, *, fields: bool, of_keys: bool) -> list[str]:
    if isinstance(shape, shapes.UnionType) and not fields:
        tags = {type_.tag_field: type_.tag for type_ in shape.types if isinstance(type_, shapes.StructType)}
        if last in tags:
            return [str(type_.tag) for type_ in shape.types if isinstance(type_, shapes.StructType)]
    table = _chosen(shape, value)
    if fields:
        return [field.encode_name for field in table.fields] if isinstance(table, shapes.StructType) else []
    end = table.key_type if of_keys and isinstance(table, shapes.DictType) else _inner(table, last)
    choices = [end, *(end.types if isinstance(end, shapes.UnionType) else ())]
    return [str(one) for choice in choices if isinstance(choice, shapes.LiteralType) for one in choice.values]


def _chosen(shape: Any, value: Any) -> Any:
    """Of several tables the one whose tag the value has; of an optional value the value."""
    if not isinstance(shape, shapes.UnionType):
        return shape
    others = [one for one in shape.types if not isinstance(one, shapes.NoneType)]
    for one in others:
        if isinstance(one, shapes.StructType) and isinstance(value, dict) and value.get(str(one.tag_field)) == one.tag:
            return one
    return others[0] if len(others) == 1 else None


def _inner(shape: Any, step: str | int) -> Any:
    if isinstance(shape, shapes.StructType):
        return next((field.type for field in shape.fields if field.encode_name == step), None)
    if isinstance(shape, shapes.DictType):
        return shape.value_type
    return getattr(shape, "item_type", None)


def _child(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (LookupError, TypeError):
        return None
