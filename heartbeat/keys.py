"""Every Redis key, and nothing of one elsewhere.

All keys of an account share the hash tag `{b<n>}`, n = CRC-16(account) mod 1024, so that one script touches one slot.

| key                                  | type   | holds                                                    | lives                        |
|--------------------------------------|--------|----------------------------------------------------------|------------------------------|
| x:{b7}:l:<account>                   | string | state.Lease as MessagePack                               | while live, then RETAIN      |
| x:{b7}:s:<session>                   | string | state.Session as MessagePack                             | while live, then RETAIN      |
| x:{b7}:c:<enrolment>:<lesson>        | string | coverage bitmap, bit s = media second s                  | while live, then RETAIN      |
| x:{b7}:p:<session>                   | string | bitmap of the seconds that wait for a presence check     | until released; RETAIN       |
| x:{b7}:d:<enrolment>:<yyyymmdd>      | string | seconds credited on that local day                       | while live, then RETAIN      |
| x:{b7}:dirty                         | zset   | session → its version when it last changed; not in SQL   | permanent; empty when flushed|
| x:{b7}:open                          | zset   | session → when to see whether it lapsed, ms              | permanent; empty when idle   |
| x:{b7}:heal                          | zset   | session → when to flush it once more, ms                 | permanent; empty after 48 h  |

A key has no time to live while a session that counts in it is live, or while SQL lacks what it holds: `settle` gives it one when the
session is over, and whatever writes it later takes that away again.
"""

import binascii
from typing import NamedTuple

BUCKETS = 1024
#: How long after its last beat a flushed session is kept, so that a database that lost a commit can be healed: 48 h + 2 h.
RETAIN_MS = 50 * 3_600_000
#: Keys that never expire (fnmatch patterns; the braces are literal).
PERMANENT = ("x:{b*}:dirty", "x:{b*}:open", "x:{b*}:heal")


def bucket(account: int) -> int:
    """Which bucket an account's keys lie in, 0 … 1023 (CRC-16/XMODEM, as Redis Cluster hashes)."""
    return binascii.crc_hqx(str(account).encode(), 0) % BUCKETS


_TAGS = [f"x:{{b{number}}}:" for number in range(BUCKETS)]


def tag(number: int) -> str:
    return _TAGS[number]


def lease(prefix: str, account: int) -> str:
    return f"{prefix}l:{account}"


def session(prefix: str, session_id: str) -> str:
    return f"{prefix}s:{session_id}"


def coverage(prefix: str, enrolment: int, lesson: int) -> str:
    return f"{prefix}c:{enrolment}:{lesson}"


def pending(prefix: str, session_id: str) -> str:
    return f"{prefix}p:{session_id}"


def day(prefix: str, enrolment: int, yyyymmdd: int) -> str:
    return f"{prefix}d:{enrolment}:{yyyymmdd}"


def dirty(prefix: str) -> str:
    return f"{prefix}dirty"


def open_sessions(prefix: str) -> str:
    return f"{prefix}open"


def heal(prefix: str) -> str:
    return f"{prefix}heal"


class Place(NamedTuple):
    """Where a session counts; enough to name all its keys without reading any."""

    account: int
    enrolment: int
    lesson: int
    session: str

    def names(self, yyyymmdd: int) -> list[str]:
        """The keys every verb gets first: session, lease, coverage, pending, the day's tally, dirty, open."""
        account, enrolment, lesson, session_id = self
        prefix = tag(bucket(account))
        return [  # every beat makes these: written out, as the functions above would
            f"{prefix}s:{session_id}",
            f"{prefix}l:{account}",
            f"{prefix}c:{enrolment}:{lesson}",
            f"{prefix}p:{session_id}",
            f"{prefix}d:{enrolment}:{yyyymmdd}",
            f"{prefix}dirty",
            f"{prefix}open",
        ]
