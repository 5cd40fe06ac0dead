import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from heartbeat import keys
from heartbeat.flusher import Flusher
from models import Coverage, Enrolment, StudySession
from server.database import db, make_engine
from services.collaborators import Collaborators
from tests import factories
from tests.miniprogram_api.study_room import CHECK_AFTER_A_MINUTE, DURATION, Room, room

DAY_CAP = ("[counting]\n", "[counting]\nday_cap = 100\n")

pytestmark = pytest.mark.usefixtures("front")


@pytest.fixture
def studying(app, client, session, clock) -> Callable[..., Room]:
    return lambda *changes: room(app, client, session, clock, *changes)


def flush(room: Room) -> None:
    using: Collaborators = room.app.extensions["xueshi"]
    engine = make_engine(str(room.session.get_bind().engine.url))
    Flusher(engine, using.store, using.clock).drain()
    engine.dispose()
    room.session.expire_all()


class TestOpen:
    def test_says_what_the_player_needs(self, studying):
        opened = studying().open().opened
        assert opened["duration"] == DURATION
        assert opened["resume_at"] == 0
        assert opened["credited"] == 0
        assert opened["coverage"] == []
        assert opened["beat_every_ms"] == 20_000
        assert opened["rules"]["max_rate"] == 1.0
        assert opened["media_url"] == "/media/sample.mp4"
        assert opened["today"] == {"credited": 0, "cap": None}

    def test_says_what_today_has_brought_to_the_enrolment_up_to_the_last_beat(self, studying, session, clock):
        clock.set(clock().replace(hour=15, minute=57))  # three minutes before midnight in China
        room = studying(DAY_CAP)
        other = factories.lesson(session, room.lesson.course, duration=DURATION)
        session.commit()
        room.open().watch(0, 40)
        assert room.open(lesson_id=other.id).opened["today"] == {"credited": 40, "cap": 100}
        player = room.open(lesson_id=other.id)
        assert player.watch(0, 80)["session"]["withheld"] == {"day_cap": 20}
        assert room.open().opened["today"] == {"credited": 100, "cap": 100}
        clock.set(clock().replace(hour=16, minute=0, second=0))
        assert room.open().opened["today"] == {"credited": 0, "cap": 100}
        assert room.open().beat([100, 120])["session"]["credited"] == 20

    def test_says_what_today_has_brought_also_where_redis_lost_it(self, studying, redis):
        room = studying()
        room.open().watch(0, 40)
        flush(room)
        redis.flushall()
        assert room.open().opened["today"] == {"credited": 40, "cap": None}

    def test_resumes_where_the_last_player_stopped(self, studying):
        room = studying()
        player = room.open()
        player.watch(0, 60)
        player.beat([200, 220], where="end")
        opened = room.open().opened
        assert opened["coverage"] == [[0, 60], [200, 220]]
        assert opened["credited"] == 80
        assert opened["resume_at"] == 220

    def test_where_skipping_is_forbidden_it_resumes_where_it_will_count(self, studying):
        room = studying(("may_skip_ahead = true", "may_skip_ahead = false"))
        player = room.open()
        player.watch(0, 60)
        player.beat([900, 920], where="end")
        again = room.open()
        assert again.opened["resume_at"] == 60
        assert again.beat([60, 80])["credited"] == 80

    def test_another_device_is_asked_before_it_takes_over(self, studying):
        room = studying()
        phone = room.open("phone")
        phone.beat([0, 20])
        refused = room.ask("pc")
        assert refused.status_code == 409
        problem = refused.get_json()
        assert problem["code"] == "playing_elsewhere"
        assert problem["device"] == "phone"
        assert problem["since"].endswith("+08:00")
        pc = room.open("pc", take_over=True)
        assert phone.beat([20, 40])["state"] == "displaced"
        assert phone.last["session"]["withheld"] == {"displaced": 20}
        assert "另一台设备" in phone.last["message"]
        assert pc.beat([20, 40])["credited"] == 40

    def test_the_same_device_opens_again_without_being_asked(self, studying):
        room = studying()
        room.open("phone").beat([0, 20])
        assert room.open("phone").opened["credited"] == 20

    def test_a_programme_may_refuse_the_second_device(self, studying):
        room = studying(('second_device = "ask"', 'second_device = "refuse"'))
        room.open("phone").beat([0, 20])
        refused = room.ask("pc", take_over=True)
        assert refused.status_code == 409
        assert refused.get_json()["may_take_over"] is False

    def test_a_device_that_went_silent_is_no_obstacle(self, studying, clock):
        room = studying()
        room.open("phone").beat([0, 20])
        clock.advance(181)
        room.open("pc")

    @pytest.mark.parametrize("name", ["enrolment_id", "lesson_id"])
    @pytest.mark.parametrize("value", [0, -1, 999_999, 2**63, 2**200])
    def test_what_is_not_there_or_anothers_is_not_found(self, studying, name, value):
        assert studying().ask(**{name: value}).status_code == 404

    def test_opening_many_players_gives_no_time(self, studying, clock):
        room = studying()
        clock.advance(60)
        for _ in range(5):
            player = room.open()
            assert player.beat([0, 60], after=0)["session"]["credited"] == 0


