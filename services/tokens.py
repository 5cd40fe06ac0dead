"""Signs and reads access and study tokens (JWT, HS256)."""

from datetime import datetime

import msgspec


class StudyClaims(msgspec.Struct, frozen=True):
    """What a study token says: which session of which account counts which lesson of which enrolment."""

    session: str
    account: int
    enrolment: int
    lesson: int


class Tokens:
    def __init__(self, key: bytes, access_seconds: int) -> None: ...

    def issue_study(self, claims: StudyClaims, expires_at: datetime, now: datetime) -> str:
        raise NotImplementedError

    def read_study(self, token: str, now: datetime) -> StudyClaims:
        """Raises BadToken."""
        raise NotImplementedError
