"""Beats and replies as they travel: JSON, read and written by msgspec. The contract of POST /v1/study/*."""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Second = Annotated[int, Meta(ge=0, le=86_400)]
Interval = tuple[Second, Second]
Intervals = Annotated[list[Interval], Meta(max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Beat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the player really played since its last acknowledged beat."""

    #: Rises from 1 in a session; the same number again changes nothing.
    seq: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    #: The seq of the last reply the client saw when it made this beat; 0 = none.
    acked: Count
    #: The client's clock when it made this beat, RFC 3339 with offset.
    at: Annotated[datetime, Meta(tz=True)]
    #: Half-open intervals of whole media seconds, in the order played.
    played: Intervals
    #: Those that were played out of sight.
    hidden: Intervals = []
    #: The player's speed, as it says; the clock judges, not this.
    rate: Annotated[float, Meta(gt=0, le=100)] | None = None


class Presence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    challenge_id: Annotated[str, Meta(max_length=64)]
    answer: Annotated[str, Meta(max_length=16)] | None = None


class Challenge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    #: tap or digits
    kind: str
    answer_within_ms: int
    #: For digits: a PNG as a data: URI.
    picture: str | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of this session. reported = credited + pending + Σ withheld, always."""

    reported: int
    credited: int
    pending: int
    withheld: dict[str, int]


class BeatReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    seq: int
    #: playing, challenged, idle, displaced, closed or ended
    state: str
    #: Credited seconds of the lesson, all sessions together.
    credited: int
    session: Tally
    #: When to beat next, ms.
    next_ms: int
    #: SQL holds everything up to this seq.
    durable: int
    challenge: Challenge | None = None
    #: We know less than you saw: send what you still hold from this seq on.
    resend_from: int | None = None
    #: Where to go on, when seconds were skipped that must be seen first.
    resume_at: int | None = None
    #: In Chinese, where something was withheld or is asked.
    message: str | None = None


class Invalid(Exception):
    """The body is not a beat; `errors` names the fields, reasons in Chinese."""

    def __init__(self, field: str, reason: str) -> None:
        self.errors = [{"field": field, "reason": reason}]
        super().__init__(reason)


_beat = msgspec.json.Decoder(Beat).decode
_presence = msgspec.json.Decoder(Presence).decode
encode = msgspec.json.Encoder().encode
#: Inside a JSON string no quotation mark stands unescaped, so these are the names of fields.
_names = re.compile(rb'"(\w+)"\s*:').findall


def read_beat(body: bytes, duration: int) -> Beat:
    """A beat whose intervals lie inside [0, duration). Raises Invalid."""
    try:
        beat = _beat(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(error) from None
    _each_once(body)
    for name, intervals in (("played", beat.played), ("hidden", beat.hidden)):
        for index, (start, stop) in enumerate(intervals):
            if start >= stop:
                raise Invalid(f"{name}.{index}", "区间应为 [起, 止)，且起小于止")
            if stop > duration:
                raise Invalid(f"{name}.{index}", f"超出了视频时长（{duration} 秒）")
    return beat


def read_presence(body: bytes) -> Presence:
    """Raises Invalid."""
    try:
        presence = _presence(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(error) from None
    _each_once(body)
    return presence


def segments(beat: Beat) -> list[tuple[int, int, bool]]:
    """`played` in order, cut where it was hidden; hidden seconds that `played` leaves out come last, so that each is reported once."""
    hidden = _merged(beat.hidden)
    if not hidden:
        return [(start, stop, False) for start, stop in beat.played]
    cut: list[tuple[int, int, bool]] = []
    for start, stop in beat.played:
        position = start
        for dark, light in hidden:
            if light <= position or dark >= stop:
                continue
            if dark > position:
                cut.append((position, dark, False))
            cut.append((max(dark, position), min(light, stop), True))
            position = min(light, stop)
        if position < stop:
            cut.append((position, stop, False))
    played = _merged(beat.played)
    for dark, light in hidden:
        position = dark
        for start, stop in played:
            if stop <= position or start >= light:
                continue
            if start > position:
                cut.append((position, start, True))
            position = max(position, stop)
        if position < light:
            cut.append((position, light, True))
    return cut


def _merged(intervals: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, stop in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _each_once(body: bytes) -> None:
    """msgspec takes the last of two fields of one name, other readers the first."""
    names = _names(body)
    if len(set(names)) < len(names):
        raise Invalid("body", "同一个字段出现了两次")


def _invalid(error: Exception) -> Invalid:
    """msgspec's words name the place as `$.played[0]`; a person gets the field and a Chinese reason."""
    text = str(error)
    _, _, place = text.partition(" - at `$")
    field = place.rstrip("`").replace("[...]", "").replace("[", ".").replace("]", "").lstrip(".") or "body"
    if "missing required field" in text:
        return Invalid(text.split("`")[1], "必填")
    if "unknown field" in text:
        return Invalid(text.split("`")[1], "不认识的字段")
    if isinstance(error, msgspec.ValidationError):
        return Invalid(field, "格式或取值不正确")
    return Invalid("body", "不是有效的 JSON")
