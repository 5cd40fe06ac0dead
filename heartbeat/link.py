"""What the event loop asks of Redis: of one server, or of a Redis Cluster. All that is asked in one tick leaves in one write to each."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from redis import exceptions
from redis.connection import parse_url

from heartbeat import slots
from heartbeat.connection import Node
from heartbeat.scripts import Call
from heartbeat.slots import Address, SlotMap

#: A server of a cluster has this long to say who serves what; then another is asked.
LEARN_S = 0.5


class Link(Protocol):
    """What the lane needs of Redis."""

    async def run(self, call: Call) -> Any:
        """The script's reply. Raises redis' errors."""

    def close(self) -> None: ...


def make_link(url: str) -> Link:
    """Connects when it is first asked. Raises ValueError where the URL is none."""
    return ClusterLink(url) if slots.is_cluster(url) else SingleLink(url)


class SingleLink:
    """To one Redis server."""

    def __init__(self, url: str) -> None:
        self._node = Node(parse_url(url))  # type: ignore[no-untyped-call]

    def run(self, call: Call) -> Coroutine[Any, Any, Any]:
        return self._node.run(call)

    def close(self) -> None:
        self._node.close()


class ClusterLink:
    """To the masters of a Redis Cluster.

    A call whose server is away is refused at once; beside that, the other servers are asked who serves its slot now: by one task for
    all callers, with a pause after each try.
    """

    def __init__(self, url: str) -> None:
        self._seeds, self._options = slots.read_cluster_url(url)
        self._nodes: dict[Address, Node] = {}
        self._map: SlotMap | None = None
        self._learning: asyncio.Task[SlotMap] | None = None
        self._not_before = 0.0

    async def run(self, call: Call) -> Any:
        known = self._map or await self._learnt()
        slot = slots.slot_of(call.keys[0])
        address, asking = known.homes[slot], False
        for _ in range(slots.REDIRECTIONS):
            if address is None:
                break
            try:
                return await self._node(address).run(call, asking=asking)
            except exceptions.AskError as error:
                asking = not isinstance(error, exceptions.MovedError)
                address = slots.sent_on(error, address)
                if not asking:
                    known.moved(slot, address)
                    self._learn()
            except (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ClusterDownError):
                self._learn()
                raise
        self._learn()
        raise exceptions.ClusterDownError("nobody serves this slot")

    def close(self) -> None:
        if self._learning is not None:
            self._learning.cancel()
        for node in self._nodes.values():
            node.close()

    def _node(self, address: Address) -> Node:
        found = self._nodes.get(address)
        if found is None:
            found = self._nodes[address] = Node({**self._options, "host": address.host, "port": address.port})
        return found

    async def _learnt(self) -> SlotMap:
        self._learn()
        if self._learning is None or self._learning.done():
            raise exceptions.ConnectionError("no server of the cluster answers")
        return await asyncio.shield(self._learning)

    def _learn(self) -> None:
        """Find out who serves what, unless somebody is about it or has just tried."""
        if self._learning is None or (self._learning.done() and asyncio.get_running_loop().time() >= self._not_before):
            self._learning = asyncio.create_task(self._find_map())
            self._learning.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _find_map(self) -> SlotMap:
        known = {*self._seeds, *(self._map.nodes if self._map else ())}
        doubtful = {address for address in known if not self._node(address).ready()}
        reason = ""
        for address in slots.in_good_order(known, doubtful):
            try:
                async with asyncio.timeout(LEARN_S):
                    found = SlotMap(await self._node(address).ask("CLUSTER", "SLOTS"), address)
            except (TimeoutError, exceptions.RedisError) as error:
                reason = str(error)
                continue
            if found.nodes:  # else it belongs to no cluster any more
                self._map = found
                break
        self._not_before = asyncio.get_running_loop().time() + slots.PAUSE_S
        if self._map is None:
            raise exceptions.ConnectionError(f"no server of the cluster answers: {reason}")
        for address in self._nodes.keys() - self._map.nodes:
            self._nodes.pop(address).close()
        return self._map
