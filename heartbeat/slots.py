"""A Redis Cluster by its URL, and which of its servers serves which slot. Nothing here talks to a server."""

import ipaddress
import random
import re
from binascii import crc_hqx
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from redis.connection import parse_url
from redis.exceptions import AskError

SLOTS = 16_384
#: How often one call is sent on to another server before it is given up.
REDIRECTIONS = 5
#: For this long after one try the servers are not asked again who serves what, s.
PAUSE_S = 0.25
#: More servers than this are not named in a URL; a cluster may have more, it names them itself.
MOST_SEEDS = 64
SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
#: What may follow the `?`: where the certificates are, as redis-py calls it.
TLS_OPTIONS = {
    "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname",
}  # fmt: skip
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?").fullmatch


class Address(NamedTuple):
    host: str
    port: int


class ClusterUrl(NamedTuple):
    """`options` are those of redis.connection.parse_url for any of the servers: user, password, TLS."""

    seeds: tuple[Address, ...]
    options: Mapping[str, Any]


def is_cluster(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def read_cluster_url(url: str) -> ClusterUrl:
    """redis+cluster://[user:password@]host:port[,host:port…][/0][?ssl_…]. Raises ValueError, which never repeats the password."""
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError("is not redis+cluster:// or rediss+cluster://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path, _, query = rest[len(authority) :].partition("?")
    if path not in ("", "/", "/0"):
        raise ValueError(
            "names a database; a cluster has only number 0 (and in a password / ? # @ are written as %2F %3F %23 %40)"
        )
    user, at, servers = authority.rpartition("@")
    try:
        options = dict(parse_url(f"{SCHEMES[scheme]}://{user}{at}server/?{query}"))  # type: ignore[no-untyped-call]
    except ValueError:
        raise ValueError("cannot be read: its user, password or options are malformed") from None
    del options["host"]
    unknown = sorted(set(options) - TLS_OPTIONS - {"username", "password", "connection_class"})
    if unknown:
        raise ValueError(f"has an option that is not known: {unknown[0][:40]!a}")
    if scheme == "redis+cluster" and set(options) & TLS_OPTIONS:
        raise ValueError("has TLS options, so it must begin with rediss+cluster://")
    if options.get("ssl_cert_reqs", "none") not in ("none", "optional", "required"):
        raise ValueError("is malformed: ssl_cert_reqs is none of none, optional and required")
    named = servers.split(",", MOST_SEEDS)
    if len(named) > MOST_SEEDS:
        raise ValueError(f"names more than {MOST_SEEDS} servers; any few of the cluster's will do")
    return ClusterUrl(tuple(dict.fromkeys(_address(name, n) for n, name in enumerate(named, 1))), options)


def _address(name: str, number: int) -> Address:
    host, colon, port = name.strip().rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536):
        raise ValueError(f"must name host:port for each server; number {number} is not")
    try:
        host = str(ipaddress.IPv6Address(host[1:-1])) if host.startswith("[") and host.endswith("]") else host
    except ValueError:
        raise ValueError(f"has no good IPv6 address for server number {number}") from None
    if not (_HOST(host) or ":" in host) or (":" in host and not name.strip().startswith("[")):
        raise ValueError(f"has no good host for server number {number}")
    return Address(host, int(port))


def slot_of(key: str | bytes) -> int:
    """Where the cluster keeps a key: by what stands in its first {…}, else by all of it."""
    raw = key.encode() if isinstance(key, str) else key
    start = raw.find(b"{") + 1
    if start:
        end = raw.find(b"}", start)
        if end > start:
            raw = raw[start:end]
    return crc_hqx(raw, 0) % SLOTS


class SlotMap:
    """Who serves what, as one server of the cluster sees it."""

    def __init__(self, reply: Sequence[Any], asked: Address) -> None:
        """`reply` is that of CLUSTER SLOTS; `asked` gave it."""
        self.homes: list[Address | None] = [None] * SLOTS
        self.nodes: set[Address] = set()
        for first, last, *servers in reply:
            addresses = [_told(server, asked) for server in servers]
            self.homes[first : last + 1] = [addresses[0]] * (last + 1 - first)
            self.nodes.update(addresses)

    def moved(self, slot: int, home: Address) -> None:
        self.homes[slot] = home
        self.nodes.add(home)

    @property
    def masters(self) -> set[Address]:
        return {home for home in self.homes if home}


def _told(server: Sequence[Any], asked: Address) -> Address:
    """A server that does not know its own address leaves it out: it is the one that was asked."""
    host = (server[0] or b"").decode()
    return Address(host if host not in ("", "?") else asked.host, int(server[1]))


def sent_on(error: AskError, asked: Address) -> Address:
    """Where MOVED or ASK sends us."""
    return Address(error.host or asked.host, error.port)


def in_good_order(known: Collection[Address], doubtful: Collection[Address]) -> list[Address]:
    """Whom to ask who serves what: anybody, but those in doubt last."""
    shuffled = random.sample(list(known), len(known))
    return sorted(shuffled, key=lambda address: address in doubtful)
