"""Every route with everything that no client of ours sends: 4xx with a code and a Chinese sentence, and nothing is written."""

import json
import re
from pathlib import Path

import pytest

from server.database import make_engine
from tests.miniprogram_api import world
from tests.miniprogram_api.contract import ACCESS, PUBLIC, STUDY
from tests.miniprogram_api.world import assert_refused

GARBAGE = ["x", "x.y.z", "é" * 40, "a" * 9000, "eyJhbGciOiJub25lIn0.e30.", "\x00", "' OR 1=1 --"]
NO_BODY_OF_OURS = {
    "empty": b"",
    "an array": b"[]",
    "null": b"null",
    "a string": b'"x"',
    "JSON in a string": json.dumps(json.dumps({"seq": 1})).encode(),
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 40_000,
    "half": b'{"seq": 1, "acked"',
    "two": b"{}{}",
    "not UTF-8": b'{"seq": "\xff\xfe"}',
    "UTF-16": '{"seq": 1}'.encode("utf-16"),
    "a number beyond Python's": b"9" * 5_000,
    "a number in a field": b'{"seq": 1' + b"0" * 5_000 + b"}",
    "infinity": b'{"seq": Infinity}',
    "no object": b"{}",
}
#: Written as they stand in JSON.
VALUES = [
    *("null", "true", "-1", "0", "1.0", "1e3", "1e999", "9223372036854775808", "1" + "0" * 400, "1" + "0" * 5_000),
    *("NaN", "Infinity", "-Infinity", '""', '"\\u0000"', '"\\ud800"', '"x\\u0000y"', "[]", "{}", '[["a"]]', "[[1]]"),
    *("[[1, 2, 3]]", "[[5, 5]]", "[[-5, 5]]", "[[0, 99999]]", "[[0, 1.5]]", '"' + "x" * 70_000 + '"'),
]
ODD_IDS = ["0", "-1", "1.0", "1e3", "+1", "1%00", "9223372036854775808", "1" * 5_000, "x", "%ff", "１", "1_0", "%201"]
NO_MOMENTS = ["2022-08-01T09:00:00", "2022-13-01T09:00:00Z", "0000-01-01T00:00:00Z", "now", ""]
#: Values that are right in these fields, however odd they look.
RIGHT = {
    "take_over": ("true",),
    "note": ('""',),
    "title": ('""',),
    "rate": ("null", "1.0"),
    "answer": ("null", '""', '"\\u0000"', '"x\\u0000y"'),
    "challenge_id": ('""', '"\\u0000"', '"x\\u0000y"'),
    "acked": ("0",),
    "played": ("[]",),
    "hidden": ("[]",),
}


@pytest.fixture
def here(make_app, settings, redis, clock):
    engine = make_engine(settings.database_url)
    yield world.build(make_app(), engine, redis, clock)
    engine.dispose()


@pytest.fixture
def refused_here(here):
    """What a test asks must change nothing."""
    with here.unchanged():
        yield here


@pytest.fixture
def refused_everywhere(make_app, database_url, engine, redis, clock):
    """The same, in turn on each database."""
    here = world.build(make_app(database_url=database_url), engine, redis, clock)
    with here.unchanged():
        yield here


def replaced(body: dict, field: str, written: str) -> bytes:
    return json.dumps(body | {field: "@"}).replace('"@"', written).encode()


def test_every_route_is_here_and_its_good_request_succeeds(here):
    rules = here.room.app.url_map.iter_rules()
    there = sum(len(rule.methods - {"HEAD", "OPTIONS"}) for rule in rules if rule.rule.startswith("/v1/"))
    assert len(here.routes()) == there
    for route in here.routes():
        reply = here.send(route)
        assert reply.status_code in (200, 201, 204), f"{route}: {reply.text}"
        everybodys = route.path == "/v1/mini-program/code"
        assert reply.headers["Cache-Control"] == ("public, max-age=3600" if everybodys else "no-store")


class TestToken:
    def test_none_nonsense_and_one_of_yesterday_are_401(self, refused_here):
        for route in refused_here.routes():
            if route.shows == PUBLIC:
                continue
            headers = [{}, refused_here.expired(route.shows), {"Authorization": "Basic dDp0"}, {"Authorization": ""}]
            for shown in headers + [{"Authorization": f"Bearer {token}"} for token in GARBAGE]:
                reply = refused_here.send(route, headers=shown)
                assert_refused(reply, 401, what=(route, shown))
                assert reply.headers["WWW-Authenticate"] == "Bearer"

    def test_each_kind_opens_only_its_own_doors(self, refused_here):
        other = {ACCESS: STUDY, STUDY: ACCESS}
        for route in refused_here.routes():
            if route.shows != PUBLIC:
                reply = refused_here.send(route, headers=refused_here.headers(other[route.shows]))
                assert_refused(reply, 401, what=route)
                refresh = {"Authorization": f"Bearer {refused_here.refresh_token}"}
                assert_refused(refused_here.send(route, headers=refresh), 401, what=route)


