"""A Redis Cluster for threads, used like one Redis: each command goes to the master that serves its key.

redis-py has a client for clusters too. It connects when it is made, so nothing starts while the cluster is away; some of its errors
are no RedisError; and a pipeline with one server that hangs asks that server for each command again, one time-out after the other
(docs/adr/0010-redis-cluster.md has the figures). This one never tries again what failed: its callers do.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from redis import ConnectionPool, Redis, exceptions
from redis.client import Pipeline

from heartbeat import slots
from heartbeat.slots import Address, SlotMap

#: What names no key goes to every master; what the first says is the answer.
_EVERYWHERE = {"PING", "SCRIPT LOAD"}


class Servers:
    """The cluster's servers, and who serves what; shared by threads.

    After a failure the map is doubtful: the next one who needs it asks anew, with a pause between tries; others go on with the old.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._seeds, told = slots.read_cluster_url(url)
        self._options = {**told, **options}
        self._pools: dict[Address, ConnectionPool] = {}
        self._map: SlotMap | None = None
        self._doubtful: set[Address] = set()
        self._in_doubt = True
        self._not_before = 0.0
        self._lock = threading.Lock()

    def pool(self, address: Address | None = None) -> ConnectionPool:
        """Of the server at `address`; of any, where none is given."""
        address = address or self._seeds[0]
        found = self._pools.get(address)
        if found is None:
            made = ConnectionPool(host=address.host, port=address.port, **self._options)
            found = self._pools.setdefault(address, made)
        return found

    def home(self, key: str | bytes) -> Address:
        """The master that serves this key. Raises redis' errors."""
        slot = slots.slot_of(key)
        found = self.map().homes[slot]
        if found is None:
            self.doubt()
            raise exceptions.ClusterDownError(f"nobody serves slot {slot}")
        return found

    def map(self) -> SlotMap:
        """Raises redis' errors, where nothing is known yet and nobody answers."""
        if self._in_doubt and self._lock.acquire(blocking=self._map is None):
            try:
                if self._in_doubt and time.monotonic() >= self._not_before:
                    self._learn()
            finally:
                self._lock.release()
        if self._map is None:
            raise exceptions.ConnectionError("no server of the cluster answers")
        return self._map

    def doubt(self, address: Address | None = None) -> None:
        self._in_doubt = True
        if address is not None:
            self._doubtful.add(address)

    def sent_on(self, error: exceptions.AskError, asked: Address, key: str | bytes) -> Address:
        """Where MOVED or ASK sends a call."""
        target = slots.sent_on(error, asked)
        if isinstance(error, exceptions.MovedError):
            self.doubt()
            if self._map is not None:
                self._map.moved(slots.slot_of(key), target)
        return target

    def close(self) -> None:
        for pool in self._pools.values():
            pool.disconnect()

    def _learn(self) -> None:
        known = {*self._seeds, *(self._map.nodes if self._map else ())}
        for address in slots.in_good_order(known, self._doubtful):
            try:
                with Redis(connection_pool=self.pool(address)) as server:
                    ask: Any = server.execute_command
                    found = SlotMap(ask("CLUSTER", "SLOTS"), address)
            except exceptions.RedisError:
                self._doubtful.add(address)
                continue
            if found.nodes:  # else it belongs to no cluster any more
                self._map, self._in_doubt = found, False
                self._doubtful.clear()
                break
        self._not_before = time.monotonic() + slots.PAUSE_S


