"""Every setting, read once from the environment.

A secret NAME may also come from a file named by NAME_FILE. All problems are reported together, at start; nothing has a
default that would be unsafe in production.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class SettingsError(Exception):
    """The settings are not usable; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("settings: " + "; ".join(problems))


@dataclass(frozen=True)
class Settings:
    #: SQLAlchemy URL: sqlite:///path, postgresql+psycopg://…, mysql+pymysql://…
    database_url: str
    #: redis://host:port/0 or unix:///path?db=0
    redis_url: str
    #: Signs access and study tokens (HS256); at least 32 bytes.
    token_key: bytes = field(repr=False)
    #: Keys the blind index of ID numbers (HMAC-SHA256); at least 32 bytes.
    id_index_key: bytes = field(repr=False)
    #: AES-256 keys of the envelopes by key id; the first one encrypts, all decrypt.
    envelope_keys: Mapping[str, bytes] = field(repr=False)
    wechat_appid: str = ""
    wechat_secret: str = field(default="", repr=False)
    wechat_api_url: str = "https://api.weixin.qq.com"
    media_root: Path | None = None
    media_url: str = "/media"
    #: How many password hashes may be computed at once in a process; more are answered 503.
    password_concurrency: int = 4
    access_token_seconds: int = 900
    refresh_token_seconds: int = 30 * 86400
    #: How many proxies in front are trusted to tell the client's address.
    trusted_proxies: int = 0
    flush_interval_ms: int = 2000
    flush_batch: int = 1000
    log_level: str = "INFO"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment. Raises SettingsError with every problem at once."""
    env = os.environ if environ is None else environ
    problems: list[str] = []

    def text(name: str, default: str | None = None) -> str:
        path = env.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}_FILE cannot be read: {error}")
                return ""
        value = env.get(name, default)
        if value is None:
            problems.append(f"{name} is not set")
            return ""
        return value

    def number(name: str, default: int, least: int) -> int:
        raw = env.get(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            problems.append(f"{name} must be a whole number, not {raw!r}")
            return default
        if value < least:
            problems.append(f"{name} must be at least {least}")
        return value

    def key(name: str) -> bytes:
        raw = text(name)
        return _decode_key(name, raw, problems.append) if raw else b""

    def keyring(name: str) -> dict[str, bytes]:
        ring: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text(name).split(","))):
            key_id, colon, raw = part.partition(":")
            if not colon or not 1 <= len(key_id) <= 16:
                problems.append(f"{name} must read id:base64[,id:base64…]")
                continue
            ring[key_id] = _decode_key(f"{name} {key_id}", raw, problems.append)
            if len(ring[key_id]) != 32:
                problems.append(f"{name} {key_id} must be exactly 32 bytes")
        if not ring and not problems:
            problems.append(f"{name} holds no key")
        return ring

    media_root = env.get("MEDIA_ROOT")
    settings = Settings(
        database_url=text("DATABASE_URL"),
        redis_url=text("REDIS_URL"),
        token_key=key("TOKEN_KEY"),
        id_index_key=key("ID_INDEX_KEY"),
        envelope_keys=keyring("ID_ENVELOPE_KEYS"),
        wechat_appid=text("WECHAT_APPID", ""),
        wechat_secret=text("WECHAT_SECRET", ""),
        wechat_api_url=text("WECHAT_API_URL", "https://api.weixin.qq.com").rstrip("/"),
        media_root=Path(media_root) if media_root else None,
        media_url=text("MEDIA_URL", "/media").rstrip("/"),
        password_concurrency=number("PASSWORD_CONCURRENCY", 4, 1),
        access_token_seconds=number("ACCESS_TOKEN_SECONDS", 900, 60),
        refresh_token_seconds=number("REFRESH_TOKEN_SECONDS", 30 * 86400, 3600),
        trusted_proxies=number("TRUSTED_PROXIES", 0, 0),
        flush_interval_ms=number("FLUSH_INTERVAL_MS", 2000, 50),
        flush_batch=number("FLUSH_BATCH", 1000, 1),
        log_level=text("LOG_LEVEL", "INFO").upper(),
    )
    if problems:
        raise SettingsError(problems)
    return settings


def _decode_key(name: str, raw: str, problem: Callable[[str], None]) -> bytes:
    try:
        value = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        problem(f"{name} is not base64")
        return b""
    if len(value) < 32:
        problem(f"{name} must be at least 32 bytes, it is {len(value)}")
    return value
