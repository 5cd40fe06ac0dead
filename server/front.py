"""What is served beside the API: the index at /, its OpenAPI document, and with MEDIA_ROOT set the lessons' media, by ranges."""

from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, send_from_directory
from flask_openapi3 import OpenAPI

#: A published media file is never changed, only replaced by one of another name.
MEDIA_MAX_AGE = 86400


def install(app: OpenAPI, media_root: Path | None) -> None:
    routes = Blueprint("front", __name__)

    @routes.get("/")
    def index() -> Response:
        return jsonify(name="学时 Xueshi", api="/openapi.json", ready="/readyz")

    @routes.get("/openapi.json")
    def document() -> Response:
        return jsonify(app.api_doc)

    @routes.get("/media/<path:name>")
    def media(name: str) -> Response:
        if media_root is None:
            abort(404)
        return send_from_directory(media_root.resolve(), name, conditional=True, max_age=MEDIA_MAX_AGE)

    app.register_blueprint(routes)
