"""What the console's pages load: /console/assets/… from npm's packages, /console/static/… of our own. Public, for it tells of nobody.

An address holds a digest of what is served there, so a browser keeps it for a year; templates get addresses from `asset_url` and
`static_url`. Everything is read once, when the server starts: what is installed or changed later is served after a restart.

Nothing here fetches from elsewhere: Tabler's CSS has no @import and no font, and its images are data: addresses. So pages may say

    Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';
        connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'

as long as they
- have no style="…", <style>, onclick="…" or <script> without src; a script may set element.style, and data go into
  <script type="application/json">;
- configure htmx: <meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false,
  "allowScriptTags": false, "historyCacheSize": 0}'>, and bring the rules for .htmx-indicator in our own CSS. Without eval there is
  no hx-on, no js: in hx-vals, no [filter] in hx-trigger; without the cache no page with people's data stays in the browser's storage;
- draw charts on a canvas, with tooltip.renderMode "richText": ECharts' HTML tooltip has style="…".
"""

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import structlog
from flask import Blueprint, Response, abort, request, url_for

HERE = Path(__file__).parent
NODE_MODULES = HERE / "assets" / "node_modules"
#: What of npm's packages is served, and nothing else.
ASSETS = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "echarts.min.js": "echarts/dist/echarts.min.js",
}
STATIC = HERE / "static"
#: A file of console/static with another ending is not served. Not from mimetypes, which differs from one machine to the next.
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
#: The routes that `install` adds to the blueprint `console`.
ENDPOINTS = frozenset({"console.asset", "console.static_file"})
PACKED = {".css", ".js", ".svg"}
KEPT = "public, max-age=31536000, immutable"
#: For the address of another version: a page of the release before, or one that another machine made.
NOT_KEPT = "no-store"
#: Of the blueprint "console": open to anybody, and with their own Cache-Control.
ENDPOINTS = frozenset({"console.asset", "console.static_file"})
log = structlog.get_logger()


@dataclass(frozen=True)
class _File:
    ending: str
    content: bytes

    @cached_property
    def packed(self) -> bytes | None:
        """With gzip, made when first asked for; None where it gains nothing."""
        return gzip.compress(self.content, mtime=0) if self.ending in PACKED else None


class Shelf:
    """Files in memory, under one version: the digest of them all."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._files = {name: _File(path.suffix, path.read_bytes()) for name, path in paths.items() if path.is_file()}
        self.names = frozenset(paths)
        self.missing = sorted(self.names - self._files.keys())
        self.version = _digest((name, file.content) for name, file in sorted(self._files.items()))

    def reply(self, version: str, name: str) -> Response:
        """The file `name`, to be kept if `version` is ours; 404 where there is none."""
        file = self._files.get(name)
        if file is None:
            abort(404)
        response = Response(file.content, content_type=KINDS[file.ending])
        response.headers["Cache-Control"] = KEPT if version == self.version else NOT_KEPT
        if file.packed is not None:
            response.headers["Vary"] = "Accept-Encoding"
            if request.accept_encodings.quality("gzip") > 0:
                response.set_data(file.packed)
                response.headers["Content-Encoding"] = "gzip"
        return response


def install(blueprint: Blueprint) -> None:
    """Adds the routes `asset` and `static_file` to the console's blueprint, and `asset_url` and `static_url` to the app's templates."""
    assets = Shelf({name: NODE_MODULES / path for name, path in ASSETS.items()})
    static = Shelf({path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.suffix in KINDS})
    complaints = (
        ["These are not installed; run `make run`, or deploy/assets, and start again"] if assets.missing else []
    )

    @blueprint.get("/assets/<version>/<name>")
    def asset(version: str, name: str) -> Response:
        if name not in assets.missing:
            return assets.reply(version, name)
        while complaints:  # once is enough
            log.error("console_assets_missing", files=assets.missing, hint=complaints.pop())
        return Response("Not installed.\n", 503, {"Cache-Control": NOT_KEPT}, content_type="text/plain")

    @blueprint.get("/static/<version>/<path:name>")
    def static_file(version: str, name: str) -> Response:
        return static.reply(version, name)

    @blueprint.app_template_global()
    def asset_url(name: str) -> str:
        return _address(assets, f"{blueprint.name}.asset", name)

    @blueprint.app_template_global()
    def static_url(name: str) -> str:
        return _address(static, f"{blueprint.name}.static_file", name)


def _address(shelf: Shelf, endpoint: str, name: str) -> str:
    if name not in shelf.names:
        raise LookupError(f"There is no {name} to serve")
    return url_for(endpoint, version=shelf.version, name=name)


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    whole = hashlib.sha256()
    for name, content in files:
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]
