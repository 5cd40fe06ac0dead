"""Stories of honest teachers and of cheats, each on the pure rules and on Redis."""

from typing import Any

import msgspec
import pytest
from redis import Redis

from heartbeat.state import MAX_RESENDS, BeatCommand, Outcome, Rules
from tests.heartbeat.histories import OPEN_ALWAYS, Answer, Beat, Open, Player, RedisStore, Rulebook

MINUTE = Rules(windows=OPEN_ALWAYS, presence_min_ms=60_000, presence_max_ms=60_000, max_silence_ms=180_000)


@pytest.fixture(params=["rules", "redis"])
def player(request: pytest.FixtureRequest) -> Player:
    store = Rulebook() if request.param == "rules" else RedisStore(request.getfixturevalue("redis"))
    return Player(store, MINUTE)


def watch(player: Player, start: int, stop: int, **more: Any) -> Outcome:
    values = {"wait_ms": 20_000, "which": 0, "step": 1, "acked_ahead": 0, "late_ms": 0, "end": False} | more
    told = player.play(Beat(segments=((start, stop, False),), **values))
    assert told.outcome
    return told.outcome


def test_one_short_lesson_after_the_other_is_checked_all_the_same(player: Player) -> None:
    asked = 0
    for lesson in range(1, 7):
        player.play(Open(0, lesson, "phone", take_over=False))
        for start in (0, 20):
            outcome = watch(player, start, start + 20, end=start == 20)
            assert outcome.session
        asked += outcome.session.checks_asked
    assert asked >= 2, "40 s a lesson, a check a minute"


def test_opening_again_does_not_make_an_unanswered_check_go_away(player: Player) -> None:
    player.play(Open(0, 1, "phone", take_over=False))
    for start in (0, 20, 40, 60, 80):
        watch(player, start, start + 20)
    opened = player.play(Open(0, 2, "phone", take_over=False)).outcome
    assert opened
    assert opened.session
    assert opened.session.presence == "challenged"
    held = watch(player, 0, 20)
    assert held.session
    assert (held.session.credited, held.session.pending) == (0, 20)
    freed = player.play(Answer(0, 0, right_check=True, right_answer=True)).outcome
    assert freed
    assert freed.session
    assert (freed.session.credited, freed.session.presence) == (20, "playing")


def test_a_check_that_a_tunnel_swallowed_still_has_its_time_to_be_answered(player: Player) -> None:
    player.play(Open(0, 1, "phone", take_over=False))
    for start in (0, 20):
        watch(player, start, start + 20)
    watch(player, 40, 60)  # asked here, and the reply is lost
    made_at = player.now_ms
    player.now_ms += 160_000
    for index in range(2):
        start = 60 + 20 * index
        late = player.now_ms - made_at - 20_000 * (index + 1)
        outcome = watch(player, start, start + 20, wait_ms=0, acked_ahead=-1 - index, late_ms=late)
        assert outcome.session
        assert outcome.session.presence == "challenged"
    assert outcome.session.pending == 40
    answered = player.play(Answer(30_000, 0, right_check=True, right_answer=True)).outcome
    assert answered
    assert answered.session
    assert answered.session.credited == 100


def test_a_pause_cannot_be_saved_up_beyond_one_silence_whatever_the_clock_says(player: Player) -> None:
    player.play(Open(0, 1, "phone", take_over=False))
    for turn in range(3):
        player.play(Beat(180_000, 0, (), 1, 0, 180_000 * (turn + 1) - turn - 1, end=False))
    outcome = watch(player, 0, 120, wait_ms=180_000, late_ms=720_000 - 5)
    assert outcome.session
    assert outcome.session.credited == 120
    again = player.play(Open(0, 2, "phone", take_over=False))
    assert again.outcome
    assert watch(player, 0, 120, wait_ms=0).session.credited == 0  # type: ignore[union-attr]


def test_redis_older_than_what_sql_told_asks_three_times_and_goes_on(redis: "Redis") -> None:
    store = RedisStore(redis)
    player = Player(store, Rules(windows=OPEN_ALWAYS))
    player.play(Open(0, 1, "phone", take_over=False))
    watch(player, 0, 20)
    older = {key: redis.dump(key) for key in redis.scan_iter()}
    watch(player, 20, 40)
    watch(player, 40, 60)
    for key, value in older.items():
        redis.restore(key, 0, value, replace=True)
    (place,) = player.places
    command = BeatCommand(
        now_ms=player.now_ms + 20_000, seq=4, acked=3, at_ms=player.now_ms + 20_000, segments=[(60, 80, False)],
        day=20220801, end=False, entropy=player.entropy(),
    )  # fmt: skip
    for _ in range(MAX_RESENDS):  # a reply may be lost; a client that no longer holds anything sends the same again
        assert store.beat(place, command).kind == "resend"
    outcome = store.beat(place, msgspec.structs.replace(command, now_ms=command.now_ms + 100))
    assert outcome.kind == "ok"
    assert outcome.session
    assert (outcome.session.seq, outcome.session.credited) == (4, 40)


def test_after_a_loss_a_second_device_is_asked_as_always(redis: "Redis") -> None:
    store = RedisStore(redis)
    player = Player(store, Rules(windows=OPEN_ALWAYS, second_device="refuse"), lost_ms=179_000)
    assert player.play(Open(0, 1, "phone", take_over=False)).outcome.kind == "ok"  # type: ignore[union-attr]
    assert player.play(Open(2_000, 1, "tablet", take_over=True)).outcome.kind == "conflict"  # type: ignore[union-attr]
