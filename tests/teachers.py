"""Teachers who really sign in: accounts made through the services, and their talk with the API."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Account
from services import accounts, errors, id_numbers, passwords
from services.collaborators import Collaborators
from services.passwords import LAST_SIX, Passwords
from tests import factories

NEW_PASSWORD = "xin-mima-2022"


@dataclass(frozen=True)
class Teacher:
    account_id: int
    name: str
    id_number: str
    password: str


def collaborators(app: Flask) -> Collaborators:
    return app.extensions["xueshi"]


def enlist(app: Flask, session: Session, *, rule: str = LAST_SIX, shared: str | None = None, **changes: Any) -> Teacher:
    """A new account whose password is still the first one; columns may be changed. Commits."""
    using = collaborators(app)
    person = factories.person()
    account, random = accounts.create(
        session,
        using.vault,
        using.passwords,
        name=person.name,
        id_number=id_numbers.parse(person.id_number),
        mobile=person.mobile,
        school_id=changes.pop("school_id", None),
        stage="小学",
        subject="语文",
        role="teacher",
        first_password=using.passwords.first_password(rule, shared),
        now=using.clock(),
    )
    for column, value in changes.items():
        setattr(account, column, value)
    session.commit()
    return Teacher(account.id, person.name, person.id_number, random or shared or person.last_six)


def settled(app: Flask, session: Session, **changes: Any) -> Teacher:
    """A teacher who has changed the first password and confirmed the profile."""
    teacher = enlist(app, session, **({"must_change_password": False, "must_confirm_profile": False} | changes))
    account = session.get_one(Account, teacher.account_id)
    account.password_hash = _new_password_hash(passwords.PasswordHasher)
    session.commit()
    return replace(teacher, password=NEW_PASSWORD)


@cache
def _new_password_hash(_costs: type) -> str:
    """Made once at the costs of today's hasher (tests/quick.py), so that no sign-in finds it outdated."""
    return Passwords(1).hash(NEW_PASSWORD)


def sign_in(client: FlaskClient, teacher: Teacher, password: str | None = None) -> TestResponse:
    body = {"id_number": teacher.id_number, "password": password or teacher.password}
    return client.post("/v1/auth/password", json=body)


def tokens(client: FlaskClient, teacher: Teacher) -> dict[str, Any]:
    reply = sign_in(client, teacher)
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


class KnownCodes:
    """Stands in for services.wechat.Wechat: a login code is the openid with "code-" before it."""

    appid = "wx-known"

    def openid_of(self, code: str) -> str:
        if not code.startswith("code-"):
            raise errors.WechatCodeInvalid
        return code.removeprefix("code-")

    def mini_program_code(self, page: str, scene: str) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + f"{page} {scene}".encode()


def with_known_codes(app: Flask) -> None:
    app.extensions["xueshi"] = replace(collaborators(app), wechat=KnownCodes())
