"""What the counting keeps, and what it is told: the same structs in Python and, as MessagePack arrays, in Redis and Lua.

The order of the fields is the format: a field is added at the end, with a default, and none is taken out.

Every number is a whole number (Lua and Python then agree to the bit): `*_ms` are milliseconds since the epoch or, for rules,
milliseconds; tallies and positions are media seconds. There is no null: Lua's arrays end at one.
"""

import msgspec

#: Why a reported second was not credited. Stable codes; the Chinese sentences are in heartbeat.reasons.
REASONS = (
    "too_fast",
    "gap",
    "hidden",
    "skipped",
    "repeat",
    "day_cap",
    "idle",
    "closed",
    "displaced",
    "ended",
)

#: How much unused wall time an account may carry to the next beat, ms. Covers rounding and jitter, saves nothing up.
CARRY_MS = 2_000
#: How far beyond the frontier a second may lie where skipping ahead is forbidden, s.
SKIP_SLACK = 5
#: A client is asked so often to send again what Redis lost (a reply may be lost too); then it goes on with what it has.
MAX_RESENDS = 3
#: A digits check allows this many wrong answers before it counts as missed.
MAX_TRIES = 3


class Rules(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """The counting rules of a programme, as a session was opened under them."""

    #: Media milliseconds that one second of wall time may pay for: 1000 = plain speed.
    rate_permille: int = 1000
    max_silence_ms: int = 180_000
    beat_every_ms: int = 20_000
    may_skip_ahead: bool = True
    #: Credited seconds in one local day; -1 = no cap.
    day_cap: int = -1
    #: "ask" lets the teacher take over from another device, "refuse" does not.
    second_device: str = "ask"
    presence_min_ms: int = 480_000
    presence_max_ms: int = 900_000
    answer_ms: int = 120_000
    #: "tap" or "digits".
    kind: str = "tap"
    #: Hold all seconds since the last proof of presence, not only those since the check.
    holds_since_presence: bool = False
    #: When studying counts: half-open [from, to) in ms.
    windows: list[tuple[int, int]] = []


class Session(msgspec.Struct, kw_only=True, array_like=True, gc=False):
    """One open player. `version` rises with every change, `seq` with every judged beat."""

    id: str
    account: int
    enrolment: int
    lesson: int
    duration: int
    rules: Rules
    version: int = 1
    seq: int = 0
    opened_ms: int
    last_ms: int
    ended_ms: int = 0
    #: "" while open; ended (by the client), lapsed (silence), displaced (another session took the lease).
    end_reason: str = ""
    #: playing, challenged or idle.
    presence: str = "playing"
    position: int = 0
    #: One past the furthest second seen in order.
    frontier: int = 0
    #: Credited seconds of the lesson over all sessions.
    covered: int = 0
    reported: int = 0
    credited: int = 0
    pending: int = 0
    too_fast: int = 0
    gap: int = 0
    hidden: int = 0
    skipped: int = 0
    repeat: int = 0
    day_cap: int = 0
    idle: int = 0
    closed: int = 0
    displaced: int = 0
    ended: int = 0
    #: The client's clock at its last beat, and the least (our clock − its clock) so far: what a beat is later than that, it was late.
    at_ms: int = 0
    offset_ms: int = 0
    #: A silence longer than max_silence is being caught up.
    gapped: bool = False
    next_check_ms: int
    check_id: str = ""
    check_answer: str = ""
    #: 0: the check waits for ever (while idle).
    check_deadline_ms: int = 0
    check_tries: int = 0
    checks_asked: int = 0
    checks_answered: int = 0
    checks_missed: int = 0
    #: SQL held everything up to this seq when the session last changed; a session that is not dirty is durable up to `seq`.
    durable: int = 0
    #: Local days (yyyymmdd) on which seconds were credited.
    days: list[int] = []
    #: The seq whose reply first showed the open check, and when that was.
    check_seq: int = 0
    check_asked_ms: int = 0
    #: After Redis came back older: from which seq the client was asked to resend; 0 = not asked.
    resend_asked: int = 0
    #: The state told in the last reply, when, and what was most worth saying about it.
    told: str = "playing"
    told_ms: int = 0
    told_reason: str = ""
    #: The first beat whose seconds wait for the check; what SQL holds of a session that waits ends before it.
    waits_from: int = 0
    #: How often it was asked to resend from there.
    resend_times: int = 0


class Lease(msgspec.Struct, kw_only=True, array_like=True, gc=False):
    """Which session of an account earns, and the account's clock."""

    session: str
    device: str
    since_ms: int
    last_ms: int
    carry_ms: int = 0
    #: When the account's next presence check falls due: opening another lesson does not put it off.
    check_ms: int = 0


class Entropy(msgspec.Struct, frozen=True, array_like=True):
    """Randomness for one call, drawn by the API node: Redis would draw the same numbers every time."""

    #: Uniform in [0, 2³²): where in [presence_min, presence_max] the next check falls.
    draw: int
    check_id: str
    digits: str


class OpenCommand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    now_ms: int
    #: The session as built by the API node; coverage, frontier and the first check are filled in by the script.
    session: Session
    device: str
    take_over: bool
    #: What SQL knows beside the coverage: today's tally, and, where Redis has lost the account's session, when that last beat
    #: (else 0).
    day_tally: int
    last_ms: int
    entropy: Entropy


class BeatCommand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    now_ms: int
    seq: int
    acked: int
    #: The client's clock, ms since its epoch.
    at_ms: int
    #: Half-open [from, to, was hidden] in the order played.
    segments: list[tuple[int, int, bool]]
    #: Local day of now_ms, yyyymmdd.
    day: int
    #: The last beat of the session.
    end: bool
    entropy: Entropy


class PresenceCommand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    now_ms: int
    check_id: str
    answer: str
    day: int
    entropy: Entropy


class Outcome(msgspec.Struct, frozen=True):
    """What a verb answers. `kind` is ok, gone (no such session), resend (we know less than the client) or conflict (`lease` plays)."""

    kind: str
    session: Session | None = None
    lease: Lease | None = None
    #: After opening: the lesson's coverage.
    coverage: bytes = b""
