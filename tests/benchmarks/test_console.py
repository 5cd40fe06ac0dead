"""The console's benchmark in its tiniest form: every page it asks for holds what it should. No figure counts here."""

from benchmarks import console, tables
from tests.servers import PostgresServer, RedisServer


def test_every_page_that_is_measured_is_there(redis_server: RedisServer, postgres_server: PostgresServer) -> None:
    found = console.run(count=400, rounds=1)
    assert found["requests"].keys() >= console.GOALS.keys()
    assert all(figures["median_ms"] > 0 for figures in found["requests"].values())
    told = tables.console(found)
    assert all(f"| {name} |" in told for name in found["requests"])
    assert len(list(tables._goals({"console": found}))) == len(console.GOALS)