class TestIds:
    def test_anothers_things_are_not_found(self, refused_here):
        mine = f"/v1/enrolments/{refused_here.room.enrolment.id}"
        for route in refused_here.routes():
            if route.path.startswith(mine):
                path = route.path.replace(mine, f"/v1/enrolments/{refused_here.other_enrolment}")
                assert_refused(refused_here.send(route, path=path), 404, what=path)
            if "/courses/" in route.path:
                path = f"{mine}/courses/{refused_here.other_course}"
                assert_refused(refused_here.send(route, path=path), 404, what=path)
            if route.path == "/v1/study/sessions":
                for field, value in (
                    ("enrolment_id", refused_here.other_enrolment),
                    ("lesson_id", refused_here.other_lesson),
                ):
                    assert_refused(refused_here.send(route, route.body | {field: value}), 404, what=field)
        path = f"{mine}/study?lesson_id={refused_here.other_lesson}"
        assert refused_here.client.get(path, headers=refused_here.room.headers).get_json() == []

    def test_what_is_no_id_is_not_found(self, refused_everywhere):
        ask, headers = refused_everywhere.client.open, refused_everywhere.room.headers
        here = f"/v1/enrolments/{refused_everywhere.room.enrolment.id}"
        for odd in ODD_IDS:
            for path in (f"/v1/enrolments/{odd}", f"/v1/enrolments/{odd}/courses", f"/v1/enrolments/{odd}/study"):
                assert_refused(ask(path, headers=headers), 404, what=path)
            for method in ("PUT", "DELETE"):
                assert_refused(ask(f"{here}/courses/{odd}", method=method, headers=headers), 404, what=(method, odd))
            query = f"{here}/study?lesson_id={odd}"
            assert_refused(ask(query, headers=headers), 404, 422, what=query)


class TestMethod:
    def test_a_wrong_one_is_405_and_told_the_right_ones(self, refused_here):
        right: dict[str, set[str]] = {}
        for route in refused_here.routes():
            right.setdefault(re.sub(r"\d+$", "1", route.path), {"OPTIONS"}).add(route.method)
        for path, methods in right.items():
            allowed = methods | ({"HEAD"} if "GET" in methods else set())
            for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - allowed:
                reply = refused_here.client.open(path, method=method, headers=refused_here.room.headers)
                assert reply.status_code == 405, (method, path)
                assert reply.mimetype == "application/problem+json"
                assert set(reply.headers["Allow"].split(", ")) == allowed

    def test_options_tells_the_methods_and_nothing_to_other_origins(self, refused_here):
        preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        for route in refused_here.routes():
            reply = refused_here.client.options(route.path, headers=preflight)
            assert (reply.status_code, reply.data) == (200, b"")
            assert route.method in reply.headers["Allow"]
            assert not [name for name, _ in reply.headers if name.startswith("Access-Control-")]

    def test_head_is_a_get_without_a_body(self, refused_here):
        for route in refused_here.routes():
            if route.method == "GET":
                head, get = refused_here.send(route, method="HEAD"), refused_here.send(route)
                assert (head.status_code, head.data) == (200, b"")
                assert head.headers.get("Content-Length") in (None, get.headers["Content-Length"])


class TestBody:
    def test_one_that_is_not_said_to_be_json_is_415(self, refused_here):
        kinds = (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "",
            "é",
        )
        for route in refused_here.routes():
            for kind in kinds if route.body else ():
                assert_refused(refused_here.send(route, content_type=kind), 415, what=(route, kind))

    def test_one_that_is_no_object_of_ours_is_422_and_says_where(self, refused_here):
        for route in refused_here.routes():
            for name, body in NO_BODY_OF_OURS.items() if route.body else ():
                reply = refused_here.send(route, body)
                assert_refused(reply, 422, what=(route, name))
                assert reply.get_json()["errors"], (route, name)

    def test_one_beyond_256_kb_is_413(self, refused_here):
        for route in refused_here.routes():
            if route.body:
                assert_refused(refused_here.send(route, b'{"note": "' + b"x" * 300_000 + b'"}'), 413, what=route)

    def test_a_field_that_is_missing_twice_there_or_unknown_is_422(self, refused_here):
        optional = {"note", "title", "take_over", "hidden", "rate", "answer"}
        for route in refused_here.routes():
            for field in route.body or ():
                rest = {name: value for name, value in route.body.items() if name != field}
                if field not in optional:
                    assert_refused(refused_here.send(route, rest), 422, what=(route, field))
                twice = json.dumps(route.body)[:-1] + f', "{field}": {json.dumps(route.body[field])}}}'
                assert_refused(refused_here.send(route, twice.encode()), 422, what=(route, field, "twice"))
            for surplus in ("x", "", "__class__", "Seq", "\x00") if route.body else ():
                assert_refused(refused_here.send(route, route.body | {surplus: 1}), 422, what=(route, surplus))

    def test_a_field_of_another_type_or_size_is_refused(self, refused_everywhere):
        for route in refused_everywhere.routes():
            for field in route.body or ():
                for written in [value for value in VALUES if value not in RIGHT.get(field, ())]:
                    reply = refused_everywhere.send(route, replaced(route.body, field, written))
                    assert_refused(reply, 404, 422, what=(route, field, written[:40]))
                    assert "x" * 100 not in reply.text

    def test_a_moment_that_is_none_is_422(self, refused_here):
        for route in refused_here.routes():
            for at in NO_MOMENTS if "at" in (route.body or {}) else ():
                assert_refused(refused_here.send(route, route.body | {"at": at}), 422, what=(route, at))


def test_this_machine_is_not_described(refused_here):
    """No path, module or version of ours in a refusal."""
    for route in refused_here.routes():
        reply = refused_here.send(route, headers={"Authorization": "Bearer x"}, path=route.path + "/x/y/z")
        assert_refused(reply, 404)
        for clue in (str(Path(__file__).parents[2]), "Traceback", "werkzeug", "flask", "pydantic", "sqlalchemy"):
            assert clue not in reply.text.lower()
