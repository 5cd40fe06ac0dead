"""redis_cluster: three masters and three replicas, whole and empty; shared, so each test leaves them as it found them."""

from collections.abc import Iterator

import pytest

from tests.conftest import _started
from tests.redis_cluster import RedisCluster


@pytest.fixture(scope="session")
def _six_nodes() -> Iterator[RedisCluster]:
    yield from _started(lambda: RedisCluster().start())


@pytest.fixture
def redis_cluster(_six_nodes: RedisCluster) -> Iterator[RedisCluster]:
    _six_nodes.empty()
    yield _six_nodes
    _six_nodes.mend()