class TestBeat:
    def test_watching_is_credited_to_the_second(self, studying):
        last = studying().open().watch(0, 100)
        assert last["credited"] == 100
        assert last["session"] == {"reported": 100, "credited": 100, "pending": 0, "withheld": {}}
        assert last["state"] == "playing"
        assert "message" not in last

    def test_the_same_beat_again_gives_the_same_reply(self, studying, clock):
        player = studying().open()
        first = player.beat([0, 20])
        body = player.body([0, 20]) | {"seq": 1, "acked": 0}
        clock.advance(5)
        assert player.send(body).get_json() == first
        assert player.send(body | {"played": [[20, 25]]}).get_json() == first

    def test_a_claim_beyond_the_clock_is_too_fast(self, studying):
        player = studying().open()
        last = player.beat([0, DURATION])
        assert last["credited"] == 20
        assert last["session"]["withheld"] == {"too_fast": DURATION - 20}
        assert last["message"].startswith("上报的播放时长")

    def test_paused_time_cannot_be_saved_up(self, studying):
        player = studying().open()
        player.beat(after=60)
        assert player.beat([0, 30], after=0)["credited"] == 2

    def test_a_tunnel_loses_nothing(self, studying):
        player = studying().open()
        player.beat([0, 20])
        assert player.beat([20, 170], after=150)["credited"] == 170

    def test_beats_queued_in_a_tunnel_lose_nothing_either(self, studying, clock):
        player = studying().open()
        player.beat([0, 20])
        queued = []
        for start in (20, 40, 60, 80):
            clock.advance(20)
            queued.append(player.body([start, start + 20]) | {"seq": 2 + len(queued)})
        clock.advance(1)
        replies = [player.send(body).get_json() for body in queued]
        assert [reply["credited"] for reply in replies] == [40, 60, 80, 100]

    def test_beyond_the_longest_silence_is_a_gap(self, studying):
        player = studying().open()
        player.beat([0, 20])
        last = player.beat([20, 320], after=300)
        assert last["session"]["withheld"] == {"gap": 120}
        assert last["credited"] == 200

    def test_seconds_out_of_sight_are_withheld_once(self, studying):
        last = studying().open().beat([0, 20], hidden=[[5, 15]])
        assert last["session"] == {"reported": 20, "credited": 10, "pending": 0, "withheld": {"hidden": 10}}

    def test_watching_again_is_a_repeat(self, studying):
        player = studying().open()
        player.beat([0, 20])
        assert player.beat([0, 20])["session"]["withheld"] == {"repeat": 20}

    def test_after_the_deadline_nothing_counts(self, studying, clock):
        room = studying()
        player = room.open()
        player.beat([0, 20])
        clock.set(clock().replace(month=11))
        room.client.post("/v1/auth/refresh", json={"refresh_token": "x"})
        late = room.app.extensions["xueshi"].tokens
        claims = late.read_study(player.opened["study_token"], clock() - timedelta(days=92))
        player.opened["study_token"] = late.issue_study(claims, clock() + timedelta(hours=1), clock())
        last = player.beat([20, 40])
        assert last["state"] == "closed"
        assert last["session"]["withheld"] == {"closed": 20}

    def test_a_forced_order_withholds_what_was_skipped(self, studying):
        room = studying(("may_skip_ahead = true", "may_skip_ahead = false"))
        player = room.open()
        player.beat([0, 10])
        told = player.beat([100, 110])
        assert told["session"]["withheld"] == {"skipped": 10}
        assert told["resume_at"] == 10
        assert player.beat([10, 20])["credited"] == 20

    def test_a_session_that_redis_lost_is_gone_and_its_time_comes_back(self, studying, redis):
        room = studying()
        player = room.open()
        player.watch(0, 60)
        flush(room)
        player.watch(60, 80)
        redis.flushall()
        room.clock.advance(20)
        gone = player.send(player.body([80, 100]))
        assert gone.status_code == 410
        assert gone.get_json()["code"] == "session_gone"
        again = room.open()
        assert again.opened["credited"] == 60
        assert again.beat([60, 100], after=0)["credited"] == 100

    def test_a_session_that_redis_lost_before_anything_was_flushed_loses_nothing_either(self, studying, redis):
        room = studying()
        room.open()
        room.clock.advance(20)
        redis.flushall()
        assert room.open().beat([0, 20], after=0)["credited"] == 20

    def test_where_redis_came_back_older_it_asks_for_what_is_missing(self, studying, redis):
        room = studying()
        player = room.open()
        player.watch(0, 40)
        older = {key: redis.dump(key) for key in redis.scan_iter()}
        queued = []
        for start in (40, 60):
            queued.append(player.body([start, start + 20]))
            player.beat([start, start + 20])
            queued[-1]["at"] = room.clock().isoformat()
        for key, value in older.items():
            redis.restore(key, 0, value, replace=True)
        told = player.beat([80, 100])
        assert told["resend_from"] == 3
        assert told["seq"] == 2
        queued.append(player.body([80, 100]) | {"seq": 5, "acked": 4})
        replies = [player.send(body).get_json() for body in queued]
        assert [reply["credited"] for reply in replies] == [60, 80, 100]

    def test_needs_a_study_token(self, studying):
        player = studying().open()
        for headers in ({}, player.room.headers, {"Authorization": "Bearer x.y.z"}):
            reply = player.room.client.post("/v1/study/beats", json=player.body([0, 1]), headers=headers)
            assert reply.status_code == 401

    @pytest.mark.parametrize(
        "broken",
        [
            {"seq": 0}, {"seq": -1}, {"seq": 2**31}, {"seq": 1.5}, {"seq": "1"}, {"seq": None}, {"seq": True},
            {"acked": -1}, {"acked": "0"}, {"at": "yesterday"}, {"at": "2022-08-01T09:00:00"}, {"at": 1659315600},
            {"played": None}, {"played": [[5, 5]]}, {"played": [[6, 5]]}, {"played": [[-1, 5]]}, {"played": [[0, DURATION + 1]]},
            {"played": [[0]]}, {"played": [[0, 1, 2]]}, {"played": [["0", "1"]]}, {"played": [[0, 1]] * 33}, {"played": [[0, 2**70]]},
            {"hidden": [[3, 2]]}, {"rate": 0}, {"rate": -1}, {"rate": "fast"}, {"unknown": 1},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_broken_beat_is_told_which_field_and_changes_nothing(self, studying, redis, broken):
        player = studying().open()
        state = {key: redis.dump(key) for key in redis.scan_iter()}
        for where in ("beats", "end"):
            reply = player.send(player.body([0, 1]) | broken, where)
            assert reply.status_code == 422, reply.text
            assert reply.get_json()["errors"][0]["field"].split(".")[0] in broken
        assert {key: redis.dump(key) for key in redis.scan_iter()} == state

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"null", b"\xff\xfe", b'{"seq":', b'"x"', b"[" * 5000, b"{}", b'{"seq": 1e999}']
    )
    def test_what_is_not_json_is_refused(self, studying, body):
        player = studying().open()
        for where in ("beats", "end", "presence"):
            reply = player.room.client.post(
                f"/v1/study/{where}", data=body, headers=player.headers, content_type="application/json"
            )
            assert reply.status_code == 422, reply.text
            assert reply.mimetype == "application/problem+json"


