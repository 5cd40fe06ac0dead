import signal
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from server.jobs import JOBS, worker
from tests.server.jobs_to_try import TO_TRY


@pytest.fixture
def to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs of jobs_to_try can be started."""
    for name, function in TO_TRY.items():
        monkeypatch.setitem(JOBS, name, function)


@pytest.fixture
def work(app: Flask, to_try: None) -> Iterator[Callable[[], bool]]:
    """work(): a worker does the waiting jobs and ends. There is an app context."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with app.app_context():
        yield lambda: worker.work(burst=True)
    for number, handler in handlers.items():
        signal.signal(number, handler)
