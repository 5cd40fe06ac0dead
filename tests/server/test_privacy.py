"""A teacher's whole way through the API, and what may be read of it afterwards: in the log, in replies, in Redis and in SQL."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import Account
from server import wechat_stand_in
from services import profiles
from tests import factories
from tests.miniprogram_api.study_room import CHECK_AFTER_A_MINUTE, Player, Room, room
from tests.teachers import collaborators, enlist

NEW_PASSWORD = "chun-hua-qiu-shi-7"
SESSION_KEY = "c2Vzc2lvbi1rZXktb2Ytd2VjaGF0"
OPENID = "oZk4s5Kq-jR0wq9aXvB7t2LmN8cE"


@dataclass
class Secrets:
    """What is nobody's business; `tokens` may be told to the teacher, once."""

    id_number: str
    mobile: str
    other_mobile: str
    passwords: list[str]
    tokens: list[str] = field(default_factory=list)

    def personal(self) -> list[str]:
        return [self.id_number, self.id_number.lower(), self.mobile, self.other_mobile, *self.passwords, SESSION_KEY]

    def all(self) -> list[str]:
        return [*self.personal(), *self.tokens, OPENID, wechat_stand_in.SECRET]


@dataclass
class Way:
    client: FlaskClient
    secrets: Secrets
    replies: list[TestResponse] = field(default_factory=list)
    access: str = ""

    def ask(self, method: str, path: str, body: Any = None, token: str = "", **more: str) -> dict[str, Any]:
        shown = {"Authorization": f"Bearer {token or self.access}"} if token or self.access else {}
        reply = self.client.open(path, method=method, json=body, headers=shown | more)
        self.replies.append(reply)
        said = reply.get_json() if reply.data else {}
        if isinstance(said, dict):
            self.access = said.get("access_token", self.access)
            named = ("access_token", "refresh_token", "binding_ticket", "study_token")
            self.secrets.tokens += [said[name] for name in named if name in said]
        return said


@pytest.fixture
def wechat():
    with wechat_stand_in.running() as stand_in:
        stand_in.session_of = lambda code: {"session_key": SESSION_KEY, "openid": OPENID}
        yield stand_in


@pytest.fixture
def app(make_app, wechat):
    return make_app(
        log_level="DEBUG",
        wechat_api_url=wechat.url,
        wechat_appid=wechat_stand_in.APPID,
        wechat_secret=wechat_stand_in.SECRET,
    )


@pytest.fixture
def secrets(app, session):
    person = factories.person()
    teacher = enlist(app, session, rule="shared", shared="gongyong-2022")
    account = session.get(Account, teacher.account_id)
    account.mobile_envelope = collaborators(app).vault.seal(person.mobile, account.id)
    return Secrets(teacher.id_number, person.mobile, "13800138000", [teacher.password, NEW_PASSWORD, "wrong-guess-55"])


@pytest.fixture
def way(client, secrets):
    return Way(client, secrets)


def sign_in_bind_and_correct(way: Way) -> str:
    secrets = way.secrets
    first, new, wrong = secrets.passwords
    way.ask("POST", "/v1/auth/password", {"id_number": secrets.id_number, "password": wrong})
    ticket = way.ask("POST", "/v1/auth/wechat", {"code": "code-of-wx-login"})["binding_ticket"]
    way.ask(
        "POST", "/v1/auth/wechat/bind", {"binding_ticket": ticket, "id_number": secrets.id_number, "password": first}
    )
    way.ask("PUT", "/v1/me/password", {"old_password": wrong, "new_password": new})
    way.ask("PUT", "/v1/me/password", {"old_password": first, "new_password": new})
    refresh = way.ask("POST", "/v1/auth/wechat", {"code": "code-of-another-day"})["refresh_token"]
    refresh = way.ask("POST", "/v1/auth/refresh", {"refresh_token": refresh})["refresh_token"]
    way.ask("GET", "/v1/me")
    way.ask("POST", "/v1/me/confirm")
    way.ask("POST", "/v1/me/corrections", {"field": "mobile", "should_be": secrets.other_mobile, "note": "已换号"})
    way.ask("POST", "/v1/me/corrections", {"field": "id_number", "should_be": secrets.id_number})
    return refresh


def study(way: Way, here: Room) -> None:
    way.access = here.headers["Authorization"].removeprefix("Bearer ")
    opening = {"enrolment_id": here.enrolment.id, "lesson_id": here.lesson.id, "device": "phone"}
    player = Player(here, way.ask("POST", "/v1/study/sessions", opening))
    player.watch(0, 60)
    way.secrets.tokens.append(way.access)
    token = player.opened["study_token"]
    way.ask("POST", "/v1/study/presence", {"challenge_id": player.last["challenge"]["id"]}, token)
    way.ask("POST", "/v1/study/end", player.body([60, 70]), token)
    way.ask("GET", f"/v1/enrolments/{here.enrolment.id}/study")