class TestCoverage:
    def seen(self, player, headers=None):
        return player.room.client.get("/v1/study/coverage", headers=headers or player.headers)

    def test_shows_what_is_credited_and_what_waits_second_by_second(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE).open()
        assert self.seen(player).get_json() == {"credited": 0, "coverage": [], "pending": []}
        player.watch(0, 40)
        player.watch(100, 120)
        assert self.seen(player).get_json() == {"credited": 60, "coverage": [[0, 40], [100, 120]], "pending": []}
        player.beat([30, 50])
        assert self.seen(player).get_json() == {
            "credited": 60,
            "coverage": [[0, 40], [100, 120]],
            "pending": [[40, 50]],
        }
        player.answer(answer=_digits(player))
        assert self.seen(player).get_json() == {"credited": 70, "coverage": [[0, 50], [100, 120]], "pending": []}

    def test_what_became_idle_waits_no_more(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE).open()
        player.watch(0, 80)
        assert self.seen(player).get_json()["pending"] == [[60, 80]]
        player.watch(80, 220)
        assert self.seen(player).get_json() == {"credited": 60, "coverage": [[0, 60]], "pending": []}

    def test_shows_what_other_sessions_were_credited_with(self, studying):
        room = studying()
        first = room.open()
        first.watch(0, 40)
        second = room.open()
        second.watch(40, 60)
        assert self.seen(first).get_json()["coverage"] == self.seen(second).get_json()["coverage"] == [[0, 60]]

    def test_asking_changes_nothing(self, studying, redis):
        player = studying().open()
        player.watch(0, 40)
        state = {key: redis.dump(key) for key in redis.scan_iter()}
        assert self.seen(player).status_code == 200
        assert {key: redis.dump(key) for key in redis.scan_iter()} == state

    def test_a_session_that_redis_lost_is_gone(self, studying, redis):
        player = studying().open()
        redis.flushall()
        reply = self.seen(player)
        assert (reply.status_code, reply.get_json()["code"]) == (410, "session_gone")

    def test_needs_a_study_token(self, studying):
        player = studying().open()
        for headers in ({"Authorization": ""}, player.room.headers, {"Authorization": "Bearer x.y.z"}):
            assert self.seen(player, headers).status_code == 401


