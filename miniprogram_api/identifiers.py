"""Ids and flags in paths and queries, read as they are written: no sign, no blanks, no 1.0 or 1_000 for a whole number.

What cannot be an id of ours names nothing: in a path it is 404, not 422. It never reaches the database.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.errors import NotFound

#: A BIGINT holds any number of so many digits.
MOST_DIGITS = 18
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def _identifier(value: Any) -> int:
    text = str(value)
    if not _all_digits(text) or len(text) > MOST_DIGITS:
        raise NotFound
    return int(text)


def _queried(value: Any) -> int:
    text = str(value)
    if not _all_digits(text):
        raise PydanticCustomError("int_parsing", "not a whole number")
    return _identifier(text)


def _flag(value: Any) -> bool:
    if value not in _FLAGS:
        raise PydanticCustomError("bool_type", "not a flag")
    return _FLAGS[value]


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


_ID = Field(json_schema_extra={"minimum": 1, "maximum": 10**MOST_DIGITS - 1, "format": "int64"})
#: A row's id in a path: a whole number from 1. Use with a plain `<name>` in the route.
Identifier = Annotated[int, BeforeValidator(_identifier), _ID]
#: A row's id in a query; what is no number at all is 422.
QueriedId = Annotated[int, BeforeValidator(_queried), _ID]
#: true or false in a query; 1 and 0 are understood too.
Flag = Annotated[bool, BeforeValidator(_flag)]
