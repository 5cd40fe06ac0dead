"""What the console's pages load is served with addresses that never change their meaning."""

import gzip
import os
import re

import pytest
from flask import Blueprint, Flask, render_template_string
from structlog.testing import capture_logs

from console import static_files

YEAR = "public, max-age=31536000, immutable"
CSS = "body { color: #123 }\n" * 50


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Our own static files, and npm's packages: none."""
    monkeypatch.setattr(static_files, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(static_files, "STATIC", tmp_path / "static")
    (tmp_path / "static" / "charts").mkdir(parents=True)
    (tmp_path / "static" / "console.css").write_text(CSS)
    (tmp_path / "static" / "charts" / "hours.js").write_text("'use strict';")
    (tmp_path / "static" / "mark.png").write_bytes(b"\x89PNG")
    (tmp_path / "static" / "console.css.swp").write_text("an editor's")
    return tmp_path


@pytest.fixture
def packages(folder):
    """npm's packages as if installed."""
    for name, path in static_files.ASSETS.items():
        file = folder / "node_modules" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"/* {name} */" * 100)


def make_app():
    blueprint = Blueprint("console", "console", url_prefix="/console")
    static_files.install(blueprint)
    app = Flask("console", static_folder=None)
    app.register_blueprint(blueprint)
    return app


def rendered(app, template):
    with app.test_request_context():
        return render_template_string(template)


def address(app, call):
    return rendered(app, f"{{{{ {call} }}}}")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("htmx.min.js", "text/javascript"), ("tabler.min.css", "text/css"), ("echarts.min.js", "text/javascript")],
)
@pytest.mark.usefixtures("packages")
def test_an_asset_is_kept_for_a_year(name, kind):
    app = make_app()
    where = address(app, f"asset_url('{name}')")
    assert re.fullmatch(rf"/console/assets/[0-9a-f]{{16}}/{re.escape(name)}", where)
    reply = app.test_client().get(where)
    assert (reply.status_code, reply.mimetype, reply.headers["Cache-Control"]) == (200, kind, YEAR)
    assert (reply.headers["Vary"], "Content-Encoding" in reply.headers) == ("Accept-Encoding", False)
    assert reply.text == f"/* {name} */" * 100


@pytest.mark.usefixtures("folder")
def test_our_own_files_are_kept_for_a_year():
    app = make_app()
    client = app.test_client()
    reply = client.get(address(app, "static_url('charts/hours.js')"))
    assert (reply.status_code, reply.text, reply.headers["Cache-Control"]) == (200, "'use strict';", YEAR)
    picture = client.get(address(app, "static_url('mark.png')"), headers={"Accept-Encoding": "gzip"})
    assert (picture.mimetype, picture.data) == ("image/png", b"\x89PNG")
    assert not {"Vary", "Content-Encoding"} & set(picture.headers.keys())


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate, br", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
@pytest.mark.usefixtures("folder")
def test_gzip_for_who_accepts_it(accepted, packed):
    app = make_app()
    reply = app.test_client().get(address(app, "static_url('console.css')"), headers={"Accept-Encoding": accepted})
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert reply.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert reply.content_length == len(reply.data)
    assert (gzip.decompress(reply.data) if packed else reply.data).decode() == CSS


def test_the_endpoints_are_those_of_the_blueprint():
    rules = make_app().url_map.iter_rules()
    assert {rule.endpoint for rule in rules} == static_files.ENDPOINTS


@pytest.mark.usefixtures("packages")
def test_another_version_is_answered_and_not_kept():
    reply = make_app().test_client().get("/console/assets/0123456789abcdef/htmx.min.js")
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path",
    [
        "assets/v/package.json",
        "assets/v/htmx.org/dist/htmx.min.js",
        "assets/v/..%2Fpackage-lock.json",
        "static/v/console.css.swp",
        "static/v/charts",
        "static/v/../static_files.py",
        "static/v/%2e%2e/node_modules/htmx.org/dist/htmx.min.js",
    ],
)
@pytest.mark.usefixtures("packages")
def test_nothing_else_is_served(path):
    assert make_app().test_client().get(f"/console/{path}").status_code == 404


def test_the_version_tells_contents_apart(folder):
    before = address(make_app(), "static_url('console.css')")
    assert address(make_app(), "static_url('console.css')") == before
    (folder / "static" / "charts" / "hours.js").write_text("'other';")
    assert address(make_app(), "static_url('console.css')") != before


@pytest.mark.usefixtures("folder")
def test_without_packages_an_asset_is_unavailable_and_the_log_says_once_what_to_do():
    app = make_app()
    client = app.test_client()
    with capture_logs() as lines:
        replies = [client.get(address(app, "asset_url('htmx.min.js')")) for _ in range(2)]
    assert [(reply.status_code, reply.headers["Cache-Control"]) for reply in replies] == [(503, "no-store")] * 2
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("console_assets_missing", "error")
    assert "deploy/assets" in line["hint"]
    assert client.get(address(app, "static_url('console.css')")).status_code == 200


@pytest.mark.parametrize("call", ["asset_url('jquery.js')", "static_url('nothing.css')"])
@pytest.mark.usefixtures("folder")
def test_a_template_cannot_name_what_is_not_there(call):
    app = make_app()
    with pytest.raises(LookupError):
        address(app, call)


def test_the_installed_packages_have_every_asset():
    if not static_files.NODE_MODULES.is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "the console's assets are not installed: deploy/assets"
        )
    app = make_app()
    for name in static_files.ASSETS:
        reply = app.test_client().get(address(app, f"asset_url('{name}')"), headers={"Accept-Encoding": "gzip"})
        assert reply.status_code == 200
        assert not re.search(
            rb"@import|url\(\s*[\"']?(?!data:)[^\"')]", gzip.decompress(reply.data)
        ) or not name.endswith("css")