class TestPresence:
    def test_a_check_holds_seconds_until_it_is_answered(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE).open()
        asked = player.watch(0, 60)
        assert asked["state"] == "challenged"
        assert asked["challenge"]["answer_within_ms"] == 120_000
        assert asked["credited"] == 60
        held = player.beat([60, 80])
        assert held["session"]["pending"] == 20
        answered = player.answer(answer=_digits(player))
        assert answered["state"] == "playing"
        assert answered["credited"] == 80
        assert answered["session"]["pending"] == 0

    def test_an_unanswered_check_makes_idle_what_followed_and_nothing_before(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE).open()
        player.watch(0, 60)
        last = player.watch(60, 220)
        assert last["state"] == "idle"
        assert last["credited"] == 60
        assert last["session"]["withheld"] == {"idle": 160}
        assert last["challenge"]["id"]
        player.answer(answer=_digits(player))
        assert player.beat([220, 240])["credited"] == 80

    def test_digits_come_as_a_picture_and_a_wrong_answer_may_be_mended(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE, ('kind = "tap"', 'kind = "digits"')).open()
        challenge = player.watch(0, 60)["challenge"]
        assert challenge["kind"] == "digits"
        kind, _, data = challenge["picture"].partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data).startswith(b"\x89PNG")
        assert _digits(player) not in str(player.last)
        wrong = player.answer(answer="no")
        assert wrong["state"] == "challenged"
        assert wrong["message"].startswith("数字不对")
        assert player.answer(answer=_digits(player))["state"] == "playing"

    def test_guessing_is_a_missed_check(self, studying):
        player = studying(*CHECK_AFTER_A_MINUTE, ('kind = "tap"', 'kind = "digits"')).open()
        player.watch(0, 60)
        player.beat([60, 80])
        first = player.last["challenge"]["id"]
        for _ in range(3):
            player.answer(answer="no")
        assert player.last["state"] == "idle"
        assert player.last["session"]["withheld"] == {"idle": 20}
        assert player.last["challenge"]["id"] != first

    def test_a_strict_programme_holds_seconds_since_the_last_proof(self, studying):
        room = studying(*CHECK_AFTER_A_MINUTE, ('holds = "since_check"', 'holds = "since_last_presence"'))
        player = room.open()
        assert player.watch(0, 40)["session"]["pending"] == 40
        ended = player.beat([40, 50], where="end")
        assert ended["state"] == "ended"
        assert ended["session"]["pending"] == 50
        assert player.answer(answer=_digits(player))["credited"] == 50

    def test_an_answer_to_no_open_check_changes_nothing(self, studying):
        player = studying().open()
        player.beat([0, 20])
        reply = player.send({"challenge_id": "none", "answer": "1234"}, "presence").get_json()
        assert reply == player.last


class TestEnd:
    def test_ends_the_session_and_frees_the_account(self, studying):
        room = studying()
        player = room.open("phone")
        assert player.beat([0, 20], where="end")["state"] == "ended"
        room.open("pc")

    def test_what_comes_after_the_end_is_told_so(self, studying):
        player = studying().open()
        player.beat([0, 20], where="end")
        last = player.beat([20, 40])
        assert last["state"] == "ended"
        assert last["session"]["withheld"] == {"ended": 20}


