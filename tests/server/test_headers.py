import pytest

from server.database import make_engine
from tests.miniprogram_api import world
from tests.miniprogram_api.world import World


@pytest.fixture
def here(make_app, settings, redis, clock) -> World:
    engine = make_engine(settings.database_url)
    yield world.build(make_app(), engine, redis, clock)
    engine.dispose()


def test_no_reply_of_the_api_may_be_kept_or_guessed_at(here):
    for route in here.routes():
        for reply in (here.send(route), here.send(route, headers={}), here.client.patch(route.path)):
            kept = reply.status_code == 200 and reply.request.path == "/v1/mini-program/code"
            assert kept or reply.headers["Cache-Control"] == "no-store", reply.request.path
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_there_neither(client):
    reply = client.get("/v1/nowhere")
    assert (reply.status_code, reply.headers["Cache-Control"]) == (404, "no-store")
    assert client.get("/nowhere").headers["X-Content-Type-Options"] == "nosniff"


INERT = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "path", ["/", "/openapi.json", "/healthz", "/v1/me", "/nowhere", "/media/film.mp4", "/metrics"]
)
def test_what_is_no_page_is_inert_and_tells_no_other_site_where_one_came_from(client, path):
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == INERT
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_page_keeps_its_own(client):
    for path in ("/console/sign-in", "/verify/unknown"):
        headers = client.get(path, headers={"Accept": "text/html"}).headers
        assert "style-src" in headers["Content-Security-Policy"], path
        assert len(headers.getlist("Content-Security-Policy")) == 1
    assert client.get("/console/sign-in").headers["Referrer-Policy"] == "same-origin"


def test_without_tls_nobody_is_told_to_insist_on_it(make_app):
    reply = make_app(public_url="http://xueshi.example").test_client().get("/")
    assert "Strict-Transport-Security" not in reply.headers


def test_what_is_everybodys_may_be_kept(client):
    assert "no-store" not in client.get("/openapi.json").headers["Cache-Control"]
    assert "Cache-Control" not in client.get("/").headers


@pytest.mark.parametrize(
    "path", ["//v1/me", "/v1//me", "/v1/me/", "/V1/me", "/v1/./me", "/v1/me%00", "/v1/me;x", "/%ff"]
)
def test_an_address_written_otherwise_is_not_found_rather_than_sent_on(client, path):
    reply = client.get(path, headers={"Host": "elsewhere.example"})
    assert (reply.status_code, reply.get_json()["code"]) == (404, "not_found")
    assert "Location" not in reply.headers


@pytest.mark.parametrize("host", ["", "a b", "é", "x" * 5000, "[::1", "a:b:c"])
def test_an_odd_host_is_no_error_of_ours(client, host):
    assert client.get("/", headers={"Host": host}).status_code in (200, 400)


ODD_HEADERS = {
    "Range": ["bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000, "bytes=-" + "9" * 5000, "x", "bytes=5-1,é"],
    "If-Modified-Since": ["9" * 5000, "yesterday"],
    "If-None-Match": ['W/"' * 500, "é"],
    "Content-Length": ["9" * 5000, "-1", "abc"],
    "Content-Type": ["application/json; charset=nope", "a" * 9000, ";;;"],
    "Authorization": ["Bearer", "Bearer  ", "Digest a=b,", "é"],
    "Cookie": ["a=" + "b" * 9000],
    "X-Forwarded-For": ["x,,y", "::1"],
    "X-Request-ID": ["é" * 70, "a" * 9000],
    "X-HTTP-Method-Override": ["DELETE"],
}


@pytest.mark.parametrize(
    "path", ["/", "/openapi.json", "/healthz", "/metrics", "/media/film.mp4", "/v1/me", "/v1/auth/refresh"]
)
def test_odd_headers_are_no_error_of_ours(client, settings, path):
    settings.media_root.mkdir()
    (settings.media_root / "film.mp4").write_bytes(b"film")
    for name, values in ODD_HEADERS.items():
        for value in values:
            for method in ("GET", "POST"):
                reply = client.open(path, method=method, headers={name: value})
                assert reply.status_code < 500, (method, path, name, value)
                if reply.status_code >= 400:
                    assert reply.mimetype == "application/problem+json", (method, path, name, value)


def test_a_wrong_method_is_told_before_a_wrong_body(client):
    assert client.post("/v1/me", data="x", content_type="text/plain").status_code == 405


def test_no_other_origin_may_read(here):
    origin = {"Origin": "https://elsewhere.example"}
    for route in here.routes():
        reply = here.send(route, headers=here.headers(route.shows) | origin)
        assert not [name for name, _ in reply.headers if name.startswith("Access-Control-")], route
