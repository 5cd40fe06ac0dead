"""Bodies that no client of ours sends: always a problem document of 4xx, never a 500, and nothing is written."""

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import ProfileCorrection
from tests.teachers import bearer, enlist, settled, tokens

GOOD = {
    "/v1/auth/password": {"id_number": "999999", "password": "x"},
    "/v1/auth/wechat": {"code": "x"},
    "/v1/auth/wechat/bind": {"binding_ticket": "x", "id_number": "x", "password": "x"},
    "/v1/auth/portal": {"portal": "x", "ticket": "x"},
    "/v1/auth/refresh": {"refresh_token": "x"},
    "/v1/auth/logout": {"refresh_token": "x"},
    "/v1/me/password": {"old_password": "x", "new_password": "another-2022"},
    "/v1/me/privacy": {"version": "2022-07-01"},
    "/v1/me/corrections": {"field": "name", "should_be": "x", "note": "x"},
}
PUT = {"/v1/me/password", "/v1/me/privacy"}
NOT_AN_OBJECT = [
    b"",
    b"{",
    b'{"id_number": "\xff\xfe"}',
    b"[]",
    b"null",
    b"1",
    b"9" * 5000,
    b"NaN",
    b'"x"',
    json.dumps(json.dumps({"refresh_token": "x", "code": "x"})).encode(),  # an object in a string
    b"[" * 100_000,
    b'{"a":' * 40_000,
    b"id_number=1&password=2",
]
WRONG_VALUES = [
    None,
    True,
    7,
    7.5,
    10**400,
    [],
    ["x"],
    {},
    {"x": {}},
    "",
    "x" * 2000,
    "a\0b",
    "\0",
    "\ud800",
    "a\x1b[2Jb",
]


def send(client, path, headers, **body):
    return client.open(path, method="PUT" if path in PUT else "POST", headers=headers, **body)


def assert_problem(reply, *statuses):
    assert reply.status_code in statuses, reply.text
    assert reply.mimetype == "application/problem+json"
    assert reply.get_json()["code"]


@pytest.fixture
def headers(app, client, session):
    return bearer(tokens(client, settled(app, session)))


@pytest.mark.parametrize("path", GOOD)
def test_what_is_no_json_object_is_422(client, headers, path):
    for body in NOT_AN_OBJECT:
        reply = send(client, path, headers, data=body, content_type="application/json")
        assert_problem(reply, 422)
        assert reply.get_json()["errors"]


@pytest.mark.parametrize("path", GOOD)
def test_a_body_that_is_not_said_to_be_json_is_415(client, headers, path):
    assert_problem(send(client, path, headers, data=GOOD[path]), 415)
    assert_problem(send(client, path, headers, data=json.dumps(GOOD[path]), content_type="text/plain"), 415)


@pytest.mark.parametrize("path", GOOD)
def test_each_field_left_out_or_added_is_named(client, headers, path):
    for field in set(GOOD[path]) - {"note"}:
        body = {name: value for name, value in GOOD[path].items() if name != field}
        reply = send(client, path, headers, json=body)
        assert_problem(reply, 422)
        assert [error["field"] for error in reply.get_json()["errors"]] == [field]
    reply = send(client, path, headers, json=GOOD[path] | {"surplus": 1})
    assert [error["field"] for error in reply.get_json()["errors"]] == ["surplus"]


@pytest.mark.parametrize("path", GOOD)
def test_each_field_with_a_wrong_value_is_422_and_does_not_repeat_it(client, session, headers, path):
    for field in GOOD[path]:
        for value in WRONG_VALUES:
            if field == "note" and value == "":
                continue
            body = json.dumps(GOOD[path] | {field: value})
            reply = send(client, path, headers, data=body, content_type="application/json")
            assert_problem(reply, 422)
            assert [error["field"] for error in reply.get_json()["errors"]] == [field]
            assert "x" * 100 not in reply.text
    assert session.scalar(sa.select(sa.func.count()).select_from(ProfileCorrection)) == 0


def test_a_body_beyond_the_limit_is_413(client, headers):
    assert_problem(
        send(client, "/v1/me/corrections", headers, data=b"x" * 300_000, content_type="application/json"), 413
    )


ODD_TEXTS = [
    "', '); DROP TABLE account; --",
    "%s %(x)s :x ?",
    "😀" * 100,
    "\u202e反",
    "\u200b",
    "\\0",
    "&lt;",
    "é",
    "e\u0301",
]


def test_odd_texts_are_stored_as_they_are_on_every_database(make_app, engine, database_url):
    app = make_app(database_url=database_url)
    with Session(engine) as session:
        pair = tokens(app.test_client(), settled(app, session))
    for text in ODD_TEXTS:
        body = {"field": "other", "should_be": text, "note": text}
        reply = app.test_client().post("/v1/me/corrections", json=body, headers=bearer(pair))
        assert reply.status_code == 201
        with Session(engine) as session:
            assert session.get(ProfileCorrection, reply.get_json()["correction_id"]).note == text


def test_wrong_values_are_422_on_every_database(make_app, engine, database_url):
    app = make_app(database_url=database_url)
    with Session(engine) as session:
        pair = tokens(app.test_client(), settled(app, session))
    for value in WRONG_VALUES:
        body = json.dumps({"field": "other", "should_be": "x", "note": value})
        reply = app.test_client().post(
            "/v1/me/corrections", data=body, content_type="application/json", headers=bearer(pair)
        )
        assert reply.status_code == (201 if value == "" else 422)


def test_odd_numbers_passwords_and_tokens_are_unknown_on_every_database(make_app, engine, database_url):
    app = make_app(database_url=database_url)
    client = app.test_client()
    for text in ("' OR 1=1 --", "%", "\u202e", "😀", "x" * 64, "ﷺ" * 64):
        with Session(engine) as session:
            teacher = enlist(app, session)
        for number, password in ((text, "x"), (teacher.id_number, text)):
            assert_problem(client.post("/v1/auth/password", json={"id_number": number, "password": password}), 401)
        assert_problem(client.post("/v1/auth/refresh", json={"refresh_token": text}), 401)
        assert client.post("/v1/auth/logout", json={"refresh_token": text}).status_code == 204
