"""Keeps ID numbers and mobiles: a blind index to find them by, an AES-GCM envelope to read them back."""

from collections.abc import Mapping


class Vault:
    def __init__(self, index_key: bytes, envelope_keys: Mapping[str, bytes]) -> None: ...
