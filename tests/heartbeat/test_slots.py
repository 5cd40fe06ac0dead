"""Cluster URLs and slots, without a server."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.cluster import key_slot
from redis.connection import SSLConnection
from redis.exceptions import AskError, MovedError

from heartbeat import keys, slots
from heartbeat.slots import Address, SlotMap
from server.clients import check_redis_url, make_redis
from server.settings import SettingsError, load

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {"DATABASE_URL": "sqlite://", "TOKEN_KEY": KEY, "ID_INDEX_KEY": KEY, "ID_ENVELOPE_KEYS": f"2022:{KEY}"}


class TestUrl:
    def test_names_servers(self):
        read = slots.read_cluster_url(
            "redis+cluster://a.example:7000, b_1:7001,[::1]:7002,10.0.0.1:65535,a.example:7000/0"
        )
        assert read.seeds == (
            Address("a.example", 7000),
            Address("b_1", 7001),
            Address("::1", 7002),
            Address("10.0.0.1", 65535),
        )
        assert read.options == {}

    def test_holds_a_login(self):
        read = slots.read_cluster_url("redis+cluster://teacher:p%40ss%2Fword%3F%23@a:1,b:2")
        assert read.options == {"username": "teacher", "password": "p@ss/word?#"}
        assert read.seeds == (Address("a", 1), Address("b", 2))
        assert slots.read_cluster_url("redis+cluster://:secret@a:1").options == {"password": "secret"}

    def test_may_ask_for_tls(self):
        read = slots.read_cluster_url("rediss+cluster://a:1,b:2/?ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=no")
        assert read.options == {
            "connection_class": SSLConnection, "ssl_ca_certs": "/etc/ca.pem", "ssl_check_hostname": False,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("url", "problem"),
        [
            ("redis+cluster://", "number 1 is not"),
            ("redis+cluster://a", "number 1 is not"),
            ("redis+cluster://a:1,", "number 2 is not"),
            ("redis+cluster://a:1,b", "number 2 is not"),
            ("redis+cluster://a:0", "number 1 is not"),
            ("redis+cluster://a:65536", "number 1 is not"),
            ("redis+cluster://a:" + "9" * 5000, "number 1 is not"),
            ("redis+cluster://a:-1", "number 1 is not"),
            ("redis+cluster://a:１", "number 1 is not"),
            ("redis+cluster://:1", "host for server number 1"),
            ("redis+cluster://a b:1", "host for server number 1"),
            ("redis+cluster://a\n:1", "host for server number 1"),
            ("redis+cluster://-a:1", "host for server number 1"),
            ("redis+cluster://" + "a" * 300 + ":1", "host for server number 1"),
            ("redis+cluster://a:1,教师:2", "host for server number 2"),
            ("redis+cluster://::1:7000", "host for server number 1"),
            ("redis+cluster://[::g]:7000", "IPv6 address for server number 1"),
            ("redis+cluster://" + ",".join(f"h{n}:1" for n in range(65)), "more than 64 servers"),
            ("redis+cluster://" + "a:1," * 1_000_000, "more than 64 servers"),
            ("redis+cluster://a:1/3", "names a database"),
            ("redis+cluster:///socket", "names a database"),
            ("redis+cluster://:se/cret@a:1", "names a database"),
            ("redis+cluster://a:1?db=2", "option that is not known: 'db'"),
            ("redis+cluster://a:1?protocol=3", "option that is not known: 'protocol'"),
            ("redis+cluster://a:1?ssl_ca_certs=/x", "must begin with rediss"),
            ("rediss+cluster://a:1?ssl_cert_reqs=perhaps", "ssl_cert_reqs is none of"),
            ("redis+cluster://[:x@a:1", "malformed"),
        ],
        ids=lambda text: text[:40],
    )
    def test_that_is_none_is_told_clearly(self, url, problem):
        with pytest.raises(SettingsError) as caught:
            load(GOOD | {"REDIS_URL": url})
        [told] = caught.value.problems
        assert told.startswith("REDIS_URL ")
        assert problem in told
        assert len(told) < 200
        assert "cret" not in told
        with pytest.raises(ValueError, match=r"."):
            make_redis(url)

    @pytest.mark.parametrize(
        "url", ["cluster://a:1", "redis+cluster:a:1", "http://a", "redis://:s3cret#@a:b", "7", "redis://[::"]
    )
    def test_of_another_kind_is_told_what_there_is(self, url):
        with pytest.raises(SettingsError) as caught:
            load(GOOD | {"REDIS_URL": url})
        [told] = caught.value.problems
        assert "redis+cluster://host:port,host:port" in told
        assert "s3cret" not in told

    def test_is_good_is_said_of_the_good(self):
        for url in (
            "redis+cluster://a:1",
            "rediss+cluster://u:p@a:1,b:2/0",
            "redis://h/0",
            "unix:///tmp/x?db=0",
            "rediss://h:1",
        ):
            check_redis_url(url)
            assert load(GOOD | {"REDIS_URL": url}).redis_url == url

    @given(st.text(max_size=60))
    def test_hostile_urls_raise_nothing_but_value_errors(self, text):
        for scheme in slots.SCHEMES:
            with suppress(ValueError):
                slots.read_cluster_url(f"{scheme}://{text}")

    def test_the_password_is_not_shown(self):
        assert "secret" not in repr(load(GOOD | {"REDIS_URL": "redis+cluster://:secret@a:1"}))


class TestSlots:
    @given(st.one_of(st.text(), st.binary(), st.from_regex(r"x:\{b[0-9]{1,4}\}:[a-z]:[0-9]+", fullmatch=True)))
    def test_are_those_of_redis(self, key):
        raw = key.encode() if isinstance(key, str) else key
        assert slots.slot_of(key) == key_slot(raw)

    def test_a_buckets_keys_share_one(self):
        for bucket in range(keys.BUCKETS):
            prefix = keys.tag(bucket)
            found = {
                slots.slot_of(key) for key in (keys.lease(prefix, 1), keys.session(prefix, "x{y}"), keys.dirty(prefix))
            }
            assert len(found) == 1

    def test_buckets_are_spread_evenly(self):
        thirds = [slots.slot_of(keys.tag(bucket)) * 3 // slots.SLOTS for bucket in range(keys.BUCKETS)]
        assert all(300 < thirds.count(third) < 380 for third in range(3))


class TestMap:
    ASKED = Address("10.0.0.9", 7)

    def test_is_read_as_told(self):
        reply = [
            [0, 99, [b"10.0.0.1", 7000, b"id", []], [b"10.0.0.2", 7001, b"id"]],
            [200, 16383, [None, 7002, b"id", [b"hostname", b"x"]]],
            [150, 150, [b"", 7003, b"id"]],
            [151, 151, [b"?", 7003, b"id"]],
        ]
        known = SlotMap(reply, self.ASKED)
        assert [known.homes[slot] for slot in (0, 99, 100, 199, 200, 16383)] == [
            Address("10.0.0.1", 7000), Address("10.0.0.1", 7000), None, None, Address("10.0.0.9", 7002), Address("10.0.0.9", 7002),
        ]  # fmt: skip
        assert known.homes[150] == known.homes[151] == Address("10.0.0.9", 7003)
        assert Address("10.0.0.2", 7001) in known.nodes - known.masters
        known.moved(100, Address("10.0.0.5", 1))
        assert known.homes[100] == Address("10.0.0.5", 1)

    def test_without_servers_is_empty(self):
        assert not SlotMap([], self.ASKED).nodes

    def test_where_moved_and_ask_send_us(self):
        assert slots.sent_on(MovedError("1 10.0.0.1:7000"), self.ASKED) == Address("10.0.0.1", 7000)
        assert slots.sent_on(AskError("1 ::1:7000"), self.ASKED) == Address("::1", 7000)
        assert slots.sent_on(MovedError("1 :7000"), self.ASKED) == Address("10.0.0.9", 7000)

    def test_those_in_doubt_are_asked_last(self):
        servers = [Address("h", port) for port in range(10)]
        order = slots.in_good_order(servers, servers[:3])
        assert set(order) == set(servers)
        assert set(order[-3:]) == set(servers[:3])
