"""The two fronts that answer beats: Flask under WSGI, and the lane before it under ASGI. The same tests run against both."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

from a2wsgi import ASGIMiddleware
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import run_wsgi_app

from heartbeat.lane import Lane
from server import with_lane


class Loop:
    """An event loop in a thread of its own, with the lanes that live on it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._lanes: dict[int, tuple[Flask, Lane]] = {}

    def lane(self, app: Any) -> Lane:
        if id(app) not in self._lanes:
            self._lanes[id(app)] = app, with_lane(app)
        return self._lanes[id(app)][1]

    def close(self) -> None:
        async def end() -> None:
            for _, lane in self._lanes.values():
                lane.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


def lane_client() -> Iterator[type[FlaskClient]]:
    """A test client whose requests reach the application through the lane; then all is closed."""
    here = Loop()

    class LaneClient(FlaskClient):
        def run_wsgi_app(self, environ: Any, buffered: bool = False) -> Any:
            environ.setdefault("REMOTE_PORT", "1")  # a2wsgi drops an address without one
            self._add_cookies_to_wsgi(environ)  # as werkzeug's own does
            through: Any = ASGIMiddleware(here.lane(self.application), loop=here.loop)
            return run_wsgi_app(through, environ, buffered=buffered)

    yield LaneClient
    here.close()
