"""A flusher between Redis and the test's database, with a class of teachers who watch; and redis_cluster: three masters and three
replicas, whole and empty; shared, so each test leaves them as it found them."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.orm import Session

from heartbeat.flusher import Flusher
from heartbeat.store import Store
from tests.conftest import FakeClock, _started
from tests.heartbeat.studying import Learner, learners
from tests.redis_cluster import RedisCluster


@pytest.fixture(scope="session")
def _six_nodes() -> Iterator[RedisCluster]:
    yield from _started(lambda: RedisCluster().start())


@pytest.fixture
def redis_cluster(_six_nodes: RedisCluster) -> Iterator[RedisCluster]:
    _six_nodes.empty()
    yield _six_nodes
    _six_nodes.mend()


@pytest.fixture
def sql(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def store(redis: "Redis") -> Store:
    return Store(redis)


@pytest.fixture
def flusher(engine: sa.Engine, store: Store, clock: FakeClock) -> Flusher:
    return Flusher(engine, store, clock, batch=50)


@pytest.fixture
def class_of(sql: Session, store: Store) -> Callable[[int], list[Learner]]:
    return lambda count: [learner.open().watch() for learner in learners(sql, store, count)]
