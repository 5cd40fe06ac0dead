"""Signs and reads access tokens, study tokens and binding tickets: JWT, HS256. The only module that imports PyJWT.

Each kind has an audience of its own, so none passes for another. Lifetimes are judged by the `now` that is passed in.

All tokens start with the same header segment, and a token is read by computing its HMAC again and comparing: no other
algorithm is ever tried, and nothing is parsed before it is known to be ours. PyJWS.decode would say the same in more than ten times
the time (mostly its check of base64 characters), which every beat would pay.
"""

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Literal, TypeVar

import msgspec
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from heartbeat.intake import Ticket
from heartbeat.keys import Place
from services.errors import BadToken

#: Seconds that a WeChat user has to type number and password.
BINDING_SECONDS = 300
#: Ours have about 350 characters.
_LONGEST = 1024

_ALGORITHM = "HS256"


class StudyClaims(msgspec.Struct, frozen=True):
    """What a study token says: which session of which account counts which lesson of which enrolment."""

    session: str
    account: int
    enrolment: int
    lesson: int
    #: Whole media seconds of the lesson.
    duration: int


class AccessClaims(msgspec.Struct, frozen=True):
    """Who asks, as of which version of the account, in which family of refresh tokens (one log-in on one device)."""

    account: int
    version: int
    family: str


class BindingTicket(msgspec.Struct, frozen=True):
    """This openid may be bound to the account of whoever shows number and password. `id` names the ticket: 32 hex digits."""

    id: str
    openid: str


class _Claims(msgspec.Struct, frozen=True):
    """What every token holds; times in whole seconds since 1970. msgspec refuses a claim that is missing or of another type."""

    exp: int
    iat: int
    jti: str
    iss: Literal["xueshi"]


class _Access(_Claims, frozen=True):
    aud: Literal["xueshi:access"]
    sub: str
    ver: int
    fam: str


class _Study(_Claims, frozen=True):
    aud: Literal["xueshi:study"]
    sub: str
    ses: str
    enr: int
    les: int
    dur: int


class _Binding(_Claims, frozen=True):
    aud: Literal["xueshi:binding"]
    openid: str


_Kind = TypeVar("_Kind", _Access, _Study, _Binding)


class Tokens:
    """Lifetimes in seconds. Raises ValueError for a key under 32 bytes (RFC 7518, 3.2)."""

    def __init__(self, key: bytes, access_seconds: int, refresh_seconds: int = 30 * 86400) -> None:
        if len(key) < 32:
            raise ValueError("the token key must be at least 32 bytes")
        self.access_seconds = access_seconds
        self.refresh_seconds = refresh_seconds
        self._key = key
        self._jws = PyJWS(algorithms=[_ALGORITHM])
        block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))
        self._header = self._jws.encode(b"{}", key, _ALGORITHM).encode().partition(b".")[0]
        self._access = msgspec.json.Decoder(_Access)
        self._study = msgspec.json.Decoder(_Study)
        self._binding = msgspec.json.Decoder(_Binding)

    def issue_access(self, claims: AccessClaims, now: datetime) -> str:
        ends = now + timedelta(seconds=self.access_seconds)
        common = _common(now, ends)
        return self._sign(
            _Access(**common, aud="xueshi:access", sub=str(claims.account), ver=claims.version, fam=claims.family)
        )

    def read_access(self, token: str, now: datetime) -> AccessClaims:
        """Raises BadToken."""
        claims = self._read(token, self._access, now)
        return AccessClaims(account=_whole(claims.sub), version=claims.ver, family=claims.fam)

    def issue_study(self, claims: StudyClaims, expires_at: datetime, now: datetime) -> str:
        return self._sign(
            _Study(
                **_common(now, expires_at),
                aud="xueshi:study",
                sub=str(claims.account),
                ses=claims.session,
                enr=claims.enrolment,
                les=claims.lesson,
                dur=claims.duration,
            )
        )

    def read_study(self, token: str, now: datetime) -> StudyClaims:
        """Raises BadToken."""
        (account, enrolment, lesson, session), duration = self.read_ticket(token, now)
        return StudyClaims(session, account, enrolment, lesson, duration)

    def read_ticket(self, token: str | bytes, now: datetime) -> Ticket:
        """The same as a beat needs it. Raises BadToken."""
        claims = self._read(token, self._study, now)
        return Ticket(Place(_whole(claims.sub), claims.enr, claims.les, claims.ses), claims.dur)

    def issue_binding(self, openid: str, now: datetime) -> str:
        return self._sign(
            _Binding(**_common(now, now + timedelta(seconds=BINDING_SECONDS)), aud="xueshi:binding", openid=openid)
        )

    def read_binding(self, token: str, now: datetime) -> BindingTicket:
        """Raises BadToken."""
        claims = self._read(token, self._binding, now)
        return BindingTicket(id=claims.jti, openid=claims.openid)

    def _sign(self, claims: _Claims) -> str:
        return self._jws.encode(msgspec.json.encode(claims), self._key, _ALGORITHM)

    def _read(self, token: str | bytes, decoder: msgspec.json.Decoder[_Kind], now: datetime) -> _Kind:
        try:
            sent = token.encode("ascii") if isinstance(token, str) else token
            signed, _, signature = sent.rpartition(b".")
            header, _, payload = signed.partition(b".")
            if header != self._header or len(sent) > _LONGEST:
                raise BadToken
            expected = urlsafe_b64encode(self._hmac(signed)).rstrip(b"=")
            if not compare_digest(expected, signature):
                raise BadToken
            claims = decoder.decode(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        except (UnicodeError, binascii.Error, msgspec.MsgspecError) as error:
            raise BadToken from error
        if claims.exp <= now.timestamp():
            raise BadToken
        return claims

    def _hmac(self, signed: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104) whose two padded keys are hashed once and for all: OpenSSL's own starts from nothing each time."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return outer.digest()

    def __repr__(self) -> str:
        return "<Tokens>"


def read_signed(token: str, key: bytes) -> bytes:
    """The payload of a compact JWS that somebody else made with the key we share: HS256 and nothing else. Raises BadToken."""
    try:
        return PyJWS(algorithms=[_ALGORITHM]).decode(token, key, algorithms=[_ALGORITHM])  # type: ignore[no-any-return]
    except (PyJWTError, ValueError) as error:
        raise BadToken from error


def sign(payload: bytes, key: bytes) -> str:
    """A compact JWS, HS256, as the other side makes it."""
    return PyJWS(algorithms=[_ALGORITHM]).encode(payload, key, _ALGORITHM)


def _common(now: datetime, ends: datetime) -> dict[str, Any]:
    return {"exp": int(ends.timestamp()), "iat": int(now.timestamp()), "jti": secrets.token_hex(16), "iss": "xueshi"}


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadToken
    return int(text)
