"""flask flush."""

from datetime import timedelta

import pytest

from heartbeat.store import Store
from server.cli.flush import flush_group
from tests.conftest import FakeClock
from tests.heartbeat.studying import learners


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(flush_group, list(arguments)).output


def test_status_says_how_many_wait_and_how_long_at_least(run, session, redis, clock: FakeClock):
    assert run("status") == "等待写入的学习记录：0 条。\n"
    for learner in learners(session, Store(redis), 3):
        learner.open().watch()
    clock.set(clock.now.fromtimestamp(learner.now_ms / 1000, clock.now.tzinfo) + timedelta(seconds=7))
    assert run("status") == "等待写入的学习记录：3 条。\n其中最久的至少已等待 7 秒。\n"


def test_once_flushes_all_of_it(run, session, redis):
    for learner in learners(session, Store(redis), 3):
        learner.open().watch()
    assert "剩余 0 条" in run("once")
    assert "0 条" in run("status")
