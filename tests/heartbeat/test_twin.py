"""I5: the Python rules and the Lua give the same reply and the same state for every history."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from heartbeat.state import Rules
from tests.heartbeat.histories import Player, RedisStore, Rulebook, Step, counting_rules, histories


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=counting_rules, history=histories, lost_ms=st.sampled_from([0, 0, 0, 1, 20_000, 179_000, 300_000]))
def test_rules_and_lua_agree_on_every_reply_and_every_byte(
    redis: "Redis", rules: Rules, history: list[Step], lost_ms: int
) -> None:
    redis.flushdb()
    book, store = Player(Rulebook(), rules, lost_ms), Player(RedisStore(redis), rules, lost_ms)
    for step in history:
        assert store.play(step) == book.play(step)
        assert store.store.snapshot() == book.store.snapshot()
