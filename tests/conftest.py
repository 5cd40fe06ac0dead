"""Fixtures: real Redis and real SQL, started when first asked for; a clock that stands still until it is moved.

redis, redis_url            an empty Redis
settings, clock, app        the application on SQLite; `settings_with` makes other ones
client, session             a test client, and a Session on the app's database that commits before each request
database_url, engine        an empty schema, in turn on SQLite, PostgreSQL and MariaDB
database_server             the running server of that turn (None for SQLite), to make more databases
no_immortal_keys            fails a test that leaves a Redis key without a time to live
true_cost                   passwords are hashed as slowly as in production (tests/quick.py)

The whole suite runs in two processes (pytest-xdist), file by file; each has servers of its own, for session fixtures are made in each.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session
from xdist.scheduler import LoadFileScheduling

from models import Base
from server import create_app, schema
from server.database import db, make_engine
from server.settings import Settings
from services import passwords
from tests import quick
from tests.fronts import lane_client
from tests.servers import MariadbServer, Missing, PostgresServer, RedisServer

#: What takes long goes first, so that the two processes end together; those in one line run in one process and share what they start.
FIRST = (
    ("benchmarks/test_chaos",),
    ("acceptance/",),
    ("server/test_local",),
    ("benchmarks/test_peers.",),
    ("heartbeat/test_cluster", "heartbeat/test_fail_over"),
    ("miniprogram_api/test_fuzz",),
    ("benchmarks/test_benchmarks",),
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """All in two processes; what is named on the command line in this one, where -s and --pdb are of use (-n 2 to insist)."""
    return 2 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            turn = _turn(nodeid)
            return " ".join(FIRST[turn]) if turn < len(FIRST) else super()._split_scope(nodeid)

    return Files(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    path = nodeid.removeprefix("tests/")
    return next((turn for turn, starts in enumerate(FIRST) if path.startswith(starts)), len(FIRST))


class FakeClock:
    """Callable like server.utc_now, but it moves only when told to, and by all of it when two threads tell it at once."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self.set(now)

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        assert now.tzinfo is not None, "an aware datetime, please"
        self.now = now.astimezone(UTC)

    def advance(self, seconds: float) -> datetime:
        with self._lock:
            self.now += timedelta(seconds=seconds)
            return self.now


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quick.install(patch)
        yield


@pytest.fixture
def true_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords made from now on hash as slowly as in production."""
    monkeypatch.setattr(passwords, "PasswordHasher", PasswordHasher)


def _started(make: Callable[[], Any]) -> Iterator[Any]:
    try:
        server = make()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Shared by all tests: do not stop it. A test that kills Redis makes a RedisServer of its own."""
    yield from _started(lambda: RedisServer().start())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    yield from _started(lambda: PostgresServer().start())


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    yield from _started(lambda: MariadbServer().start())


@pytest.fixture(scope="session")
def _postgres_schema(postgres_server: PostgresServer) -> Iterator[sa.Engine]:
    yield from _shared(postgres_server)


@pytest.fixture(scope="session")
def _mariadb_schema(mariadb_server: MariadbServer) -> Iterator[sa.Engine]:
    yield from _shared(mariadb_server)


def _shared(server: PostgresServer | MariadbServer) -> Iterator[sa.Engine]:
    """For emptying it between tests."""
    engine = make_engine(_with_schema(server.create_database("xueshi")))
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_url(_postgres_schema: sa.Engine) -> str:
    return _emptied(_postgres_schema)


@pytest.fixture
def mariadb_url(_mariadb_schema: sa.Engine) -> str:
    return _emptied(_mariadb_schema)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty schema, made once; a copy costs less than fourteen CREATE TABLEs."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _with_schema(f"sqlite:///{path}")
    return path


