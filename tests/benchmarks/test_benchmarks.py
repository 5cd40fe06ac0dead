"""Every measurement in its tiniest form: what it asserts of itself holds (2xx, credited seconds, equal sums). No figure counts here."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import beats, latency, opening, province, report, scale, tables
from benchmarks.__main__ import keep
from benchmarks.effort import TINY
from tests.servers import PostgresServer, RedisServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"

#: What benchmarks.beats finds, invented.
FOUND = {
    "lane": {"rate": 20_000.0, "server_us": 40.0, "redis_us": 20.0},
    "empty_asgi": {"rate": 40_000.0, "server_us": 20.0},
    "view": {"rate": 2_000.0, "server_us": 400.0, "redis_us": 25.0},
    "empty_flask": {"rate": 4_000.0, "server_us": 200.0},
    "ratios": {
        "lane_to_empty_asgi": 0.5,
        "lane_to_view": 10.0,
        "view_to_empty_flask": 0.5,
        "lane_to_empty_flask": 5.0,
    },
}


class TestMeasurements:
    """The fixtures say whether the servers' programs are there; each measurement starts its own."""

    def test_beats_are_answered_and_credited_by_both_fronts(self, redis_server: RedisServer) -> None:
        found = beats.main(TINY)
        assert all(found[name]["rate"] > 0 for name in beats.COMPARED)

    def test_no_beat_of_the_open_loop_is_refused_or_lost(self, redis_server: RedisServer) -> None:
        found = latency.main(TINY)
        assert set(found["at"]) == {"30%", "60%", "80%"}

    def test_beats_and_memory_by_number_of_accounts(self, redis_server: RedisServer) -> None:
        found = scale.main(TINY)
        assert all(found[str(accounts)]["bytes"] > 0 for accounts in TINY.accounts)

    def test_every_player_opened_has_its_row(
        self, redis_server: RedisServer, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opening, "SECONDS", 0.4)
        found = opening.main(TINY)
        assert all(found[name]["rate"] > 0 for name in ("lane", "gthread"))

    def test_a_small_province_is_told_what_sql_holds(
        self, redis_server: RedisServer, postgres_server: PostgresServer
    ) -> None:
        of = province.Province(sessions=TINY.sessions, minutes=TINY.minutes, flush_interval_ms=500, beat_every_ms=1_000)
        found = province.main(of)
        assert found["refused"] == {}
        assert found["lost"] == 0
        assert found["beats"] > 2 * TINY.sessions
        assert found["credited_sql"] == found["credited_told"] > 0


class TestReport:
    def test_the_document_has_a_place_for_every_measurement(self) -> None:
        text = DOCUMENT.read_text()
        for name in (*tables.TABLES, "machine", "goals"):
            text = report.filled(text, name, "")

    def test_figures_go_between_their_markers_and_nothing_else_changes(self, tmp_path: Path) -> None:
        shutil.copy(DOCUMENT, tmp_path)
        kept = _kept(tmp_path)
        report.write(kept, tmp_path, draw=False)
        once = (tmp_path / DOCUMENT.name).read_text()
        report.write(kept, tmp_path, draw=False)
        assert (tmp_path / DOCUMENT.name).read_text() == once
        assert "| the lane (gunicorn -k asgi) | 20,000 | 40.0 | 20.0 |" in once
        assert "| beats/s of the lane to the empty ASGI application | 0.50× | ≥ 0.6× | **missed** |" in once

    def test_a_measurement_gets_its_picture(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib")
        shutil.copy(DOCUMENT, tmp_path)
        report.write(_kept(tmp_path), tmp_path)
        assert (tmp_path / "pictures" / "beats.svg").read_text().startswith("<?xml")


def _kept(directory: Path) -> dict[str, object]:
    """As `python -m benchmarks` leaves it."""
    path = directory / "benchmarks.json"
    keep("beats", FOUND, "quick", path)
    return dict(json.loads(path.read_text()))
