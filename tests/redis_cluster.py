"""A Redis Cluster on loopback ports: three masters, a replica of each, real fail-over within a few seconds."""

import os
import random
import signal
import socket
from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers import Process, redis_binary
from tests.waiting import wait_until

#: After this long without an answer a node is taken for dead, ms.
NODE_TIMEOUT_MS = 1500
SLOTS = 16_384
MASTERS = 3
#: Nodes talk to each other at their port + this.
BUS = 10_000


class ClusterNode(Process):
    """One node. `stop(SIGKILL)` and `start()` again keep what its AOF and nodes.conf hold."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.name = f"127.0.0.1:{self.port}"
        self.client = redis.Redis(port=port, socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def start(self) -> "ClusterNode":
        self.launch()
        self.await_answer()
        return self

    def launch(self) -> None:
        """Without waiting for it to answer."""
        options = {
            "port": self.port, "bind": "127.0.0.1", "dir": self.directory, "save": "",
            "appendonly": "yes", "maxmemory-policy": "noeviction",
            "cluster-enabled": "yes", "cluster-config-file": "nodes.conf",
            "cluster-node-timeout": NODE_TIMEOUT_MS, "cluster-require-full-coverage": "no",
            "cluster-migration-barrier": 9, "repl-diskless-sync-delay": 0,
        }  # fmt: skip
        words = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self.spawn([redis_binary(), *words], lambda: True)

    def await_answer(self) -> None:
        wait_until(lambda: self._alive() and self._answers(), timeout=30, what=f"{self.name} to answer")

    def ask(self, *words: Any) -> Any:
        return self.client.execute_command(*words)

    def info(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.info(section)
        return found

    def cluster_id(self) -> str:
        return str(self.ask("CLUSTER", "MYID").decode())

    def close(self) -> None:
        self.client.close()
        super().close()

    def _answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False


class RedisCluster:
    """`nodes` are six; who is master of what may change with every fail-over."""

    def __init__(self) -> None:
        self.nodes: list[ClusterNode] = []

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(node.name for node in self.nodes)

    def start(self) -> "RedisCluster":
        try:
            for port in free_ports(2 * MASTERS):
                self.nodes.append(ClusterNode(port))
                self.nodes[-1].launch()
            for node in self.nodes:
                node.await_answer()
            self._form()
        except BaseException:
            self.close()
            raise
        return self

    def _form(self) -> None:
        for number, node in enumerate(self.nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.ask("CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port)
        masters, replicas = self.nodes[:MASTERS], self.nodes[MASTERS:]
        for number, master in enumerate(masters):
            first, last = number * SLOTS // MASTERS, (number + 1) * SLOTS // MASTERS
            master.ask("CLUSTER", "ADDSLOTS", *range(first, last))
        wait_until(self._all_met, timeout=30, what="the nodes to meet")
        for master, replica in zip(masters, replicas, strict=True):
            replica.ask("CLUSTER", "REPLICATE", master.cluster_id())
        self.await_whole()

    def _all_met(self) -> bool:
        return all(_cluster_info(node)["cluster_known_nodes"] == str(len(self.nodes)) for node in self.nodes)

    def await_whole(self) -> None:
        """Until every node runs, all slots are served, and each master has a replica that is up to date."""
        for node in self.nodes:
            if node.process is None:
                node.start()
        wait_until(self._is_whole, timeout=30, what="the cluster to be whole")

    def _is_whole(self) -> bool:
        try:
            if not all(_is_well(node) for node in self.nodes):
                return False
            masters = self.masters()
            linked = [master.info("replication") for master in masters]
        except redis.RedisError:
            return False
        return len(masters) == MASTERS and all(
            said["connected_slaves"] and said["slave0"]["state"] == "online" for said in linked
        )

    def masters(self) -> list[ClusterNode]:
        """Those that run and serve slots."""
        return [node for node in self._running() if node.info("replication")["role"] == "master"]

    def master_of(self, key: str) -> ClusterNode:
        slot = int(self.nodes[0].ask("CLUSTER", "KEYSLOT", key))
        return next(node for node in self.masters() if any(a <= slot <= b for a, b in _served(node)))

    def replica_of(self, master: ClusterNode) -> ClusterNode:
        port = int(master.info("replication")["slave0"]["port"])
        return next(node for node in self.nodes if node.port == port)

    def cut_off(self, replica: ClusterNode) -> None:
        """It gets nothing more from its master (it offers a password that is none); undone by `mend`."""
        replica.ask("CONFIG", "SET", "masterauth", "wrong")
        replica.ask("CLIENT", "KILL", "TYPE", "master")
        wait_until(lambda: replica.info("replication")["master_link_status"] == "down", what="the cut")

    def mend(self) -> None:
        for node in self._running():
            node.ask("CONFIG", "SET", "masterauth", "")
        self.await_whole()

    def empty(self) -> None:
        """No data and no scripts."""
        for node in self.masters():
            node.ask("FLUSHALL")
        for node in self.nodes:
            node.ask("SCRIPT", "FLUSH")

    def begin_move(self, slot: int, source: ClusterNode, target: ClusterNode) -> None:
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.cluster_id())
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.cluster_id())

    def move_keys(self, slot: int, source: ClusterNode, target: ClusterNode) -> None:
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)

    def end_move(self, slot: int, target: ClusterNode) -> None:
        owner = target.cluster_id()
        for node in [target, *self.masters()]:
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", owner)

    def close(self) -> None:
        for node in self._running():
            node.stop(signal.SIGKILL)
        for node in self.nodes:
            node.close()

    def _running(self) -> list[ClusterNode]:
        return [node for node in self.nodes if node.process is not None]


def _is_well(node: ClusterNode) -> bool:
    said = _cluster_info(node)
    return (
        said["cluster_state"] == "ok" and said["cluster_slots_ok"] == str(SLOTS) and said["cluster_slots_fail"] == "0"
    )


def _cluster_info(node: ClusterNode) -> dict[str, str]:
    return dict(line.split(":", 1) for line in node.ask("CLUSTER", "INFO").decode().split())


def _served(node: ClusterNode) -> Iterable[tuple[int, int]]:
    for first, last, (_, port, *_rest), *_replicas in node.ask("CLUSTER", "SLOTS"):
        if port == node.port:
            yield first, last


def free_ports(count: int) -> list[int]:
    """Below those that outgoing connections take, and free together with those of the cluster's bus.

    Tests that run at the same time draw from ports of their own, for what is free now may belong to a node that is dead for a moment.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    found: list[int] = []
    for port in random.sample(range(20_000 + worker % 2, 30_000, 2), 1000):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + BUS))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")