class Cluster(Redis):
    """Commands, scripts, locks and pipelines of one slot each; no transactions. Raises redis' errors."""

    def __init__(self, servers: Servers, *, single_connection_client: bool = False) -> None:
        super().__init__(connection_pool=servers.pool())
        self._servers, self._single = servers, single_connection_client
        self._redises: dict[Address, Redis] = {}

    @classmethod
    def from_url(cls, url: str, **options: Any) -> "Cluster":
        """`options` as redis.connection.Connection takes them."""
        return cls(Servers(url, options))

    def client(self) -> "Cluster":
        """The same for one thread, with connections of its own."""
        return Cluster(self._servers, single_connection_client=True)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> "ClusterPipeline":
        if transaction:
            raise NotImplementedError(
                "a transaction of a whole cluster; pipeline(transaction=False) is one write to each server"
            )
        return ClusterPipeline(self, self._servers)

    def ping(self, **options: Any) -> bool:
        """Every master answers and finds all slots served; else raises redis' errors."""
        for address in self._servers.map().masters:
            said = self._ask(address, ("CLUSTER", "INFO"), {})
            if b"cluster_state:ok" not in said or b"cluster_slots_ok:%d\r" % slots.SLOTS not in said:
                self._servers.doubt(address)
                raise exceptions.ClusterDownError("a master finds that not all slots are served")
        return True

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[0] in _EVERYWHERE:
            said = [self._ask(address, args, options) for address in sorted(self._servers.map().masters)]
            return said[0]
        key = key_of(args)
        return self.follow(self._servers.home(key), key, args, options)

    def follow(self, address: Address, key: str | bytes, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Ask there, and where that server sends us."""
        asking = False
        for _ in range(slots.REDIRECTIONS):
            try:
                return self._ask(address, args, options, asking=asking)
            except exceptions.AskError as error:
                asking = not isinstance(error, exceptions.MovedError)
                address = self._servers.sent_on(error, address, key)
        raise exceptions.ClusterDownError("the servers send us round in circles")

    def close(self) -> None:
        if self._single:
            self._redises.clear()  # each gives its connection back
        else:
            self._servers.close()

    def _ask(self, address: Address, args: Sequence[Any], options: Mapping[str, Any], *, asking: bool = False) -> Any:
        with self._at(address) as redis:
            if not asking:
                return redis.execute_command(*args, **options)
            with redis.pipeline(transaction=False) as pipe:
                pipe.execute_command("ASKING")
                pipe.execute_command(*args, **options)
                return pipe.execute()[1]

    @contextmanager
    def _at(self, address: Address) -> Iterator[Any]:
        """One server; that it fails is noted."""
        try:
            found = self._redises.get(address)
            if found is None:
                found = self._redises[address] = Redis(
                    connection_pool=self._servers.pool(address), single_connection_client=self._single
                )
            yield found
        except (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ClusterDownError):
            self._servers.doubt(address)
            raise


class ClusterPipeline(Pipeline):
    """One write to each server that is concerned, then all replies. What the servers send on is asked again, one by one."""

    def __init__(self, cluster: Cluster, servers: Servers) -> None:
        super().__init__(servers.pool(), cluster.response_callbacks, transaction=False, shard_hint=None)
        self._cluster, self._servers = cluster, servers

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Replies in the order of the commands; an error stands in the place of its reply unless the first is to be raised."""
        commands, self.command_stack = self.command_stack, []
        shares: dict[Address, _Share] = {}
        for number, (args, _) in enumerate(commands):
            home = self._servers.home(key_of(args))
            shares.setdefault(home, _Share(self._servers.pool(home))).numbers.append(number)
        replies: list[Any] = [None] * len(commands)
        with ExitStack() as stack:
            for share in shares.values():
                stack.callback(share.release)
                share.send([commands[number] for number in share.numbers])
            for address, share in shares.items():
                for number in share.numbers:
                    replies[number] = share.receive(self, *commands[number])
                if share.failure is not None:
                    self._servers.doubt(address)
        for address, share in shares.items():
            for number in share.numbers:
                if isinstance(replies[number], exceptions.AskError):
                    replies[number] = self._sent_on(address, replies[number], *commands[number])
                elif isinstance(replies[number], exceptions.ClusterDownError):
                    self._servers.doubt(address)
        if raise_on_error and (error := next((reply for reply in replies if isinstance(reply, Exception)), None)):
            raise error
        return replies

    def _sent_on(
        self, asked: Address, error: exceptions.AskError, args: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        key = key_of(args)
        if isinstance(error, exceptions.MovedError):
            asked = self._servers.sent_on(error, asked, key)
        try:
            return self._cluster.follow(asked, key, args, options)
        except exceptions.RedisError as failure:
            return failure


class _Share:
    """One server's part of a pipeline. After a failure it takes and gives nothing but that failure."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.numbers: list[int] = []
        self.failure: exceptions.RedisError | None = None
        self._pool = pool
        self._connection: Any = None
        self._open = 0

    def send(self, commands: Sequence[tuple[Any, Any]]) -> None:
        try:
            self._connection = self._pool.get_connection()
            self._open = len(commands)
            self._connection.send_packed_command(self._connection.pack_commands([args for args, _ in commands]))
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            self.failure = error

    def receive(self, pipe: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        if self.failure is not None:
            return self.failure
        try:
            reply = pipe.parse_response(self._connection, args[0], **options)
        except exceptions.ResponseError as error:
            reply = error
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            self.failure = error
            return error
        self._open -= 1
        return reply

    def release(self) -> None:
        if self._connection is not None:
            if self._open:  # replies that nobody read are still to come
                self._connection.disconnect()
            self._pool.release(self._connection)


def key_of(args: Sequence[Any]) -> str | bytes:
    """The key by which a command finds its server."""
    place = 3 if args[0] in ("EVAL", "EVALSHA") else 1
    if len(args) <= place:
        raise exceptions.DataError(f"{args[0]} names no key, so no server of the cluster")
    key: str | bytes = args[place]
    return key
