"""Staff sign in and reset a password; then nothing that is a secret stands in a log line, an address or the audit log."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.access import TOKEN
from models import AuditEntry, SignInRecord
from services.second_factor import code_at
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.desk_cast import act, caller, enrol, shown_password
from tests.console.signing_in import KEY, appoint, give_phone, type_code, type_password
from tests.teachers import collaborators, settled

ADDRESS = "198.51.100.37"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    app = make_app(public_url="http://xueshi.example", log_level="DEBUG")
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_neither_number_nor_password_nor_token_nor_code(
    app: Flask,
    client: FlaskClient,
    session: Session,
    tree: Tree,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    admin = settled(app, session, role="staff")
    appoint(session, admin.account_id, "county_admin", tree.east, clock())
    recovery = give_phone(session, collaborators(app), admin.account_id)
    teacher = caller(app, session, tree.east_school)
    enrol(app, session, teacher.id)
    code = code_at(KEY, clock())
    cookies, replies = [], []

    def came(reply: Any) -> Any:
        replies.append(reply)
        cookies.extend(re.findall(r"xueshi_console=([^;]+)", str(reply.headers)))
        with client.session_transaction() as kept:
            cookies.append(str(kept.get(TOKEN, "")))
        return reply

    client.environ_base["REMOTE_ADDR"] = ADDRESS
    came(client.get("/console/sign-in?next=/console/desk"))
    came(type_password(client, admin, "wrong-guess-55"))
    came(type_password(client, admin))
    came(type_code(client, "000000"))
    came(type_code(client, code))
    signed_in = Staff(admin.account_id, client)
    came(signed_in.post("/desk", {"text": teacher.teacher.id_number}))
    came(signed_in.post("/desk", {"text": teacher.mobile}))
    page = came(act(signed_in, teacher.id, **teacher.answers))
    password = shown_password(page)
    came(signed_in.get(f"/people/{teacher.id}"))
    came(signed_in.post("/sign-out"))

    secrets = [admin.id_number, admin.password, "wrong-guess-55", code, KEY, *recovery, *filter(None, cookies)]
    secrets += [teacher.teacher.id_number, teacher.teacher.id_number[-6:], teacher.mobile, password]
    log = capsys.readouterr().err
    assert log.count('"event": "request"') >= len(replies)
    # An ID's digits may stand in another number by chance: six alone are looked for as a word.
    assert [one for one in secrets if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", log + caplog.text)] == []
    for reply in replies:
        for where in (reply.request.full_path, reply.headers.get("Location", ""), _title(reply.text)):
            assert [one for one in secrets if one in where] == [], where
    session.expire_all()
    entries = session.scalars(sa.select(AuditEntry)).all()
    assert {entry.action for entry in entries} >= {"sign_in", "find_people", "reset_password", "sign_out"}
    kept = json.dumps([[entry.detail, entry.target_id, entry.actor_name] for entry in entries], ensure_ascii=False)
    assert [one for one in secrets if one in kept] == []
    records = session.scalars(sa.select(SignInRecord)).all()
    assert {record.result for record in records} >= {"in", "wrong_password", "wrong_code", "out"}
    assert {record.address_masked for record in records} == {"198.51.100.0"}


def _title(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    return found.group(1) if found else ""
