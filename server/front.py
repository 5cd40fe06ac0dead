"""What is served beside the API: the index at /, its OpenAPI document, and with MEDIA_ROOT set the lessons' media, by ranges."""

from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request, send_from_directory
from flask_openapi3 import OpenAPI

from server.document import as_json, openapi_document

#: A published media file is never changed, only replaced by one of another name.
MEDIA_MAX_AGE = 86400
#: The document changes only with a release.
DOCUMENT_MAX_AGE = 300


def install(app: OpenAPI, media_root: Path | None) -> None:
    routes = Blueprint("front", __name__)

    @routes.get("/")
    def index() -> Response:
        return jsonify(name="学时 Xueshi", api="/openapi.json", ready="/readyz")

    @cache
    def document() -> bytes:
        return as_json(openapi_document(app))

    @routes.get("/openapi.json")
    def openapi() -> Response:
        response = Response(document(), mimetype="application/json")
        response.add_etag()
        response.cache_control.max_age = DOCUMENT_MAX_AGE
        response.make_conditional(request)
        return response

    @routes.get("/media/<path:name>")
    def media(name: str) -> Response:
        if media_root is None:
            abort(404)
        return send_from_directory(media_root.resolve(), name, conditional=True, max_age=MEDIA_MAX_AGE)

    app.register_blueprint(routes)
