"""The teachers' web page as it is served; what it does is tested in a browser (tests/browser)."""

import gzip

import pytest

from server import web_page

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SCRIPT = b"console.log('\xe5\xad\xa6')" * 100


class Reader:
    """Reads replies to their end, so that no file stays open."""

    def __init__(self, client):
        self.client = client

    def get(self, path, headers=None):
        with self.client.get(path, headers=headers) as reply:
            reply.get_data()
        return reply


@pytest.fixture
def built(tmp_path):
    root = tmp_path / "h5"
    (root / "assets").mkdir(parents=True)
    (root / "static").mkdir()
    (root / "index.html").write_text("<!doctype html><title>学时</title>")
    (root / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (root / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (root / "assets" / "index-1a2b.js.br").write_bytes(b"as brotli")
    (root / "static" / "icon.svg").write_text("<svg/>")
    (tmp_path / "outside.txt").write_text("not the page's")
    return root


@pytest.fixture
def page(make_app, built):
    return Reader(make_app(web_root=built).test_client())


class TestAtTheRoot:
    def test_a_browser_gets_the_page_and_asks_each_time_whether_it_changed(self, page):
        reply = page.get("/", headers=BROWSER)
        assert (reply.status_code, reply.mimetype) == (200, "text/html")
        assert "学时" in reply.text
        assert reply.headers["Cache-Control"] == "no-cache"
        again = page.get("/", headers=BROWSER | {"If-None-Match": reply.headers["ETag"]})
        assert again.status_code == 304

    @pytest.mark.parametrize(
        "accept", [None, "*/*", "application/json", "text/html;q=0.1, application/json", "nonsense"]
    )
    def test_a_program_gets_the_index(self, page, accept):
        reply = page.get("/", headers={"Accept": accept} if accept else {})
        assert reply.json["api"] == "/openapi.json"
        assert "Accept" in reply.headers["Vary"]

    def test_where_nothing_was_built_a_browser_gets_the_index_too(self, make_app, tmp_path):
        client = Reader(make_app(web_root=tmp_path / "nowhere").test_client())
        assert client.get("/", headers=BROWSER).json["api"] == "/openapi.json"
        assert client.get("/assets/index-1a2b.js").status_code == 404


class TestPolicy:
    def test_the_page_may_ask_no_host_but_its_own(self, page):
        policy = page.get("/", headers=BROWSER).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "http" not in policy

    def test_films_of_another_host_may_be_shown_from_there_alone(self):
        policy = web_page.policy("https://films.example/lessons")
        assert "media-src 'self' blob: https://films.example;" in policy
        assert policy.count("https:") == 1


class TestFiles:
    @pytest.mark.parametrize(
        ("accepted", "encoding"),
        [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None), ("br;q=0, gzip", "gzip")],
    )
    def test_the_smallest_form_that_is_understood_is_sent_and_kept_for_ever(self, page, accepted, encoding):
        reply = page.get("/assets/index-1a2b.js", headers={"Accept-Encoding": accepted})
        sent = {"br": b"as brotli", "gzip": gzip.compress(SCRIPT), None: SCRIPT}[encoding]
        assert (reply.status_code, reply.mimetype, reply.headers.get("Content-Encoding")) == (
            200,
            "text/javascript",
            encoding,
        )
        assert reply.data[12:] == sent[12:]
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Accept-Encoding" in reply.headers["Vary"]

    def test_what_keeps_its_name_is_kept_for_a_day(self, page):
        reply = page.get("/static/icon.svg")
        assert (reply.mimetype, reply.headers["Cache-Control"]) == ("image/svg+xml", "public, max-age=86400")

    @pytest.mark.parametrize(
        "name", ["absent.js", "index-1a2b.js.gz", "../index.html", "%2e%2e/%2e%2e/outside.txt", "a%00b", "x" * 3000, ""]
    )
    def test_nothing_else_is_served(self, page, name):
        for folder in ("assets", "static"):
            assert page.get(f"/{folder}/{name}").status_code == 404
