"""The application as wsgi.py and asgi.py make it, on a system whose clock is as wrong as a file says: CHAOS_CLOCK holds seconds to add."""

import os
import time
from pathlib import Path
from typing import Any

from server.clock import SteadyClock

FILE = Path(os.environ["CHAOS_CLOCK"])


clock = SteadyClock(lambda: time.time() + float(FILE.read_text() or 0))


def wsgi() -> Any:
    from server import create_app

    return create_app(clock=clock)


def asgi() -> Any:
    from server import create_asgi_app

    return create_asgi_app(clock=clock)
