"""The OpenAPI document of the teachers' API: what flask-openapi3 gathers from the views, put right."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from flask_openapi3 import OpenAPI

from miniprogram_api.bodies import problems

Node = dict[str, Any]


def openapi_document(app: OpenAPI) -> Node:
    """A new copy; ask once every room is registered."""
    document: Node = copy.deepcopy(app.api_doc)
    for operations in document["paths"].values():
        for operation in operations.values():
            _correct_refusals(operation)
            for content in _contents(operation):
                _name_schema(content, document["components"]["schemas"])
    return document


def as_json(document: Node) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _correct_refusals(operation: Node) -> None:
    """flask-openapi3 promises 422 everywhere, and knows nothing of what is refused before a view sees it."""
    responses = operation["responses"]
    if "requestBody" in operation:
        responses.update({str(status): problem for status, problem in problems(413, 415).items()})
    elif not any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        responses.pop("422", None)
    operation["responses"] = dict(sorted(responses.items()))


def _contents(operation: Node) -> Iterator[Node]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from holder.get("content", {}).values()


def _name_schema(content: Node, schemas: Node) -> None:
    """An object that was written out in place (the heartbeat's own, not pydantic's) is named once, by its title."""
    schema = content["schema"]
    if "title" in schema:
        schemas[schema["title"]] = schema
        content["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}
