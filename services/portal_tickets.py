"""A province's portal (平台入口) says who arrives: a signed ticket with the ID number sealed in it. For the portal: docs/guides/portal.md.

ticket   compact JWS, HS256 under the shared secret (32 bytes)
claims   iss  the portal's name                 jti  8 to 128 characters, never used before
         iat, exp  whole seconds since 1970, at most LIFE_S apart
         sub  base64url of: nonce (12 bytes) · AES-256-GCM of the ID number (UTF-8), with tag
              under HMAC-SHA256(secret, KEY_CONTEXT), with `iss NUL jti` as additional data
"""

import binascii
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from services import id_numbers, tokens
from services.errors import BadTicket, BadToken, Forbidden, Invalid
from services.id_numbers import IdNumber

#: The longest that a ticket may be good for, and how far the portal's clock may be from ours, s.
LIFE_S, SKEW_S = 300, 30
KEY_CONTEXT = b"xueshi portal id number"
SECRET_BYTES = 32
_NONCE_BYTES = 12
_Second = Annotated[int, Meta(ge=0, lt=2**40)]


class PortalUnknown(Forbidden):
    """本平台没有与这个门户对接，请从通知规定的入口进入，或联系管理员。"""

    code = "portal_unknown"


class BadPortalTicket(BadTicket):
    """登录凭证已超时、已用过或不正确，请回到原平台重新点击进入。"""


class _Claims(msgspec.Struct):
    iss: str
    jti: Annotated[str, Meta(min_length=8, max_length=128)]
    iat: _Second
    exp: _Second
    sub: Annotated[str, Meta(max_length=512)]


@dataclass(frozen=True)
class Ticket:
    """Who arrives. `name` is the ticket's own, issuer and id; it is worth nothing from `expires_at` on."""

    name: str
    id_number: IdNumber = field(repr=False)
    expires_at: datetime


class Portals:
    """Secrets by the portal's name. Shows nothing of itself when printed."""

    def __init__(self, secrets_by_name: Mapping[str, bytes]) -> None:
        if any(len(secret) != SECRET_BYTES for secret in secrets_by_name.values()):
            raise ValueError(f"a portal's secret must be exactly {SECRET_BYTES} bytes")
        self._secrets = dict(secrets_by_name)

    def read(self, portal: str, ticket: str, now: datetime) -> Ticket:
        """Raises PortalUnknown; BadPortalTicket for whatever is wrong with the ticket, but for its having been used."""
        secret = self._secrets.get(portal)
        if secret is None:
            raise PortalUnknown
        try:
            claims = msgspec.json.decode(tokens.read_signed(ticket, secret), type=_Claims)
        except (BadToken, msgspec.MsgspecError, UnicodeError) as error:
            raise BadPortalTicket from error
        moment = now.timestamp()
        in_time = claims.iat <= moment + SKEW_S and claims.exp + SKEW_S > moment
        if claims.iss != portal or not in_time or not 0 < claims.exp - claims.iat <= LIFE_S:
            raise BadPortalTicket
        expires_at = datetime.fromtimestamp(claims.exp + SKEW_S, UTC)
        return Ticket(f"{claims.iss}\0{claims.jti}", _opened(claims, secret), expires_at)

    def __repr__(self) -> str:
        return f"<Portals {sorted(self._secrets)}>"


def issue(portal: str, secret: bytes, id_number: str, now: datetime, *, life_s: int = LIFE_S, jti: str = "") -> str:
    """A ticket as the portal makes one: for tests, and for trying out a new connection."""
    jti = jti or secrets.token_hex(16)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + _cipher(secret).encrypt(nonce, id_number.encode(), f"{portal}\0{jti}".encode())
    issued = int(now.timestamp())
    sub = urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return tokens.sign(msgspec.json.encode(_Claims(portal, jti, issued, issued + life_s, sub)), secret)


def _opened(claims: _Claims, secret: bytes) -> IdNumber:
    try:
        sealed = urlsafe_b64decode(claims.sub.encode("ascii") + b"=" * (-len(claims.sub) % 4))
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        text = _cipher(secret).decrypt(nonce, rest, f"{claims.iss}\0{claims.jti}".encode())
        return id_numbers.parse(text.decode())
    except (UnicodeError, binascii.Error, ValueError, InvalidTag, Invalid) as error:
        raise BadPortalTicket from error


def _cipher(secret: bytes) -> AESGCM:
    """A key of its own, so that nothing signed is ever a key: a signed text never has a blank in it."""
    return AESGCM(hmac.new(secret, KEY_CONTEXT, hashlib.sha256).digest())
