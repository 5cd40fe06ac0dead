"""Ids in a path. What cannot be an id of ours names nothing, so it is 404, not 422; and it never reaches the database."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from services.errors import NotFound


def _identifier(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound
    return int(text)


#: A row's id: a whole number from 1, at most 18 digits (a BIGINT holds any of those). Use with a plain `<name>` in the route.
Identifier = Annotated[int, BeforeValidator(_identifier), Field(json_schema_extra={"minimum": 1, "format": "int64"})]
