"""One running system for all acceptance tests: each takes teachers of its own."""

from collections.abc import Iterator

import pytest

from server import wechat_stand_in
from tests.acceptance.system import System
from tests.conftest import _started
from tests.servers import RedisServer


@pytest.fixture(scope="session")
def system_redis() -> Iterator[RedisServer]:
    """Not the one of the other tests: those empty it."""
    yield from _started(lambda: RedisServer().start())


@pytest.fixture(scope="session")
def system(system_redis: RedisServer) -> Iterator[System]:
    with wechat_stand_in.running() as wechat:
        running = System(system_redis, wechat.url)
        try:
            yield running.start()
        finally:
            running.close()
