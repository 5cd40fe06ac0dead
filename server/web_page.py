"""The teachers' web page: what client/ was built to, served as it stands, in its smallest form, under a strict policy."""

import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request, send_from_directory
from flask_openapi3 import OpenAPI

from services.collaborators import Collaborators

#: Where `deploy/client page` leaves it.
BUILT = Path(__file__).resolve().parent.parent / "client" / "dist" / "build" / "h5"
#: The name of a file in assets/ changes with its content.
FOR_EVER = 365 * 86400
A_DAY = 86400
#: What client/scripts/compress.mjs wrote beside a file, the smallest first.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


def install(app: OpenAPI, root: Path) -> None:
    """Serves what the page loads: /assets/… and /static/…; the page itself is for / (server.front)."""
    routes = Blueprint("web_page", __name__)

    @routes.get("/assets/<path:name>")
    def assets(name: str) -> Response:
        reply = _file(root / "assets", name, FOR_EVER)
        reply.cache_control.immutable = True
        return reply

    @routes.get("/static/<path:name>")
    def static(name: str) -> Response:
        return _file(root / "static", name, A_DAY)

    app.register_blueprint(routes)


def wanted(root: Path) -> bool:
    """Whether it is built, and whoever asks would rather have a page than JSON."""
    accepted = request.accept_mimetypes
    prefers_page = accepted["text/html"] > accepted["application/json"]
    return prefers_page and (root / "index.html").is_file()


def page(root: Path, using: Collaborators) -> Response:
    reply = _file(root, "index.html", max_age=None)
    reply.headers["Content-Security-Policy"] = policy(using.media_url)
    return reply


def policy(media_url: str) -> str:
    """The page runs its own scripts, asks its own server, and shows films from where they are kept; nothing else."""
    parts = urlsplit(media_url)
    films = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            f"media-src 'self' blob:{films}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _file(folder: Path, name: str, max_age: int | None) -> Response:
    """`max_age` in seconds; None: may be kept, but asked for each time."""
    if Path(name).suffix in ENCODINGS.values():
        abort(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    for encoding, suffix in ENCODINGS.items():
        if request.accept_encodings[encoding] and (folder / (name + suffix)).is_file():
            reply = send_from_directory(folder, name + suffix, mimetype=kind, max_age=max_age)
            reply.headers["Content-Encoding"] = encoding
            break
    else:
        reply = send_from_directory(folder, name, mimetype=kind, max_age=max_age)
    reply.vary.add("Accept-Encoding")
    return reply
