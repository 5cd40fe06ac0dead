"""The web server of Xueshi and of every re-creation: gunicorn as gunicorn.conf.py starts it, one worker."""

import os
import sys
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.peers.processes import Process
from heartbeat.keys import Place
from services.tokens import StudyClaims, Tokens

KEY = b"a key for the benchmark alone..!"
#: Of the gthread worker: one more than a processor can use, so that a worker that waits for SQL does not idle.
THREADS = 4
#: Every system signs its players' tokens alike: Xueshi's study token.
tokens = Tokens(KEY, 900)


def study_token(place: Place, duration: int, now: datetime) -> str:
    """`duration` of the lesson, media seconds."""
    claims = StudyClaims(place.session, place.account, place.enrolment, place.lesson, duration)
    return tokens.issue_study(claims, now + timedelta(days=7), now)


def study_place(authorization: str, now: datetime) -> Place:
    """Whose header this is, and where they study. Raises BadToken."""
    claims = tokens.read_study(authorization.removeprefix("Bearer "), now)
    return Place(claims.account, claims.enrolment, claims.lesson, claims.session)


def environment(directory: Path, port: int, **more: str) -> dict[str, str]:
    """What the server and its applications read. CLOCK is the file of clock.Clock."""
    key = b64encode(KEY).decode()
    metrics = directory / "metrics"  # made by gunicorn.conf.py otherwise, and left behind when gunicorn is killed
    metrics.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return (
        kept
        | {
            "CLOCK": str(directory / "clock"),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "TOKEN_KEY": key,
            "ID_INDEX_KEY": key,
            "ID_ENVELOPE_KEYS": f"k:{key}",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
            "WEB_THREADS": str(THREADS),
            "LOG_LEVEL": "WARNING",
        }
        | more
    )


def server(application: str, worker: str, env: dict[str, str], log: Path) -> Process:
    """`worker` is gthread (WSGI) or asgi."""
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-k", worker, application]
    return Process(command, env, log)
