"""What the bodies of requests and replies are made of, and how a problem is described in the OpenAPI document."""

import json
from typing import Annotated, Any, NoReturn

from flask import request
from flask.json.provider import DefaultJSONProvider
from flask_openapi3.types import ResponseDict
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from werkzeug.exceptions import UnsupportedMediaType

#: Text on one line. Control characters are refused: NUL cannot be stored by PostgreSQL, the others forge lines in logs.
Line = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
#: The same with more in it than blanks; those at its ends are dropped.
Words = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"),
    AfterValidator(str.strip),
]
#: Text that may have line breaks and tabs.
Prose = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]

_MEANINGS = {
    400: "The request cannot be read",
    401: "Not signed in, or what was shown is wrong or has expired",
    403: "Not allowed",
    404: "Absent, or another's",
    409: "In conflict with the present state",
    410: "No longer there",
    413: "The body is too large",
    415: "The body is not said to be application/json",
    422: "The body is wrong; `errors` names the fields",
    423: "Locked for Retry-After seconds",
    429: "Too often; wait Retry-After seconds",
    502: "An outside service failed",
    503: "Try again after Retry-After seconds; nothing was changed",
}
_RETRY_AFTER = {"headers": {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}}
#: What comes with a status beside its problem document.
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"headers": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}},
    423: _RETRY_AFTER,
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


class Body(BaseModel):
    """A request's body: nothing that is not named here, and no type taken for another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Reply(BaseModel):
    """A reply's body, made of an object with the same attributes. What has a default is sent all the same."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


def problems(*statuses: int) -> ResponseDict:
    """OpenAPI responses for these statuses: RFC 9457 problem documents."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _MEANINGS[status], "content": content} | _HEADERS.get(status, {}) for status in statuses
    }


def json_only() -> None:
    """Refuses a body that is not said to be JSON, before it is read. Raises UnsupportedMediaType (415)."""
    if request.is_json:
        return
    if request.content_length or "Transfer-Encoding" in request.headers:
        raise UnsupportedMediaType


class JsonBodies(DefaultJSONProvider):
    """Refuses as malformed what json.loads would answer with a RecursionError, an object that names a field twice (readers differ
    in which one counts), and a body that is nothing but a string: flask-openapi3 would read that string as JSON once more."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            value = json.loads(s, object_pairs_hook=_each_once, parse_constant=_no_number, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        if isinstance(value, str):
            raise ValueError("a string is not a body")  # what callers of loads expect
        return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a field stands twice")
    return value


def _no_number(name: str) -> NoReturn:
    """NaN and the infinities are no JSON, though json.loads takes them."""
    raise ValueError(name)
