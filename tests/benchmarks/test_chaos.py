"""The chaos run in its short form, and its oracle on doctored results: one that cannot fail proves nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.chaos.faults import LASTS, draw, kinds_for
from benchmarks.chaos.ledger import Book, Claim, Ledger
from benchmarks.chaos.oracle import Sql, acknowledged, judge

ROOT = Path(__file__).parents[2]
PLACE = (7, 3)
FAULTS = (
    "kill_api", "kill_flusher", "kill_redis", "kill_database", "freeze_redis", "lossy_clients", "slow_redis", "half_open_clients",
    "power_cut", "redis_emptied", "redis_older", "step_clock",
)  # fmt: skip


def reply(seq: int, credited: int, pending: int = 0, withheld: int = 0, total: int | None = None) -> dict[str, object]:
    reasons = {"too_fast": withheld} if withheld else {}
    tally = {"reported": credited + pending + withheld, "credited": credited, "pending": pending, "withheld": reasons}
    return {"seq": seq, "credited": credited if total is None else total, "session": tally}


def ledger() -> Ledger:
    book = Book(account=1, enrolment=7, honest=True, opened_at=0.0)
    book.played[PLACE] = set(range(40))
    return Ledger(book, PLACE, {"session_id": "s", "coverage": [], "credited": 0}, 0.0)


def watched() -> Book:
    """Forty seconds played, reported and told to be credited."""
    one = ledger()
    one.made(1, [(0, 20)])
    one.hear(reply(1, 20), 20.0)
    one.made(2, [(20, 40)])
    one.hear(reply(2, 40), 40.0)
    return one.book


def in_sql(seconds: range) -> Sql:
    return Sql({PLACE: frozenset(seconds)}, {PLACE: len(seconds)}, {7: len(seconds)})


class TestOracle:
    def test_what_agrees_is_neither_lost_nor_doubled(self) -> None:
        verdict = judge([watched()], in_sql(range(40)))
        assert (verdict.acknowledged, verdict.credited, verdict.lost, verdict.doubled) == (40, 40, 0, 0)

    def test_a_bit_that_is_missing_is_lost(self) -> None:
        verdict = judge([watched()], in_sql(range(39)), data_faults=[40.75])
        assert verdict.lost == 1
        assert verdict.window == 0.75

    def test_another_second_in_its_place_does_not_hide_it(self) -> None:
        verdict = judge([watched()], in_sql(range(1, 41)))
        assert (verdict.lost, verdict.doubled) == (1, 1)

    @pytest.mark.parametrize(
        ("doctor", "lost", "doubled"),
        [
            (lambda sql: replace(sql, lessons={PLACE: 41}), 0, 1),
            (lambda sql: replace(sql, lessons={PLACE: 38}), 2, 0),
            (lambda sql: replace(sql, enrolments={7: 45}), 0, 5),
            (lambda sql: replace(sql, enrolments={7: 35}), 5, 0),
            (lambda sql: replace(sql, bits=sql.bits | {(8, 3): frozenset({1, 2})}), 0, 2),
        ],
    )
    def test_a_column_that_disagrees_is_seen(self, doctor: Callable[[Sql], Sql], lost: int, doubled: int) -> None:
        verdict = judge([watched()], doctor(in_sql(range(40))))
        assert (verdict.lost, verdict.doubled) == (lost, doubled)

    def test_more_than_the_wall_time_is_doubled(self) -> None:
        book = watched()
        book.heard_at = 30.0
        assert judge([book], in_sql(range(40))).doubled == 8

    def test_who_plays_too_fast_gains_no_more_than_clocks_were_moved(self) -> None:
        book = replace(watched(), honest=False, heard_at=30.0)
        verdict = judge([book], in_sql(range(40)), slack=5)
        assert (verdict.gift, verdict.doubled) == (8, 3)

    def test_the_greatest_total_told_must_be_there(self) -> None:
        book = watched()
        book.totals[PLACE] = 43
        assert judge([book], in_sql(range(40))).lost == 3


class TestLedger:
    def test_seconds_that_wait_are_told_when_they_are_released(self) -> None:
        one = ledger()
        one.made(1, [(0, 20)])
        one.hear(reply(1, 0, pending=20), 20.0)
        assert one.book.claims == []
        one.hear(reply(1, 20), 21.0)
        assert one.book.claims == [Claim(PLACE, frozenset(range(20)), 20, 21.0)]

    def test_where_some_were_withheld_the_claim_leaves_open_which(self) -> None:
        one = ledger()
        one.made(1, [(0, 20)])
        one.hear(reply(1, 15, withheld=5), 20.0)
        assert acknowledged(one.book.claims, frozenset(range(5, 20))) == frozenset(range(5, 20))
        assert len(acknowledged(one.book.claims, frozenset(range(10, 20))) - frozenset(range(10, 20))) == 5

    def test_what_was_told_before_redis_came_back_older_stands(self) -> None:
        one = ledger()
        one.made(1, [(0, 20)])
        one.hear(reply(1, 20), 20.0)
        one.made(2, [(20, 40)])
        one.hear(reply(2, 40), 40.0)
        one.hear(reply(1, 20), 41.0)
        assert acknowledged(one.book.claims, frozenset()) == frozenset(range(40))


def test_the_same_seed_draws_the_same_faults_and_every_kind_in_turn() -> None:
    kinds = kinds_for(database="postgresql", resends=True)
    faults = draw(5, 200, 2.0, kinds)
    assert faults == draw(5, 200, 2.0, kinds) != draw(6, 200, 2.0, kinds)
    assert set(kinds) == set(LASTS) == {fault.kind for fault in faults}


@pytest.mark.timeout(170)
def test_a_short_run_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chaos.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks.chaos",
        "--minutes",
        "0.25",
        "--seed",
        "11",
        "--every",
        "2",
        "--teachers",
        "24",
    ]
    done = subprocess.run(
        [*command, "--report", path, "--kinds", *FAULTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=160,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found = json.loads(path.read_text())
    assert (found["lost"], found["doubled"], found["unexpected"]) == (0, 0, [])
    assert len(found["faults"]) >= 5
    assert found["acknowledged"] > 100
