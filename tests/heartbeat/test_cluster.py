"""Threads on a Redis Cluster: one client for everything that uses Redis, the flusher first of all."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from redis import exceptions
from sqlalchemy.orm import Session

from heartbeat import keys, slots
from heartbeat.cluster import Cluster
from heartbeat.flusher import Flusher
from heartbeat.outage import is_outage
from heartbeat.store import Store
from server import wechat_stand_in
from server.clients import make_redis
from server.database import make_engine
from services.wechat import Wechat
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import assert_sql_holds, learners
from tests.heartbeat.test_cluster_link import calls, moving, since
from tests.miniprogram_api.study_room import room
from tests.redis_cluster import RedisCluster, free_ports
from tests.waiting import wait_until

NAMES = [f"{keys.tag(bucket)}n" for bucket in range(keys.BUCKETS)]


@pytest.fixture
def cluster(redis_cluster: RedisCluster) -> Iterator[Cluster]:
    with make_redis(redis_cluster.url) as client:
        assert isinstance(client, Cluster)
        yield client


class TestCommands:
    def test_find_the_server_of_their_key(self, cluster, redis_cluster):
        for number, name in enumerate(NAMES[:100]):
            assert cluster.set(name, number, ex=60)
        assert [int(cluster.get(name)) for name in NAMES[:100]] == list(range(100))
        held = [int(node.ask("DBSIZE")) for node in redis_cluster.masters()]
        assert sum(held) == 100
        assert all(count > 15 for count in held)

    def test_without_a_key_or_a_server_are_refused(self, cluster):
        with pytest.raises(exceptions.DataError):
            cluster.execute_command("DBSIZE")
        with pytest.raises(NotImplementedError):
            cluster.pipeline()

    def test_of_many_threads_do_not_mix(self, cluster):
        def work(number: int) -> bool:
            own = cluster.client()
            return all(
                own.execute_command("EVAL", "return ARGV[1]", 1, n, f"{number} {n}") == f"{number} {n}".encode()
                for n in NAMES[:60]
            )

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(work, range(16)))

    def test_share_a_lock(self, cluster):
        inside = []

        def work(number: int) -> None:
            with cluster.lock("a-lock", timeout=5, blocking_timeout=5, sleep=0.01):
                inside.append(number)
                assert len(inside) == 1
                inside.clear()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(8)))
        assert cluster.get("a-lock") is None

    def test_follow_a_slot_that_moves(self, cluster, redis_cluster):
        name = NAMES[keys.bucket(7)]
        cluster.set(name, "here")
        with moving(redis_cluster, 7) as (slot, source, target):
            assert cluster.get(name) == b"here"
            redis_cluster.move_keys(slot, source, target)
            assert cluster.get(name) == b"here"  # ASK
            assert cluster.pipeline(transaction=False).get(name).get(NAMES[1]).execute() == [b"here", None]
            redis_cluster.end_move(slot, target)
            before = calls(redis_cluster, "cluster|slots")
            assert [cluster.get(name) for _ in range(10)] == [b"here"] * 10  # MOVED, once
            assert sum(since(before, calls(redis_cluster, "cluster|slots")).values()) <= 1


class TestPipeline:
    def test_answers_in_the_order_of_the_commands(self, cluster):
        pipe = cluster.pipeline(transaction=False)
        for number, name in enumerate(NAMES):
            pipe.set(name, number, ex=60)
        assert pipe.execute() == [True] * len(NAMES)
        for name in reversed(NAMES):
            pipe.get(name)
        assert [int(raw) for raw in pipe.execute()] == list(reversed(range(len(NAMES))))
        assert pipe.execute() == []

    def test_writes_to_each_server_once(self, cluster, redis_cluster):
        cluster.ping()
        before = calls(redis_cluster, "zcard")
        pipe = cluster.pipeline(transaction=False)
        for name in NAMES:
            pipe.zcard(name)
        pipe.execute()
        asked = since(before, calls(redis_cluster, "zcard"))
        assert sum(asked.values()) == len(NAMES)
        assert sum(count > 300 for count in asked.values()) == 3

    def test_an_error_stands_in_the_place_of_its_reply(self, cluster):
        cluster.set(NAMES[1], "text", ex=60)
        pipe = cluster.pipeline(transaction=False)
        replies = pipe.get(NAMES[0]).zcard(NAMES[1]).get(NAMES[1]).execute(raise_on_error=False)
        assert (replies[0], type(replies[1]), replies[2]) == (None, exceptions.ResponseError, b"text")
        with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
            pipe.zcard(NAMES[1]).execute()
        assert cluster.get(NAMES[1]) == b"text"

    def test_follows_slots_that_moved(self, cluster, redis_cluster):
        for name in NAMES[:40]:
            cluster.set(name, name, ex=60)
        account = next(a for a in range(1, 100_000) if keys.bucket(a) == 3)
        with moving(redis_cluster, account) as (slot, source, target):
            redis_cluster.move_keys(slot, source, target)
            redis_cluster.end_move(slot, target)
            pipe = cluster.pipeline(transaction=False)
            for name in NAMES[:40]:
                pipe.get(name)
            assert [raw.decode() for raw in pipe.execute()] == NAMES[:40]

    def test_with_a_server_that_hangs_costs_one_time_out_and_leaves_no_reply_behind(self, cluster, redis_cluster):
        """Not one for each of its commands."""
        for number, name in enumerate(NAMES):
            cluster.set(name, number, ex=60)
        stopped = redis_cluster.masters()[0]
        stopped.process.send_signal(signal.SIGSTOP)
        try:
            pipe = cluster.pipeline(transaction=False)
            for name in NAMES:
                pipe.get(name)
            began = time.monotonic()
            replies = pipe.execute(raise_on_error=False)
            assert time.monotonic() - began < 1.5
        finally:
            stopped.process.send_signal(signal.SIGCONT)
        failed = [reply for reply in replies if isinstance(reply, Exception)]
        assert 300 < len(failed) < 400
        assert all(is_outage(error) for error in failed)
        redis_cluster.await_whole()
        for name in NAMES:
            pipe.get(name)
        assert [int(raw) for raw in pipe.execute()] == list(range(len(NAMES)))


class TestAway:
    def test_it_can_be_made_and_is_an_outage_when_used(self, monkeypatch):
        monkeypatch.setattr(slots, "PAUSE_S", 30)
        one, two = free_ports(2)
        client = make_redis(f"redis+cluster://127.0.0.1:{one},127.0.0.1:{two}")
        for act in (
            lambda: client.get("a"),
            client.ping,
            lambda: Store(client).backlog(),
            lambda: Store(client).release(7),
        ):
            with pytest.raises(exceptions.ConnectionError, match="no server of the cluster answers"):
                act()

    def test_it_is_ready_when_all_slots_are_served(self, cluster, redis_cluster):
        assert cluster.ping()
        master = redis_cluster.master_of(NAMES[0])
        replica = redis_cluster.replica_of(master)
        replica.stop(signal.SIGKILL)
        assert cluster.ping(), "without a replica it still serves"
        master.stop(signal.SIGKILL)
        with pytest.raises(exceptions.RedisError) as caught:
            cluster.ping()
        assert is_outage(caught.value)
        with pytest.raises(exceptions.RedisError) as caught:
            cluster.get(NAMES[0])
        assert is_outage(caught.value)
        master.start()
        wait_until(lambda: answers(cluster), what="the cluster to be well")

    def test_slots_that_nobody_serves_are_an_outage_of_their_buckets_alone(self, cluster, redis_cluster):
        slot = slots.slot_of(NAMES[0])
        other = next(name for name in NAMES if redis_cluster.master_of(name) is not redis_cluster.master_of(NAMES[0]))
        owner = redis_cluster.master_of(NAMES[0])
        for node in redis_cluster.nodes:
            if node.info("replication")["role"] == "master":
                node.ask("CLUSTER", "DELSLOTS", slot)
        try:
            with pytest.raises(exceptions.ClusterDownError):
                cluster.ping()
            with pytest.raises(exceptions.RedisError) as caught:
                cluster.get(NAMES[0])
            assert is_outage(caught.value)
            assert cluster.get(other) is None
        finally:
            owner.ask("CLUSTER", "ADDSLOTS", slot)
        wait_until(lambda: answers(cluster), what="the cluster to be well")


def answers(cluster: Cluster) -> bool:
    try:
        return cluster.ping()
    except exceptions.RedisError:
        return False


class TestHouse:
    """Everything that uses Redis, on a cluster."""

    @pytest.fixture
    def app(self, make_app, redis_cluster):
        return make_app(redis_url=redis_cluster.url)

    def test_a_teacher_studies(self, app, client, session, clock, front):
        here = room(app, client, session, clock)
        player = here.open()
        player.watch(0, 60)
        assert here.ask("tablet").status_code == 409
        assert here.open("tablet", take_over=True).beat([60, 80], where="end")["credited"] == 80
        assert here.evidence()[0]["credited"] == 20
        assert client.get("/readyz").get_json() == {"status": "ok", "parts": {"redis": "ok", "sql": "ok"}}
        using = app.extensions["xueshi"]
        engine = make_engine(str(session.get_bind().engine.url))
        Flusher(engine, using.store, using.clock).drain()
        engine.dispose()
        assert using.store.backlog() == 0

    def test_wechats_token_is_fetched_once(self, cluster):
        with wechat_stand_in.running() as stand_in:
            wechats = [Wechat(wechat_stand_in.APPID, wechat_stand_in.SECRET, stand_in.url, cluster) for _ in range(4)]
            text = {"version": 2, "scene": 2, "openid": wechats[0].openid_of("wx-lin"), "content": "今天的课很好"}
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(lambda wechat: wechat.authorised_post("/wxa/msg_sec_check", json=text), wechats))
            assert [seen.path for seen in stand_in.seen].count("/cgi-bin/stable_token") == 1


class TestFlusher:
    @pytest.fixture
    def engine(self, settings) -> Iterator[sa.Engine]:
        made = make_engine(settings.database_url)
        yield made
        made.dispose()

    def test_drains_the_cluster(self, engine, cluster, redis_cluster):
        store = Store(cluster)
        with Session(engine) as sql:
            studied = [learner.open().watch().watch() for learner in learners(sql, store, 60)]
            for learner in studied[:20]:
                learner.watch(end=True)
            assert store.backlog() == 60
            for node in redis_cluster.masters():
                node.ask("SCRIPT", "FLUSH")
            flusher = Flusher(engine, store, lambda: datetime.fromtimestamp(START_MS / 1000 + 900, UTC), batch=25)
            assert flusher.drain() == 60
            assert_sql_holds(sql, studied)
            assert store.backlog() == 0

    def test_two_at_once_while_a_slot_moves(self, engine, cluster, redis_cluster):
        store, stop = Store(cluster), threading.Event()
        flushers = [Flusher(engine, Store(make_redis(redis_cluster.url)), now) for _ in range(2)]
        with Session(engine) as sql, ThreadPoolExecutor(2) as threads:
            studied = [learner.open().watch() for learner in learners(sql, store, 40)]
            moved = keys.bucket(studied[0].place.account)
            running = [threads.submit(flusher.run, 0.01, stop) for flusher in flushers]
            try:
                with moving(redis_cluster, studied[0].place.account) as (slot, source, target):
                    for learner in studied:  # beats of the slot that moves are refused until it is there
                        if keys.bucket(learner.place.account) != moved:
                            learner.watch()
                    redis_cluster.move_keys(slot, source, target)
                    redis_cluster.end_move(slot, target)
                    for learner in studied:
                        learner.watch()
                wait_until(lambda: store.backlog() == 0, what="the flushers")
            finally:
                stop.set()
            assert [ended.result() for ended in running] == [None, None]
            assert_sql_holds(sql, studied)


def now() -> datetime:
    return datetime.fromtimestamp(START_MS / 1000 + 900, UTC)
