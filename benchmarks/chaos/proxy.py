"""A network in the small: a proxy for TCP and Unix sockets whose weather can be made bad while connections are open.

TCP never shows a lost packet to those who use it: it sends again, which looks like a stall, and gives up in the end, which looks
like a reset. So `loss` here is stalls that double, and then a reset.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Where to listen or to connect: a Unix socket, or a port of 127.0.0.1.
Address = Path | int
#: The first wait before a lost piece is sent again, s; each further one is twice as long.
RETRANSMIT_S = 0.2


@dataclass(frozen=True)
class Weather:
    """What happens to each piece that passes. Times in seconds."""

    delay: float = 0.0
    #: Added to the delay: uniform up to this.
    jitter: float = 0.0
    #: The chance that a piece, sent once, is lost.
    loss: float = 0.0
    #: The chance that a piece ends its connection by a reset.
    reset: float = 0.0
    #: Bytes a piece; 0 = as they come. Each waits for the delay: the less, the narrower the line.
    chop: int = 0
    #: Half-open: whoever sends anything is never heard again, and not told so.
    silent: bool = False


FAIR = Weather()


class Proxy:
    def __init__(self, listen: Address, to: Address, chance: random.Random) -> None:
        self.weather = FAIR
        self._listen, self._to, self._chance = listen, to, chance
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        if isinstance(self._listen, Path):
            self._server = await asyncio.start_unix_server(self._accept, self._listen)
        else:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._listen)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # we are closing
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self._to, Path):
                far_reader, far_writer = await asyncio.open_unix_connection(self._to)
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            return
        pumps = [asyncio.create_task(self._pump(*ends)) for ends in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns when either end has gone, or the weather ends the connection."""
        silenced = False
        with suppress(OSError):
            while data := await reader.read(65_536):
                chop = self.weather.chop or len(data)
                for start in range(0, len(data), chop):
                    silenced = silenced or self.weather.silent
                    if silenced:
                        continue
                    if not await self._pass():
                        return
                    writer.write(data[start : start + chop])
                    await writer.drain()

    async def _pass(self) -> bool:
        """Waits as long as a piece takes. Whether it arrives."""
        weather = self.weather
        if weather is FAIR:
            return True
        wait, again = weather.delay + self._chance.uniform(0, weather.jitter), RETRANSMIT_S
        while self._chance.random() < weather.loss:
            wait, again = wait + again, again * 2
            if again > 8 * RETRANSMIT_S:
                return False
        await asyncio.sleep(wait)
        return self._chance.random() >= weather.reset
