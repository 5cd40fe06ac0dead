"""`flask staff …` as whoever runs the server uses it."""

import re

import pytest
import sqlalchemy as sa

from models import Account, Appointment, AuditEntry, SecondFactor
from server import cli
from tests import factories
from tests.console.signing_in import give_phone, type_password
from tests.teachers import Teacher, collaborators, settled


@pytest.fixture
def app(make_app):
    app = make_app(public_url="http://xueshi.example")
    app.config["WTF_CSRF_ENABLED"] = False
    if "staff" not in app.cli.commands:
        cli.install(app)
    return app


@pytest.fixture
def run(app, session):
    def run(*words, typed=None):
        session.commit()
        result = app.test_cli_runner().invoke(args=("staff", *map(str, words)), input=typed)
        session.expire_all()
        return result

    return run


def test_the_first_operator_is_added_appointed_and_signs_in(run, client, session):
    person = factories.person()
    added = run("add", "--name", person.name, typed=f"{person.id_number}\n")
    assert added.exit_code == 0, added.output
    assert person.id_number not in added.output
    account = session.scalars(sa.select(Account)).one()
    assert (account.role, account.school_id, account.must_change_password) == ("staff", None, True)
    appointed = run("appoint", "--account", account.id, "--role", "operator")
    assert "平台运维" in appointed.output
    password = re.search(r"初始密码 (\S+)（", added.output)[1]
    reply = type_password(client, Teacher(account.id, person.name, person.id_number, password))
    assert reply.location == "/console/sign-in/code"
    assert list(session.scalars(sa.select(AuditEntry.action))) == ["appoint"]


def test_the_same_number_twice_is_one_account(run, session):
    person = factories.person()
    typed = f"{person.id_number}\n"
    assert run("add", "--name", person.name, typed=typed).exit_code == 0
    again = run("add", "--name", person.name, typed=typed)
    assert (again.exit_code, "已经有账号" in again.output) == (1, True)
    assert run("add", "--name", "12345", typed=f"{factories.person().id_number}\n").exit_code == 1
    assert run("add", "--name", person.name, typed="123\n").exit_code == 1
    assert session.scalar(sa.select(sa.func.count(Account.id))) == 1


def test_roles_are_given_where_they_fit_listed_and_ended(app, run, session):
    teacher = settled(app, session)
    county = factories.school(session, kind="county", name="虚构东县")
    word = ("--account", teacher.account_id)
    for wrong in (
        ("--role", "school_admin", "--at", county.code),
        ("--role", "county_admin"),
        ("--role", "operator", "--at", "x"),
    ):
        assert run("appoint", *word, *wrong).exit_code == 1, wrong
    assert run("appoint", *word, "--role", "workshop_leader").exit_code == 2
    assert run("appoint", *word, "--role", "county_admin", "--at", county.code).exit_code == 0
    assert "已担任" in run("appoint", *word, "--role", "county_admin", "--at", county.code).output
    held = session.scalars(sa.select(Appointment)).one()
    assert "虚构东县" in run("list").output
    assert "虚构东县" not in run("list", "--role", "operator").output
    for _ in range(2):
        assert run("end", held.id).exit_code == 0
    assert "虚构东县" not in run("list").output
    assert run("end", held.id + 1).exit_code == 1


def test_a_lost_phone_is_reset(app, run, session):
    teacher = settled(app, session)
    give_phone(session, collaborators(app), teacher.account_id)
    assert "已重置" in run("reset-second-factor", typed=f"{teacher.id_number}\n").output
    assert session.get(SecondFactor, teacher.account_id) is None
    assert "还没有设置" in run("reset-second-factor", "--account", teacher.account_id).output
