"""The emptiest application of each kind, for gunicorn to serve beside ours."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from flask import Flask


def view() -> Flask:
    app = Flask("empty")

    @app.post("/v1/study/beats")
    def beats() -> dict[str, Any]:
        return {}

    return app


Message = MutableMapping[str, Any]


async def asgi(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Takes the body, as whoever answers a POST must, and says {}."""
    message = await receive()
    if scope["type"] == "lifespan":
        while True:
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
            message = await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
