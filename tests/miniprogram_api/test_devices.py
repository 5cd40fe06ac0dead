"""GET and DELETE /v1/me/devices."""

import pytest
import sqlalchemy as sa

from models import SignInRecord, StudySession
from services import log_ins
from tests.miniprogram_api.study_room import Player, room
from tests.teachers import Teacher, bearer, collaborators, settled, sign_in, tokens

PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0.47"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120 Safari/537"
HOSTILE = "<script>Chrome</script>\t\x7f" + "x" * 9000


def code_of(reply) -> str:
    assert reply.mimetype == "application/problem+json", reply.text
    return reply.get_json()["code"]


@pytest.fixture
def teacher(app, session):
    return settled(app, session)


@pytest.fixture
def log_in(client, teacher):
    def log_in(agent):
        body = {"id_number": teacher.id_number, "password": teacher.password}
        reply = client.post("/v1/auth/password", json=body, headers={"User-Agent": agent})
        assert reply.status_code == 200
        return reply.get_json()

    return log_in


def listed(client, pair):
    reply = client.get("/v1/me/devices", headers=bearer(pair))
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def refresh(client, pair, agent=PHONE):
    body = {"refresh_token": pair["refresh_token"]}
    return client.post("/v1/auth/refresh", json=body, headers={"User-Agent": agent})


class TestList:
    def test_each_log_in_is_told_by_its_device_the_one_used_last_first(self, client, clock, log_in):
        phone = log_in(PHONE)
        clock.advance(60)
        desk = log_in(DESK)
        clock.advance(600)
        phone = refresh(client, phone).get_json()
        first, second = listed(client, desk)
        assert first == {
            "device_id": first["device_id"],
            "device": "微信 Android",
            "route": "web",
            "signed_in_at": "2022-08-01T01:00:00Z",
            "last_used_at": "2022-08-01T01:11:00Z",
            "current": False,
        }
        assert (second["device"], second["current"]) == ("Chrome Windows", True)
        assert [row["current"] for row in listed(client, phone)] == [True, False]

    def test_what_a_header_says_is_never_repeated(self, client, log_in):
        reply = client.get("/v1/me/devices", headers=bearer(log_in(HOSTILE)))
        assert [row["device"] for row in reply.get_json()] == ["Chrome"]
        assert "script" not in reply.text

    def test_no_family_is_told(self, app, client, clock, log_in):
        pair = log_in(PHONE)
        family = collaborators(app).tokens.read_access(pair["access_token"], clock()).family
        assert family not in client.get("/v1/me/devices", headers=bearer(pair)).text


class TestEnd:
    def test_that_log_in_ends_at_once_and_the_others_go_on(self, client, session, teacher, log_in):
        mine, other = log_in(DESK), log_in(PHONE)
        [row] = [row for row in listed(client, mine) if not row["current"]]
        path = f"/v1/me/devices/{row['device_id']}"
        reply = client.delete(path, headers=bearer(mine))
        assert (reply.status_code, reply.data) == (204, b"")
        assert code_of(client.get("/v1/me", headers=bearer(other))) == "bad_token"
        assert code_of(refresh(client, other)) == "bad_token"
        assert [row["current"] for row in listed(client, mine)] == [True]
        assert client.delete(path, headers=bearer(mine)).status_code == 204  # it has ended, as was asked
        written = session.scalars(sa.select(SignInRecord).where(SignInRecord.account_id == teacher.account_id)).all()
        assert [(record.result, record.device) for record in written if record.result == "out"] == [
            ("out", "微信 Android")
        ]

    def test_ones_own_may_be_ended_too(self, client, log_in):
        mine = log_in(PHONE)
        [row] = listed(client, mine)
        assert client.delete(f"/v1/me/devices/{row['device_id']}", headers=bearer(mine)).status_code == 204
        assert code_of(client.get("/v1/me", headers=bearer(mine))) == "bad_token"

    def test_anothers_is_not_found_and_goes_on(self, app, client, session, log_in):
        colleague = settled(app, session)
        theirs = tokens(client, colleague)
        [row] = listed(client, theirs)
        reply = client.delete(f"/v1/me/devices/{row['device_id']}", headers=bearer(log_in(PHONE)))
        assert (reply.status_code, code_of(reply)) == (404, "not_found")
        assert client.get("/v1/me", headers=bearer(theirs)).status_code == 200

    @pytest.mark.parametrize(
        "odd", ["0", "x" * 32, "F" * 32, "f" * 31, "f" * 33, "%00" * 32, "１" * 32, "../me", "0" * 32]
    )
    def test_what_names_none_is_not_found(self, client, log_in, odd):
        mine = log_in(PHONE)
        assert client.delete(f"/v1/me/devices/{odd}", headers=bearer(mine)).status_code in (404, 405)
        assert len(listed(client, mine)) == 1

    def test_a_family_is_no_name_of_its_log_in(self, app, client, clock, log_in):
        mine = log_in(PHONE)
        family = collaborators(app).tokens.read_access(mine["access_token"], clock()).family
        assert client.delete(f"/v1/me/devices/{family}", headers=bearer(mine)).status_code == 404


