"""`flask account …` as staff run it."""

from functools import partial

import pytest
import sqlalchemy as sa

from models import Account, AuditEntry, Notice
from server import cli
from tests.teachers import bearer, collaborators, settled, sign_in, tokens


@pytest.fixture
def run(app, session):
    if "account" not in app.cli.commands:
        cli.install(app)

    def run(*words, typed=None):
        session.commit()
        result = app.test_cli_runner().invoke(args=("account", *map(str, words)), input=typed)
        session.expire_all()
        return result

    return run


@pytest.fixture
def reset(run):
    return partial(run, "reset-password")


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


def test_it_is_written_down_and_the_teacher_is_told(app, session, reset):
    teacher = settled(app, session)
    result = reset("--account", teacher.account_id)
    (entry,) = session.scalars(sa.select(AuditEntry))
    assert (entry.actor_id, entry.action, entry.target_id) == (None, "reset_password", str(teacher.account_id))
    assert entry.detail["identity"] == "server"
    told = result.output.partition("重置为 ")[2].partition("（")[0]
    (notice,) = session.scalars(sa.select(Notice))
    assert "平台运维人员重置" in notice.text
    assert told not in notice.text + repr(entry.detail)


def test_mobiles_of_an_earlier_release_are_indexed_and_again_is_harmless(app, session, run):
    teachers = [settled(app, session, mobile_index=None) for _ in range(3)]
    broken = settled(app, session, mobile_index=None, mobile_envelope=b"damaged")
    without = settled(app, session, mobile_index=None, mobile_envelope=None)
    known = settled(app, session)
    before = session.get_one(Account, known.account_id).mobile_index
    for filled in (3, 0):
        result = run("index-mobiles")
        assert (result.exit_code, f"已为 {filled} 个" in result.output) == (0, True), result.output
        assert "另有 1 个" in result.output
    vault = collaborators(app).vault
    for one in teachers:
        account = session.get_one(Account, one.account_id)
        assert account.mobile_index == vault.fingerprint("mobile", vault.open(account.mobile_envelope, account.id))
    assert session.get_one(Account, known.account_id).mobile_index == before
    for one in (broken, without):
        assert session.get_one(Account, one.account_id).mobile_index is None


def test_mobiles_are_indexed_chunk_by_chunk(app, session, run, monkeypatch):
    monkeypatch.setattr("server.cli.account.CHUNK", 2)
    for _ in range(5):
        settled(app, session, mobile_index=None)
    assert "已为 5 个" in run("index-mobiles").output


def test_nobodys_is_not(reset):
    result = reset("--account", 1)
    assert (result.exit_code, result.output) == (1, "Error: 没有这个账号。\n")
