"""flask demonstration load: what `make run` shows a newcomer."""

import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from models import Account, Course, Coverage, Enrolment, Lesson, Programme
from server.cli.demonstration import demonstration_group
from services import demonstration, id_numbers, programmes, second_factor
from tests.programmes.notices import local
from tests.teachers import Teacher, bearer, collaborators, sign_in, tokens

FIRST = "Haolaoshi123"


@pytest.fixture
def accounts(tmp_path):
    return tmp_path / "demo" / "accounts.json"


@pytest.fixture
def load(app, accounts):
    def run():
        done = app.test_cli_runner().invoke(demonstration_group, ["load", "--accounts", str(accounts)])
        assert done.exit_code == 0, done.output
        return json.loads(accounts.read_text())

    return run


def count(session, model) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_it_invents_a_whole_small_city(load, session):
    people = load()
    assert len(people) == len({person["id_number"] for person in people}) >= 32
    keys = ("role", "name", "id_number", "password")
    assert {tuple(person) for person in people} == {keys, (*keys, "second_factor")}
    teachers = [person for person in people if tuple(person) == keys]
    assert people[: len(teachers)] == teachers
    assert {person["role"] for person in teachers} == {"teacher"}
    assert all(id_numbers.parse(person["id_number"]).number.startswith("999999") for person in people)
    assert {row.slug for row in programmes.every(session)} == {"demonstration", "demonstration-fast"}
    assert count(session, Enrolment) == 2 * len(teachers)
    assert (count(session, Course), count(session, Lesson)) == (16, 24)
    assert count(session, Account) == len(people)


def test_the_file_of_accounts_is_the_owners_alone(load, accounts):
    load()
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
    load()
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600


def test_the_accounts_sign_in_with_the_notices_first_password(load, client):
    person = load()[3]
    assert person["password"] == FIRST
    reply = sign_in(client, Teacher(0, person["name"], person["id_number"], FIRST))
    assert reply.status_code == 200
    assert reply.get_json()["must_change_password"] is True


def test_the_staffs_codes_come_from_the_file_alone(load, accounts, app, monkeypatch):
    operator = next(person for person in load() if person["role"] == "operator")
    monkeypatch.setitem(app.extensions, "xueshi", None)
    said = app.test_cli_runner().invoke(demonstration_group, ["codes", "--accounts", str(accounts)]).output
    shown = re.search(rf"平台运维 +\S+ +{operator['id_number']} +(\d{{6}})\n", said)[1]
    moment = datetime.now(UTC)
    assert shown in {second_factor.code_at(operator["second_factor"], moment - timedelta(seconds=s)) for s in (0, 30)}


def test_without_the_file_it_says_what_to_do(app, tmp_path):
    missing = tmp_path / "accounts.json"
    said = app.test_cli_runner().invoke(demonstration_group, ["codes", "--accounts", str(missing)])
    assert (said.exit_code, "make run" in said.output) == (1, True)
    missing.write_text('[{"second_factor": 1}]')
    said = app.test_cli_runner().invoke(demonstration_group, ["codes", "--accounts", str(missing)])
    assert (said.exit_code, "不能读取" in said.output) == (1, True)


def test_again_nothing_is_added(load, session):
    first = load()
    before = {model: count(session, model) for model in (Account, Enrolment, Course, Lesson, Programme)}
    session.commit()
    assert load() == first
    assert {model: count(session, model) for model in before} == before


def test_a_changed_password_stays_changed(load, client):
    person = load()[0]
    teacher = Teacher(0, person["name"], person["id_number"], FIRST)
    body = {"old_password": FIRST, "new_password": "bieren-bu-zhidao-7"}
    assert client.put("/v1/me/password", json=body, headers=bearer(tokens(client, teacher))).status_code == 204
    assert load()[0]["password"] == FIRST
    assert sign_in(client, teacher, FIRST).status_code == 401
    assert sign_in(client, teacher, "bieren-bu-zhidao-7").status_code == 200


class TestAsTimeGoesBy:
    def test_the_next_day_the_same_version_stays(self, load, session, clock):
        load()
        clock.advance(seconds=100 * 86400)
        load()
        assert [row.version for row in programmes.every(session)] == [1, 1]

    def test_when_its_dates_have_passed_a_new_version_takes_the_enrolments_over(self, load, session, clock):
        load()
        enrolment = session.scalars(sa.select(Enrolment)).first()
        lesson = session.scalars(sa.select(Lesson)).first()
        session.add(
            Coverage(enrolment_id=enrolment.id, lesson_id=lesson.id, bitmap=b"", credited=9, updated_at=clock())
        )
        session.commit()
        clock.set(local("2023-03-01T08:00"))
        load()
        assert [(row.slug, row.version) for row in programmes.every(session)] == [
            ("demonstration", 2),
            ("demonstration", 1),
            ("demonstration-fast", 2),
            ("demonstration-fast", 1),
        ]
        newest = programmes.latest(session, "demonstration")
        assert programmes.get(session, newest.id).changes
        versions = session.scalars(sa.select(Programme.version).join(Enrolment, Enrolment.programme_id == Programme.id))
        assert set(versions) == {2}
        assert session.scalar(sa.select(sa.func.sum(Coverage.credited))) == 9

    def test_a_changed_template_is_published_too(self, app, session, clock, monkeypatch):
        demonstration.load(session, collaborators(app), clock())
        render = demonstration.demonstration.render
        monkeypatch.setattr(
            demonstration.demonstration, "render", lambda *args: render(*args).replace("mark = 90", "mark = 89")
        )
        demonstration.load(session, collaborators(app), clock())
        assert programmes.latest(session, "demonstration").version == 2