class TestEndOthers:
    def test_every_log_in_but_this_one_ends(self, app, client, session, log_in):
        others = [log_in(PHONE), log_in(DESK), log_in("")]
        mine = log_in(DESK)
        theirs = tokens(client, settled(app, session))
        for _ in range(2):
            assert client.delete("/v1/me/devices", headers=bearer(mine)).status_code == 204
        for pair in others:
            assert code_of(client.get("/v1/me", headers=bearer(pair))) == "bad_token"
            assert code_of(refresh(client, pair)) == "bad_token"
        assert [row["current"] for row in listed(client, mine)] == [True]
        assert client.get("/v1/me", headers=bearer(theirs)).status_code == 200
        assert refresh(client, mine).status_code == 200


class TestPlayer:
    """Two log-ins of the teacher in front of a lesson: `here` plays, `there` does not."""

    @pytest.fixture
    def here(self, app, client, session, clock):
        return room(app, client, session, clock)

    @pytest.fixture
    def there(self, app, client, here):
        return sign_in(client, Teacher(here.account_id, "", here.id_number, "xin-mima-2022")).get_json()

    @pytest.fixture
    def player(self, here) -> Player:
        player = here.open()
        player.watch(0, 20)
        return player

    def device(self, app, clock, headers) -> str:
        token = headers["Authorization"].split()[1]
        return log_ins.name_of(collaborators(app).tokens.read_access(token, clock()).family)

    def test_of_a_log_in_that_was_ended_earns_nothing_more(self, app, client, clock, here, there, player):
        path = f"/v1/me/devices/{self.device(app, clock, here.headers)}"
        assert client.delete(path, headers=bearer(there)).status_code == 204
        assert player.beat([20, 40])["state"] == "displaced"
        assert player.last["credited"] == 20

    @pytest.mark.parametrize("every", [True, False], ids=["all the others", "one"])
    def test_of_a_log_in_that_goes_on_is_not_disturbed(self, app, client, clock, here, there, player, every):
        path = "/v1/me/devices" if every else f"/v1/me/devices/{self.device(app, clock, bearer(there))}"
        assert client.delete(path, headers=here.headers).status_code == 204
        assert player.beat([20, 40])["credited"] == 40

    def test_of_the_others_earns_nothing_more(self, client, there, player):
        assert client.delete("/v1/me/devices", headers=bearer(there)).status_code == 204
        assert player.beat([20, 40])["state"] == "displaced"

    def test_of_an_unknown_log_in_earns_nothing_more(self, app, client, session, clock, here, there, player):
        session.execute(sa.update(StudySession).values(family_id=None))  # opened before log-ins were kept
        session.commit()
        path = f"/v1/me/devices/{self.device(app, clock, bearer(there))}"
        assert client.delete(path, headers=here.headers).status_code == 204
        assert player.beat([20, 40])["state"] == "displaced"
