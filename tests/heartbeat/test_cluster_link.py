"""The event loop's link to a Redis Cluster: every call finds its master, wherever its slot has gone."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import exceptions

from heartbeat import connection, keys, slots
from heartbeat.link import ClusterLink, SingleLink, make_link
from heartbeat.outage import is_outage
from heartbeat.scripts import RELEASE, Call, encode
from heartbeat.state import Lease
from tests.heartbeat.test_link import answered, beat
from tests.redis_cluster import ClusterNode, RedisCluster, free_ports

ACCOUNTS = range(1, 301)


def calls(cluster: RedisCluster, command: str) -> dict[int, int]:
    """How often each running node was asked this."""
    found = {}
    for node in cluster.nodes:
        stats = node.info("commandstats").get(f"cmdstat_{command}", {})
        found[node.port] = stats.get("calls", 0) - stats.get("rejected_calls", 0)
    return found


def since(before: dict[int, int], now: dict[int, int]) -> dict[int, int]:
    return {port: count - before[port] for port, count in now.items()}


async def all_answered(link: Any) -> bool:
    return all(await asyncio.gather(*(answered(link, beat(account)) for account in ACCOUNTS)))


@contextmanager
def moving(cluster: RedisCluster, account: int) -> Iterator[tuple[int, ClusterNode, ClusterNode]]:
    """The slot of an account, on its way to another master; in the end all of it is back."""
    key = keys.lease(keys.tag(keys.bucket(account)), account)
    slot, source = slots.slot_of(key), cluster.master_of(key)
    target = next(node for node in cluster.masters() if node is not source)
    cluster.begin_move(slot, source, target)
    try:
        yield slot, source, target
    finally:
        cluster.move_keys(slot, source, target)
        cluster.end_move(slot, target)
        cluster.begin_move(slot, target, source)
        cluster.move_keys(slot, target, source)
        cluster.end_move(slot, source)


def test_the_url_says_which_link():
    assert isinstance(make_link("redis+cluster://a:1,b:2"), ClusterLink)
    assert isinstance(make_link("redis://a:1"), SingleLink)


def test_beats_go_to_the_masters_of_their_accounts_in_one_write_each(redis_cluster):
    async def story():
        link = make_link(redis_cluster.url)
        await all_answered(link)
        before, written = calls(redis_cluster, "evalsha"), []
        for address, node in link._nodes.items():
            talk = node.ready()
            if talk is not None:
                talk.transport = Counting(talk.transport, address, written)
        await all_answered(link)
        assert len(written) == len(set(written)) == 3
        asked = since(before, calls(redis_cluster, "evalsha"))
        assert sum(asked.values()) == len(ACCOUNTS)
        masters = {node.port for node in redis_cluster.masters()}
        assert all(asked[port] > 50 for port in masters), asked
        link.close()

    asyncio.run(story())


class Counting:
    """A transport that writes down who was written to."""

    def __init__(self, transport: Any, address: Any, written: list[Any]) -> None:
        self.transport, self.address, self.written = transport, address, written

    def write(self, data: bytes) -> None:
        self.written.append(self.address)
        self.transport.write(data)

    def abort(self) -> None:
        self.transport.abort()


def test_one_server_that_lives_is_enough_to_find_the_others(redis_cluster):
    async def story():
        dead = ",".join(f"127.0.0.1:{port}" for port in free_ports(3))
        link = make_link(f"redis+cluster://{dead},{redis_cluster.nodes[4].name}")
        assert await all_answered(link)
        link.close()

    asyncio.run(story())


def test_nobody_there_is_refused_at_once_and_not_asked_by_everybody(monkeypatch):
    monkeypatch.setattr(slots, "PAUSE_S", 30)
    tried = []

    async def story():
        async def count(self: Any) -> Any:
            tried.append(self)
            raise exceptions.ConnectionError("refused")

        monkeypatch.setattr(connection.Node, "connection", count)
        link = make_link("redis+cluster://127.0.0.1:1,127.0.0.1:2")
        began = time.monotonic()
        for _ in range(3):
            told = await asyncio.gather(*(answered(link, beat(a)) for a in ACCOUNTS), return_exceptions=True)
            assert all(isinstance(error, exceptions.ConnectionError) and is_outage(error) for error in told)
        assert time.monotonic() - began < 2
        assert len(tried) == 2
        link.close()

    asyncio.run(story())


def test_a_single_redis_is_not_taken_for_a_cluster():
    left = asyncio.Event()

    async def single(reader: Any, writer: Any) -> None:
        while data := await reader.read(65536):
            writer.write(b"-ERR This instance has cluster support disabled\r\n" if b"SLOTS" in data else b"+OK\r\n")
        writer.close()
        await writer.wait_closed()
        left.set()

    async def story():
        async with await asyncio.start_server(single, "127.0.0.1", 0) as server:
            link = make_link(f"redis+cluster://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            with pytest.raises(exceptions.ConnectionError, match="cluster support disabled"):
                await answered(link)
            link.close()
            await left.wait()

    asyncio.run(story())


class TestSlots:
    def test_that_moved_are_followed_and_asked_about_once(self, redis_cluster):
        async def story():
            link = make_link(redis_cluster.url)
            assert await all_answered(link)
            with moving(redis_cluster, 7) as (slot, source, target):
                redis_cluster.move_keys(slot, source, target)
                redis_cluster.end_move(slot, target)
                before = calls(redis_cluster, "cluster|slots"), calls(redis_cluster, "evalsha")
                together = await asyncio.gather(*(answered(link, beat(7)) for _ in range(100)))
                assert all(together)
                await link._learning
                assert sum(since(before[0], calls(redis_cluster, "cluster|slots")).values()) <= 1
                assert since(before[1], calls(redis_cluster, "evalsha"))[target.port] == 100
                before = calls(redis_cluster, "evalsha")
                assert await answered(link, beat(7))
                assert since(before, calls(redis_cluster, "evalsha"))[target.port] == 1
            assert await all_answered(link)
            link.close()

        asyncio.run(story())

    def test_on_their_way_are_asked_for_there_and_never_wrong(self, redis_cluster):
        lease = keys.lease(keys.tag(keys.bucket(7)), 7)
        here = Lease(session="s", device="phone", since_ms=1, last_ms=1)

        async def released(link: Any) -> Any:
            return await link.run(Call(RELEASE, [lease], []))

        async def story():
            link = make_link(redis_cluster.url)
            redis_cluster.master_of(lease).ask("SET", lease, encode(here))
            assert await released(link) == 1
            with moving(redis_cluster, 7) as (slot, source, target):
                assert await released(link) == 1  # still here
                redis_cluster.move_keys(slot, source, target)
                assert await released(link) == 1  # already there
                target.ask("SCRIPT", "FLUSH")
                assert await asyncio.gather(*(released(link) for _ in range(20))) == [1] * 20
                # A beat has keys that are nowhere yet: which server they belong to is only known when the move is over.
                outcome = await asyncio.gather(answered(link, beat(7)), return_exceptions=True)
                assert outcome == [True] or is_outage(outcome[0])
                redis_cluster.end_move(slot, target)
                assert await released(link) == 1
                assert await answered(link, beat(7))
            link.close()

        asyncio.run(story())


def test_scripts_that_a_node_forgot_are_sent_again(redis_cluster):
    async def story():
        link = make_link(redis_cluster.url)
        assert await all_answered(link)
        for node in redis_cluster.masters():
            node.ask("SCRIPT", "FLUSH")
        assert await all_answered(link)
        link.close()

    asyncio.run(story())


def test_a_replica_that_took_over_is_found(redis_cluster):
    """Planned, as before maintenance: nothing is refused for longer than a moment."""

    async def story():
        link = make_link(redis_cluster.url)
        assert await all_answered(link)
        master = redis_cluster.master_of(keys.tag(keys.bucket(7)))
        replica = redis_cluster.replica_of(master)
        replica.ask("CLUSTER", "FAILOVER")
        async with asyncio.timeout(15):
            while replica.info("replication")["role"] != "master":
                told = await asyncio.gather(*(answered(link, beat(a)) for a in ACCOUNTS), return_exceptions=True)
                assert all(one is True or is_outage(one) for one in told)
        assert await all_answered(link)
        link.close()

    asyncio.run(story())
