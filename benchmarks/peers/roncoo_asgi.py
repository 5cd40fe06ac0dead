"""The fast path of roncoo.py once more, without Flask: a bare ASGI application on the server and the event loop of our lane.

Nobody runs this. It is the least that counting in Redis can cost here when nothing is judged: a token, two commands, no SQL.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import redis.asyncio

from benchmarks.peers.peer_app import clock, whose
from benchmarks.peers.roncoo import KEEP_S, Roncoo

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"27")]
STUDYING = b'{"code":200,"data":"STUDY"}'


def make() -> Application:
    import os

    client = redis.asyncio.Redis.from_url(os.environ["PEER_REDIS"])

    async def application(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        whose(dict(scope["headers"])[b"authorization"].decode())
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        said = msgspec.json.decode(body)
        resource = msgspec.json.decode(await client.get(f"resource:{said['resourceId']}") or b"")
        assert resource["videoLength"] - said["currentDuration"] >= 1, "the load never finishes a lesson"
        kept = said | {"totalDuration": resource["videoLength"], "at": clock().seconds()}
        await client.set(f"progress:{said['studyId']}", msgspec.json.encode(kept), ex=KEEP_S)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": STUDYING})

    return application


class RoncooAsgi(Roncoo):
    name = "roncoo without Flask"
    module, worker = "benchmarks.peers.roncoo_asgi", "asgi"
