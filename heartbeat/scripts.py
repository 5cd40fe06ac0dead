"""The scripts that run inside Redis: their text, their arguments, and what they answer. Nothing here talks to a server."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from heartbeat.keys import Place
from heartbeat.state import BeatCommand, Entropy, Lease, OpenCommand, Outcome, PresenceCommand, Rules, Session

_LUA = Path(__file__).parent / "lua"
_COMMON = (_LUA / "common.lua").read_text()
encode = msgspec.msgpack.Encoder().encode
read_session = msgspec.msgpack.Decoder(Session).decode
read_lease = msgspec.msgpack.Decoder(Lease).decode

#: What the letters before a field's name mean in the scripts.
_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "S": Session, "R": Rules, "L": Lease, "E": Entropy, "O": OpenCommand, "B": BeatCommand, "P": PresenceCommand,
}  # fmt: skip


def _place(field: re.Match[str]) -> str:
    """`S.seq` is the number of that field in the packed struct, counted from 1 as Lua does.

    `S.FIELDS` is how many there are, `S.DEFAULTS` a new table of the defaults by number: what an older version did not write.
    """
    struct = _STRUCTS[field[1]]
    if field[2] == "FIELDS":
        return str(len(struct.__struct_fields__))
    if field[2] == "DEFAULTS":
        return _defaults(struct)
    return str(struct.__struct_fields__.index(field[2]) + 1)


def _defaults(struct: type[msgspec.Struct]) -> str:
    filled = []
    for place, field in enumerate(msgspec.structs.fields(struct), 1):
        if not field.required:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            filled.append(f"[{place}]={_in_lua(default)}")
    return "{" + ",".join(filled) + "}"


def _in_lua(value: object) -> str:
    """A default as Lua writes it. Text is plain ASCII."""
    if value == []:
        return "{}"
    if isinstance(value, bool | int | str):
        return msgspec.json.encode(value).decode()
    raise TypeError(f"no field of a packed struct can have the default {value!r}")


class Script:
    def __init__(self, verb: str, common: bool = True) -> None:
        source = (_LUA / f"{verb}.lua").read_text()
        source = f"{_COMMON}\n{source}" if common else source
        self.source = re.sub(r"(?<![\w.])([SRLEOBP])\.(\w+)", _place, re.sub(r"--.*", "", source))
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


OPEN, BEAT, PRESENCE, LAPSE = Script("open"), Script("beat"), Script("presence"), Script("lapse")
RELEASE, SETTLE, HEAL = Script("release", common=False), Script("settle", common=False), Script("heal", common=False)


class Call(NamedTuple):
    """A verb of one account, ready to run."""

    script: Script
    #: All in one slot.
    keys: Sequence[str]
    args: Sequence[bytes]
    #: Media seconds that it reports.
    reported: int = 0


def beat(place: Place, command: BeatCommand) -> Call:
    reported = sum(stop - start for start, stop, _ in command.segments)
    return Call(BEAT, place.names(command.day), (encode(command),), reported)


def presence(place: Place, command: PresenceCommand) -> Call:
    return Call(PRESENCE, place.names(command.day), (encode(command),))


def read_outcome(reply: Sequence[Any]) -> Outcome:
    """What open, beat or presence answered."""
    kind = reply[0].decode()
    if kind == "gone":
        return Outcome(kind)
    if kind == "conflict":
        return Outcome(kind, lease=read_lease(reply[1]))
    return Outcome(kind, read_session(reply[1]), coverage=reply[2] if len(reply) > 2 else b"")
