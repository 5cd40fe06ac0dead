"""Tickets of a province's portal: read strictly, and made as docs/guides/portal.md tells the portal to make them."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from services.portal_tickets import BadPortalTicket, Portals, PortalUnknown, issue
from tests.factories import resident_id

SECRET = b"a secret shared with the portal!"
NOW = datetime(2023, 1, 10, 1, tzinfo=UTC)
NUMBER = resident_id()
PORTALS = Portals({"hebei": SECRET, "shanxi": b"another secret of another portal"})


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header=None, *, secret=SECRET, number=NUMBER, digest="sha256", **changes):
    """Written from the guide alone, without our code: what a portal's programmer would write."""
    claims = {"iss": "hebei", "jti": "0123456789abcdef", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 120}
    claims |= changes
    if "sub" not in claims:
        key = hmac.new(secret, b"xueshi portal id number", hashlib.sha256).digest()
        about = f"{claims['iss']}\0{claims['jti']}".encode()
        claims["sub"] = b64(b"twelve bytes" + AESGCM(key).encrypt(b"twelve bytes", number.encode(), about))
    claims = {name: value for name, value in claims.items() if value is not None}
    signed = f"{b64(json.dumps(header or {'typ': 'JWT', 'alg': 'HS256'}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), digest).digest())}"


def test_a_ticket_made_by_the_guide_is_read():
    ticket = PORTALS.read("hebei", by_hand(), NOW)
    assert ticket.id_number.number == NUMBER
    assert ticket.expires_at == NOW + timedelta(seconds=150)
    assert NUMBER not in repr(ticket)


def test_so_is_one_of_ours():
    assert PORTALS.read("hebei", issue("hebei", SECRET, NUMBER, NOW), NOW).id_number.number == NUMBER


def test_the_number_does_not_stand_in_the_ticket():
    assert NUMBER not in by_hand()
    assert b64(NUMBER.encode()) not in by_hand()


@pytest.mark.parametrize("seconds", [-30, 0, 120, 149])
def test_clocks_may_be_half_a_minute_apart(seconds):
    PORTALS.read("hebei", by_hand(), NOW + timedelta(seconds=seconds))


START = int(NOW.timestamp())
WRONG = {
    "from the future": {"iat": START + 31, "exp": START + 100},
    "over": {"iat": START - 200, "exp": START - 30},
    "good for too long": {"exp": START + 301},
    "good for no time": {"exp": START},
    "backwards": {"exp": START - 1},
    "without exp": {"exp": None},
    "without iat": {"iat": None},
    "without jti": {"jti": "", "sub": "x"},
    "of a short jti": {"jti": "1234567"},
    "of a jti that is a number": {"jti": 12345678},
    "another's": {"iss": "shanxi"},
    "in the clear": {"sub": NUMBER},
    "of no base64": {"sub": "!!!!"},
    "without sub": {"sub": None},
    "sealed too short": {"sub": b64(b"short")},
    "signed by another": {"secret": b"another secret of another portal"},
    "of no ID number": {"number": "12345"},
    "of SHA-1": {"digest": "sha1"},
    "of no algorithm": {"header": {"typ": "JWT", "alg": "none"}},
    "of another algorithm": {"header": {"typ": "JWT", "alg": "HS512"}, "digest": "sha512"},
    "of float times": {"iat": START + 0.5},
    "of boolean times": {"iat": True},
    "of a huge time": {"exp": 10**30},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_ticket_is_refused(what):
    with pytest.raises(BadPortalTicket):
        PORTALS.read("hebei", by_hand(**WRONG[what]), NOW)


def test_a_sealed_number_cannot_be_put_into_another_ticket():
    sealed = json.loads(_payload(by_hand()))["sub"]
    with pytest.raises(BadPortalTicket):
        PORTALS.read("hebei", by_hand(jti="fedcba9876543210", sub=sealed), NOW)


@pytest.mark.parametrize("portal", ["henan", "", "HEBEI"])
def test_a_portal_that_we_do_not_know_is_said_to_be_unknown(portal):
    with pytest.raises(PortalUnknown):
        PORTALS.read(portal, by_hand(), NOW)


@given(st.text(max_size=200) | st.just("a.b.c") | st.just(by_hand()[:-1]) | st.just(by_hand().replace(".", "..", 1)))
def test_whatever_is_no_ticket_is_refused(text):
    with pytest.raises(BadPortalTicket):
        PORTALS.read("hebei", text, NOW)


@given(st.integers(0, len(by_hand()) - 1), st.characters(categories=["L", "N", "P", "S"]))
def test_one_changed_character_is_enough(place, character):
    ticket = by_hand()
    if ticket[place] == character or place == len(ticket) - 1:  # the last character has bits to spare
        return
    with pytest.raises(BadPortalTicket):
        PORTALS.read("hebei", ticket[:place] + character + ticket[place + 1 :], NOW)


def test_secrets_are_of_32_bytes_and_never_shown():
    with pytest.raises(ValueError, match="32"):
        Portals({"hebei": b"short"})
    assert "secret" not in repr(PORTALS)


def _payload(ticket):
    from base64 import urlsafe_b64decode

    part = ticket.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