def _with_schema(url: str) -> str:
    engine = make_engine(url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        context = MigrationContext.configure(connection)
        context.stamp(ScriptDirectory(str(schema.MIGRATIONS)), "head")  # what migrations make: test_migrations.py
    engine.dispose()
    return url


def _emptied(engine: sa.Engine) -> str:
    """Only tables with rows are emptied, and one question finds them: most tests fill few."""
    tables = Base.metadata.sorted_tables
    with engine.begin() as connection:
        filled = set(connection.scalars(sa.union_all(*(_name_if_filled(table) for table in tables))))
        if filled and engine.dialect.name in ("mysql", "mariadb"):
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")  # it checks row by row, even within a tree
        for table in reversed(tables):
            if table.name in filled:
                connection.execute(sa.delete(table))
    return engine.url.render_as_string(hide_password=False)


def _name_if_filled(table: sa.Table) -> sa.Select[tuple[str]]:
    return sa.select(sa.literal_column(f"'{table.name}'")).where(
        sa.exists(sa.select(sa.literal_column("1")).select_from(table))
    )


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2022, 8, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, sqlite_template: Path) -> Settings:
    return some_settings(tmp_path, redis_url, sqlite_template)


def some_settings(directory: Path, redis_url: str, sqlite_template: Path, **changes: Any) -> Settings:
    """Test keys, a SQLite file of this directory's own with the schema in it; WeChat's address leads nowhere."""
    shutil.copy(sqlite_template, directory / "xueshi.db")
    given: dict[str, Any] = {
        "database_url": f"sqlite:///{directory / 'xueshi.db'}",
        "redis_url": redis_url,
        "token_key": b"a test key that signs the tokens",
        "id_index_key": b"a test key of the blind index...",
        "envelope_keys": {"test": b"a test key for the envelopes, 32"},
        "wechat_appid": "wx-test",
        "wechat_secret": "wechat-test-secret",
        "wechat_api_url": "http://127.0.0.1:9",
        "media_root": directory / "media",
        "portals": {"test": b"a test secret shared with portal"},
        "public_url": "https://xueshi.example",
    }
    return Settings(**given | changes)


@pytest.fixture
def make_app(settings: Settings, clock: FakeClock) -> Iterator[Callable[..., Flask]]:
    """make_app(wechat_api_url=…, …): the application with some settings changed."""
    made = []

    def make(**changes: Any) -> Flask:
        made.append(create_app(replace(settings, **changes), clock=clock))
        made[-1].testing = True
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    """On the app's database. Commit before another connection (the CLI, a flusher) writes: SQLite has one writer."""
    engine = make_engine(settings.database_url)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A request finds what the test's session wrote, and the session reads what the request wrote."""

    class Client(app.test_client_class or FlaskClient):  # type: ignore[misc]  # a front of tests/fronts.py
        def open(self, *args: Any, **kwargs: Any) -> Any:
            session.commit()
            return super().open(*args, **({"buffered": True} | kwargs))  # read to the end and closed, files too

    app.test_client_class = Client
    return app.test_client()


@pytest.fixture(params=["flask", "lane"])
def front(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Test clients go through Flask alone, or through the lane before it."""
    if request.param == "flask":
        yield request.param
        return
    clients = lane_client()
    monkeypatch.setattr(Flask, "test_client_class", next(clients))
    yield request.param
    next(clients, None)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_server(request: pytest.FixtureRequest, backend: str) -> PostgresServer | MariadbServer | None:
    names = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}
    return request.getfixturevalue(names[backend]) if backend in names else None


@pytest.fixture
def database_url(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> str:
    if backend == "sqlite":
        path = tmp_path / "matrix.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue({"postgresql": "postgres_url", "mariadb": "mariadb_url"}[backend]))


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def no_immortal_keys(redis: "Redis") -> Iterator[None]:
    yield
    from heartbeat.keys import PERMANENT

    keys = [key.decode() for key in redis.scan_iter()]
    immortal = [key for key in keys if redis.ttl(key) == -1 and not any(fnmatch(key, p) for p in PERMANENT)]
    assert not immortal, f"these Redis keys would never go away: {sorted(immortal)}"
