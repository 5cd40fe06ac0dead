"""`flask account …` as staff run it."""

import pytest

from models import Account
from server import cli
from tests.teachers import bearer, settled, sign_in, tokens


@pytest.fixture
def reset(app, session):
    if "account" not in app.cli.commands:
        cli.install(app)

    def reset(*arguments, typed=None):
        session.commit()
        words = ("account", "reset-password", *map(str, arguments))
        result = app.test_cli_runner().invoke(args=words, input=typed)
        session.expire_all()
        return result

    return reset


def test_a_forgotten_password_is_reset_to_a_random_one_that_must_be_changed(app, client, session, reset):
    teacher = settled(app, session)
    before = bearer(tokens(client, teacher))
    for _ in range(5):
        sign_in(client, teacher, "forgotten")
    assert sign_in(client, teacher).status_code == 423
    result = reset(typed=f"{teacher.id_number}\n")
    assert result.exit_code == 0, result.output
    assert teacher.id_number not in result.output
    assert client.get("/v1/me", headers=before).status_code == 401
    assert sign_in(client, teacher).status_code == 401
    told = result.output.partition("重置为 ")[2].partition("（")[0]
    assert sign_in(client, teacher, told).get_json()["must_change_password"] is True
    assert told not in session.get_one(Account, teacher.account_id).password_hash


def test_nobodys_is_not(reset):
    result = reset("--account", 1)
    assert (result.exit_code, result.output) == (1, "Error: 没有这个账号。\n")