class TestEvidence:
    def test_tells_each_session_with_reasons_in_chinese(self, studying):
        room = studying()
        player = room.open("phone")
        player.beat([0, 20])
        player.beat([0, 10], where="end")
        (entry,) = room.evidence()
        assert entry["session_id"] == player.opened["session_id"]
        assert (entry["reported"], entry["credited"], entry["withheld"]) == (30, 20, {"repeat": 10})
        assert entry["why"]["repeat"].endswith("。")
        assert entry["end_reason"] == "ended"
        assert entry["presence"] == {"asked": 0, "answered": 0, "missed": 0}

    def test_is_up_to_the_last_beat_without_waiting_for_the_flusher(self, studying, session):
        room = studying()
        room.open().watch(0, 40)
        assert room.evidence(lesson_id=room.lesson.id)[0]["credited"] == 40
        session.expire_all()
        assert session.get_one(Enrolment, room.enrolment.id).credited_seconds == 40

    def test_another_lesson_has_none_and_another_teacher_sees_nothing(self, studying, app, client, session, clock):
        mine = studying()
        mine.open().watch(0, 20)
        other = room(app, client, session, clock)
        assert client.get(f"/v1/enrolments/{mine.enrolment.id}/study", headers=other.headers).status_code == 404
        assert client.get("/v1/enrolments/x/study", headers=mine.headers).status_code == 404
        query = {"lesson_id": 2**63}
        assert (
            client.get(
                f"/v1/enrolments/{mine.enrolment.id}/study", query_string=query, headers=mine.headers
            ).status_code
            == 404
        )


class TestCost:
    def test_a_beat_is_one_call_of_redis_and_no_sql(self, studying, app, redis):
        player = studying().open()
        player.beat([0, 20])
        statements = []
        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        before = _calls(redis)
        player.beat([20, 40])
        after = _calls(redis)
        in_the_script = {"mget", "mset", "zadd"}
        called = {name for name, calls in after.items() if calls > before.get(name, 0)} - {"info"}
        assert called - in_the_script == {"evalsha"}
        assert after["evalsha"] - before["evalsha"] == 1
        assert statements == []


def _calls(redis) -> dict[str, int]:
    return {name.removeprefix("cmdstat_"): found["calls"] for name, found in redis.info("commandstats").items()}


class TestAway:
    def test_with_redis_away_a_beat_is_answered_try_again_and_nothing_is_lost(self, studying, make_app):
        room = studying()
        player = room.open()
        player.beat([0, 20])
        away = make_app(redis_url="redis://127.0.0.1:1/0").test_client()
        reply = away.post("/v1/study/beats", json=player.body([20, 40]), headers=player.headers)
        assert reply.status_code == 503
        assert reply.get_json()["code"] == "try_again"
        assert int(reply.headers["Retry-After"]) >= 1
        assert player.beat([20, 40])["credited"] == 40

    def test_with_sql_away_beats_still_count(self, studying, make_app, tmp_path):
        room = studying()
        player = room.open()
        away = make_app(database_url=f"sqlite:///{tmp_path}/nowhere/x.db").test_client()
        room.clock.advance(20)
        reply = away.post("/v1/study/beats", json=player.body([0, 20]), headers=player.headers)
        assert reply.status_code == 200
        assert reply.get_json()["credited"] == 20
        assert away.get("/v1/me", headers=room.headers).status_code == 503

    def test_a_new_password_ends_the_study_sessions_of_before(self, studying):
        room = studying()
        player = room.open()
        player.beat([0, 20])
        body = {"old_password": "xin-mima-2022", "new_password": "geng-xin-2023"}
        assert room.client.put("/v1/me/password", json=body, headers=room.headers).status_code == 204
        assert player.beat([20, 40])["state"] == "displaced"


def test_every_second_in_sql_is_one_that_was_credited(studying, session):
    room = studying()
    player = room.open()
    player.watch(0, 200)
    player.beat([190, 210], where="end")
    flush(room)
    assert session.get_one(Coverage, (room.enrolment.id, room.lesson.id)).credited == player.last["credited"] == 210
    row = session.get_one(StudySession, player.opened["session_id"])
    assert row.withheld == {"repeat": 10}
    assert row.address_masked == "127.0.0.0"


def _digits(player: Any) -> str:
    """What the picture shows, as only the server knows it."""
    store = player.room.app.extensions["xueshi"].store
    session_id = player.opened["session_id"]
    state = store.sessions(player.room.account_id, [session_id])[session_id]
    assert keys.bucket(player.room.account_id) < keys.BUCKETS
    answer: str = state.check_answer
    return answer
