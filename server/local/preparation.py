"""Before anything serves: the settings make sense, the servers answer, the schema is current, the demonstration is loaded."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from server import settings
from server.clients import make_redis
from server.database import make_engine
from server.local.environment import ROOT
from server.local.refusal import Refusal


def check(env: Mapping[str, str]) -> None:
    try:
        config = settings.load(env)
    except settings.SettingsError as error:
        raise Refusal(str(error)) from None
    for name, url in (("REDIS_URL", config.redis_url), ("JOBS_REDIS_URL", config.jobs_redis_url)):
        try:
            if url:
                with make_redis(url) as client:
                    client.ping()
        except (RedisError, ValueError) as error:
            raise Refusal(f"{name} cannot be used: {_one_line(error)}") from None
    try:
        engine = make_engine(config.database_url)
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        engine.dispose()
    except (SQLAlchemyError, ImportError, OSError) as error:
        # The driver's own words; SQLAlchemy's would add a link, the statement, and for a bad URL its password.
        cause = getattr(error, "orig", None) or error.__cause__ or error
        words = "it is not a database URL" if isinstance(error, sa.exc.ArgumentError) else _one_line(cause)
        raise Refusal(f"DATABASE_URL cannot be used: {words}") from None


def migrate(env: Mapping[str, str], var: Path) -> None:
    _flask("the database could not be migrated", env, var, "db", "upgrade")


def load_demonstration(env: Mapping[str, str], var: Path) -> None:
    """Invented teachers, courses and lessons; what is there already stays as it is."""
    _flask("the demonstration could not be loaded", env, var, "demonstration", "load")


def _flask(failure: str, env: Mapping[str, str], var: Path, *command: str) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "flask", *command), cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = var / "failure.log"
        log.write_text(done.stdout + done.stderr)
        raise Refusal(f"{failure}: {_one_line(done.stderr.strip() or done.stdout, last=True)} (the whole story: {log})")


def _one_line(said: object, *, last: bool = False) -> str:
    lines = [line.strip() for line in str(said).splitlines() if line.strip()] or [type(said).__name__]
    return lines[-1 if last else 0]
