"""What is served beside the API: at / the teachers' page, or an index for programs; the OpenAPI document; with MEDIA_ROOT set the media."""

from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request, send_from_directory
from flask_openapi3 import OpenAPI

from server import web_page
from server.document import as_json, openapi_document
from web.context import collaborators

#: A published media file is never changed, only replaced by one of another name.
MEDIA_MAX_AGE = 86400
#: The document changes only with a release.
DOCUMENT_MAX_AGE = 300


def install(app: OpenAPI, media_root: Path | None, web_root: Path) -> None:
    """`media_root`: where films are served from, by ranges; `web_root`: where the page was built to."""
    routes = Blueprint("front", __name__)
    web_page.install(app, web_root)

    @routes.get("/")
    def index() -> Response:
        if web_page.wanted(web_root):
            reply = web_page.page(web_root, collaborators())
        else:
            reply = jsonify(name="学时 Xueshi", api="/openapi.json", ready="/readyz")
        reply.vary.add("Accept")
        return reply

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
