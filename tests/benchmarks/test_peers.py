"""The comparison with peers in its short form: everything but Kolibri, which would have to be downloaded.

The systems run once for all tests here, on one PostgreSQL, and are attacked as `python -m benchmarks.peers` attacks them. Only the
Flask view's servers are not killed: what is killed behind it is the same as behind the lane.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from benchmarks.peers import attacks, capacity, tables
from benchmarks.peers.__main__ import EAGER_MS, running
from benchmarks.peers.edusoho import EduSoho
from benchmarks.peers.ours import Ours
from benchmarks.peers.playedu import PlayEdu
from benchmarks.peers.roncoo import Roncoo
from benchmarks.peers.systems import System
from benchmarks.peers.tianji import Tianji
from tests.servers import PostgresServer, RedisServer

LANE, VIEW = "Xueshi lane", "Xueshi Flask view"
BLOODLESS = [attack for attack in attacks.ATTACKS if not attack.name.startswith("kill")]
Rates = dict[str, dict[str, dict[str, float]]]


@pytest.fixture(scope="module")
def systems(postgres_server: PostgresServer, redis_server: RedisServer) -> Iterator[dict[str, System]]:
    """Each with a Redis of its own; the other fixture says whether there is one."""
    chosen: list[System] = [Ours(worker, EAGER_MS, postgres_server) for worker in ("asgi", "gthread")]
    chosen += [peer(postgres_server) for peer in (PlayEdu, EduSoho, Roncoo, Tianji)]
    with running(chosen):
        yield {system.name: system for system in chosen}


@pytest.fixture(scope="module")
def rates(systems: dict[str, System]) -> Rates:
    view = systems[VIEW]
    killed = [system for system in systems.values() if system is not view]
    return attacks.run(killed) | attacks.run([view], BLOODLESS)


@pytest.fixture(scope="module")
def figures(systems: dict[str, System], rates: Rates) -> dict[str, dict[str, Any]]:
    tiny = capacity.Size(rounds=1, round_s=0.5, learners=100)
    return capacity.measure(list(systems.values()), tiny)


class TestAttacks:
    @pytest.mark.parametrize(("ours", "attacked"), [(LANE, attacks.ATTACKS), (VIEW, BLOODLESS)])
    def test_nobody_gets_more_than_a_second_a_second_and_nobody_honest_less(
        self, rates: Rates, ours: str, attacked: Sequence[attacks.Attack]
    ) -> None:
        assert list(rates[ours]["credited"]) == [attack.name for attack in attacked], "all were run"
        assert attacks.broken_promises(rates[ours]) == []

    @pytest.mark.parametrize("peer", ["PlayEdu", "EduSoho", "roncoo", "Tianji"])
    def test_every_book_of_a_peer_credits_honest_play_in_full(self, rates: Rates, peer: str) -> None:
        assert [book["honest"] for book in rates[peer].values()] == pytest.approx([1.0] * len(rates[peer]))

    def test_who_believes_positions_credits_what_was_never_played(self, rates: Rates) -> None:
        believers = ("PlayEdu", "finished_duration"), ("roncoo", "current_duration"), ("Tianji", "finished")
        for peer, book in believers:
            assert rates[peer][book]["forged position"] == pytest.approx(10)
            assert rates[peer][book]["16×"] == pytest.approx(16)

    def test_what_waits_in_the_memory_of_a_server_dies_with_it(self, rates: Rates) -> None:
        assert rates["Tianji"]["finished"]["kill −9 before SQL"] < 0.1

    def test_the_table_has_a_line_for_each_attack_and_a_column_for_each_book(self, rates: Rates) -> None:
        lines = tables.attack_table(rates).splitlines()
        assert len(lines) == 2 + len(attacks.ATTACKS)
        assert lines[1].split() == [book for books in rates.values() for book in books]


class TestBrokenPromises:
    def test_credit_beyond_real_time_is_one(self) -> None:
        assert attacks.broken_promises({"credited": {"giant claim": 1.2}}) == ["giant claim: 1.200 > 1"]

    def test_a_second_taken_from_somebody_honest_is_one(self) -> None:
        assert attacks.broken_promises({"credited": {"late ping": 0.99}}) == ["late ping: 0.990 < 1"]


class TestCapacity:
    def test_the_books_agree_and_every_part_of_the_cost_is_seen(self, figures: dict[str, dict[str, Any]]) -> None:
        assert set(figures) == {
            "Xueshi lane", "Xueshi lane, 60 s", "Xueshi Flask view", "Xueshi Flask view, 60 s",
            "PlayEdu", "EduSoho", "roncoo", "Tianji",
        }  # fmt: skip
        assert set(figures["Xueshi lane"]["us_per_ping"]) == {"web", "flusher", "redis", "postgresql"}
        assert all(one["pings_per_cpu_s"] > 0 for one in figures.values())

    def test_each_target_is_a_ratio_of_two_that_ran(self, figures: dict[str, dict[str, Any]]) -> None:
        found = {target.what: target.measured for target in tables.targets(figures)}
        lane, playedu = (figures[name]["pings_per_cpu_s"] for name in ("Xueshi lane", "PlayEdu"))
        assert found["lane / PlayEdu: pings"] == pytest.approx(lane / playedu)
        assert not any("Kolibri" in what for what in found)
        assert len(tables.capacity_table(figures).splitlines()) == 1 + len(figures)