def go_wrong(way: Way) -> None:
    """Personal data where no client of ours puts them."""
    number, mobile, password = way.secrets.id_number, way.secrets.mobile, way.secrets.passwords[1]
    way.ask("GET", f"/v1/{number}?mobile={mobile}")
    way.ask("GET", f"/v1/enrolments/{number}/study?lesson_id={mobile}")
    way.ask("GET", f"/media/{number}.mp4?token={way.access}")
    way.ask("POST", "/v1/auth/password", {"id_number": [number], "password": {"is": password}})
    way.ask("POST", "/v1/auth/wechat", {"code": f"code {number}"})
    way.ask("POST", "/v1/me/corrections", {"field": number, "should_be": mobile})
    way.ask("GET", "/v1/me", token=f"{way.access}{number}")
    way.ask("PUT", "/v1/me", {"mobile": mobile}, **{"X-Request-ID": number})


def assert_without(text: str, secrets: list[str], where: str) -> None:
    assert [secret for secret in secrets if secret in text] == [], where


def test_nobody_can_read_it_afterwards(way, app, client, session, clock, redis, settings, wechat, capsys, caplog):
    secrets = way.secrets
    refresh = sign_in_bind_and_correct(way)
    bound = way.access
    study(way, room(app, client, session, clock, *CHECK_AFTER_A_MINUTE))
    way.access = bound
    go_wrong(way)
    way.ask("DELETE", "/v1/auth/wechat")
    way.ask("POST", "/v1/auth/logout", {"refresh_token": refresh})
    assert {reply.status_code for reply in way.replies} == {200, 201, 204, 401, 403, 404, 405, 422}

    log = capsys.readouterr().err
    assert log.count('"event": "request"') >= len(way.replies)
    assert_without(log, secrets.all(), "what is written to the log")
    assert_without(caplog.text, secrets.all(), "what is handed to the log, before anything is removed from it")

    for reply in way.replies:
        assert_without(reply.text, [*secrets.personal(), OPENID], f"the reply of {reply.request.path}")
        assert_without(str(reply.headers), secrets.all(), f"the headers of {reply.request.path}")
    told = [reply.get_json() for reply in way.replies if reply.request.path == "/v1/me" and reply.status_code == 200]
    assert told[0]["mobile_masked"] == f"{secrets.mobile[:3]}****{secrets.mobile[-4:]}"
    assert re.fullmatch(r"\d{6}\*+", told[0]["id_number_masked"])

    addresses = [f"{seen.path}?{seen.query}" for seen in wechat.seen]
    assert_without(" ".join(addresses), [*secrets.personal(), *secrets.tokens, OPENID], "addresses asked at WeChat")
    kept = b"".join((redis.dump(key) or b"") + key for key in redis.scan_iter())
    files = Path(sa.make_url(settings.database_url).database).parent.glob("xueshi.db*")
    kept += b"".join(file.read_bytes() for file in files)
    assert_without(kept.decode("latin-1"), [*secrets.personal(), *secrets.tokens], "Redis and SQL")


class TestFailure:
    @pytest.fixture
    def signed_in(self, way):
        sign_in_bind_and_correct(way)
        return way

    def assert_500_without_a_word(self, way: Way, log: str) -> list[dict[str, Any]]:
        reply = way.replies[-1]
        assert (reply.status_code, reply.mimetype) == (500, "application/problem+json")
        assert set(reply.get_json()) == {"type", "title", "status", "code", "detail"}
        assert_without(log, way.secrets.all(), "the log")
        return [line for line in map(json.loads, log.splitlines()) if line["event"] == "unexpected_error"]

    def test_of_our_code_leaves_a_traceback_without_them(self, signed_in, monkeypatch, capsys):
        secrets = signed_in.secrets

        def of(_session: object, _vault: object, account: Account) -> None:
            seen = {"id_number": secrets.id_number, "password": secrets.passwords[1], "openid": "…"}
            raise RuntimeError(f"{account.name} {secrets.id_number} {secrets.mobile} {seen!r} {signed_in.access}")

        monkeypatch.setattr(profiles, "of", of)
        signed_in.ask("GET", "/v1/me")
        (line,) = self.assert_500_without_a_word(signed_in, capsys.readouterr().err)
        assert "RuntimeError" in line["exception"]

    def test_of_sql_leaves_the_statement_without_its_values(self, signed_in, session, capsys):
        session.execute(
            sa.text(
                "CREATE TRIGGER refuses BEFORE INSERT ON profile_correction BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        )
        body = {"field": "mobile", "should_be": signed_in.secrets.other_mobile, "note": "不要写进日志的话"}
        signed_in.ask("POST", "/v1/me/corrections", body)
        log = capsys.readouterr().err
        (line,) = self.assert_500_without_a_word(signed_in, log)
        assert "INSERT INTO profile_correction" in line["exception"]
        assert "不要写进日志的话" not in log

    def test_of_a_database_without_its_tables_leaves_one_word(self, signed_in, session, capsys):
        session.execute(sa.text("ALTER TABLE account RENAME TO gone"))
        signed_in.ask(
            "POST", "/v1/auth/password", {"id_number": signed_in.secrets.id_number, "password": "wrong-guess-55"}
        )
        assert signed_in.replies[-1].status_code == 503
        log = capsys.readouterr().err
        assert '"error": "OperationalError"' in log
        assert_without(log, signed_in.secrets.all(), "the log")


def test_our_own_account_number_is_written_however_long(client, capsys, monkeypatch):
    monkeypatch.setattr("server.logs._account_id", lambda: 202_208_010_900_123)
    client.get("/")
    assert '"account_id": 202208010900123' in capsys.readouterr().err
