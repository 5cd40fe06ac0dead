"""Keeps ID numbers and mobiles: a blind index to find them by, an AES-256-GCM envelope to read them back.

    envelope = version (1 byte, 1) · length of key id (1) · key id · nonce (12) · ciphertext and tag (16)

The account id is the additional data, so an envelope copied to another account's row does not open. The index key cannot be
rotated without reading every envelope again; envelope keys can: the first of the ring encrypts, all decrypt.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.id_numbers import IdNumber

_VERSION = 1
_NONCE_BYTES = 12
_INDEX_CONTEXT = b"xueshi id number\0"
_SECRET_CONTEXT = b"xueshi first password\0"


class VaultError(Exception):
    """An envelope cannot be opened: it was damaged, belongs to another account, or its key is gone. Never a user's fault."""


class Vault:
    """Raises ValueError for keys that are too short. Shows nothing of itself when printed."""

    def __init__(self, index_key: bytes, envelope_keys: Mapping[str, bytes]) -> None:
        if len(index_key) < 32:
            raise ValueError("the index key must be at least 32 bytes")
        if not envelope_keys:
            raise ValueError("at least one envelope key is needed")
        for key_id, key in envelope_keys.items():
            if not (key_id.isascii() and 1 <= len(key_id) <= 16):
                raise ValueError("an envelope key id must be 1 to 16 ASCII characters")
            if len(key) != 32:
                raise ValueError("an envelope key must be exactly 32 bytes")
        self._index_key = index_key
        self._ciphers = {key_id.encode(): AESGCM(key) for key_id, key in envelope_keys.items()}
        self._sealing_key_id = next(iter(self._ciphers))

    def index(self, id_number: IdNumber) -> str:
        """64 hex digits that find the number and tell nothing about it without the key.

        The kind is left out: it follows from the number (services.id_numbers), and a log-in gives only a text.
        """
        return hmac.new(self._index_key, _INDEX_CONTEXT + id_number.number.encode(), hashlib.sha256).hexdigest()

    def digest(self, secret: str, account_id: int) -> str:
        """64 hex digits that tell whether `secret` was this account's, and nothing else without the key.

        Only for secrets of our own making that nobody could guess (services.passwords.random_password).
        """
        text = _SECRET_CONTEXT + str(account_id).encode() + b"\0" + secret.encode()
        return hmac.new(self._index_key, text, hashlib.sha256).hexdigest()

    def fingerprint(self, what: str, text: str) -> str:
        """64 hex digits that are the same for the same text, and tell nothing about it without the key. `what` keeps uses apart."""
        return hmac.new(self._index_key, f"xueshi {what}\0{text}".encode(), hashlib.sha256).hexdigest()

    def seal(self, text: str, account_id: int) -> bytes:
        """An envelope of `text` that opens only for this account."""
        return self._seal(text.encode(), _of_account(account_id))

    def open(self, envelope: bytes, account_id: int) -> str:
        """The text that was sealed for this account. Raises VaultError."""
        return self._open(envelope, _of_account(account_id)).decode()

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """An envelope of `content` that opens only for the same `place`, such as "upload 12 0"."""
        return self._seal(content, _of_place(place))

    def open_bytes(self, envelope: bytes, place: str) -> bytes:
        """What was sealed for this place. Raises VaultError."""
        return self._open(envelope, _of_place(place))

    def _seal(self, content: bytes, owner: bytes) -> bytes:
        key_id = self._sealing_key_id
        header = bytes((_VERSION, len(key_id))) + key_id
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._ciphers[key_id].encrypt(nonce, content, header + owner)

    def _open(self, envelope: bytes, owner: bytes) -> bytes:
        if len(envelope) < 2 or envelope[0] != _VERSION:
            raise VaultError("not an envelope of a known version")
        nonce_at = 2 + envelope[1]
        sealed_at = nonce_at + _NONCE_BYTES
        cipher = self._ciphers.get(envelope[2:nonce_at])
        if cipher is None:
            raise VaultError("sealed with a key that is not in the ring")
        try:
            return cipher.decrypt(envelope[nonce_at:sealed_at], envelope[sealed_at:], envelope[:nonce_at] + owner)
        except (InvalidTag, ValueError) as error:  # ValueError: cut so short that the nonce is
            raise VaultError("damaged, or sealed for another account") from error

    def __repr__(self) -> str:
        return "<Vault>"

    def __reduce__(self) -> str:
        raise TypeError("a vault does not leave its process")


def _of_account(account_id: int) -> bytes:
    return b"\0account " + str(account_id).encode()


def _of_place(place: str) -> bytes:
    return b"\0place " + place.encode()
