"""Every setting, read once from the environment.

A secret NAME may also come from a file named by NAME_FILE. All problems are reported together, at start; nothing has a
default that would be unsafe in production.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from heartbeat.slots import is_cluster
from server import web_page
from server.clients import check_redis_url
from services.password_policy import DENGBAO, POLICIES

ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?")


class SettingsError(Exception):
    """The settings are not usable; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("settings: " + "; ".join(problems))


@dataclass(frozen=True)
class Settings:
    #: SQLAlchemy URL: sqlite:///path, postgresql+psycopg://…, mysql+pymysql://…
    database_url: str
    #: redis://host:port/0, unix:///path?db=0 or redis+cluster://host:port,host:port…; may hold a password
    redis_url: str = field(repr=False)
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
    #: Where the teachers' web page was built to.
    web_root: Path = web_page.BUILT
    #: Where the public reaches us, without a slash at the end: QR codes on papers lead there. Empty: no papers are printed.
    public_url: str = ""
    #: How many password hashes may be computed at once in a process; more are answered 503.
    password_concurrency: int = 4
    access_token_seconds: int = 900
    refresh_token_seconds: int = 30 * 86400
    #: How many requests other than beats one process of the web server answers at once.
    web_threads: int = 16
    #: How many proxies in front are trusted to tell the client's address.
    trusted_proxies: int = 0
    flush_interval_ms: int = 2000
    flush_batch: int = 4000
    log_level: str = "INFO"
    #: Whoever bears it may read /metrics; without one, only loopback addresses may.
    metrics_token: str = field(default="", repr=False)
    #: Where background jobs wait, where that is not redis_url.
    jobs_redis_url: str = field(default="", repr=False)
    #: The rules for staff's passwords, of services.password_policy.POLICIES: those of 等保, or without expiry and third kind.
    password_policy: str = DENGBAO
    #: How many failed tries to sign in are answered for one address in five minutes (server.door_limits); 0: any number.
    door_limit: int = 300
    #: Secrets shared with the portals from which teachers arrive, by name; exactly 32 bytes each.
    portals: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def jobs_url(self) -> str:
        """The single Redis of the background jobs; "" where there is none: a cluster cannot hold them, for RQ's keys share no slot."""
        return self.jobs_redis_url or ("" if is_cluster(self.redis_url) else self.redis_url)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment. Raises SettingsError with every problem at once."""
    env = _Reader(os.environ if environ is None else environ)
    media_root = env.text("MEDIA_ROOT", "")
    settings = Settings(
        database_url=env.text("DATABASE_URL"),
        redis_url=env.redis("REDIS_URL"),
        token_key=env.key("TOKEN_KEY"),
        id_index_key=env.key("ID_INDEX_KEY"),
        envelope_keys=env.keyring("ID_ENVELOPE_KEYS"),
        wechat_appid=env.text("WECHAT_APPID", ""),
        wechat_secret=env.text("WECHAT_SECRET", ""),
        wechat_api_url=env.text("WECHAT_API_URL", "https://api.weixin.qq.com").rstrip("/"),
        media_root=Path(media_root) if media_root else None,
        media_url=env.text("MEDIA_URL", "/media").rstrip("/"),
        web_root=Path(env.text("WEB_ROOT", str(web_page.BUILT))),
        public_url=env.origin("PUBLIC_URL", ""),
        password_concurrency=env.number("PASSWORD_CONCURRENCY", 4, 1),
        access_token_seconds=env.number("ACCESS_TOKEN_SECONDS", 900, 60),
        refresh_token_seconds=env.number("REFRESH_TOKEN_SECONDS", 30 * 86400, 3600),
        web_threads=env.number("WEB_THREADS", 16, 1),
        trusted_proxies=env.number("TRUSTED_PROXIES", 0, 0),
        flush_interval_ms=env.number("FLUSH_INTERVAL_MS", 2000, 50),
        flush_batch=env.number("FLUSH_BATCH", 4000, 1),
        log_level=env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        metrics_token=env.text("METRICS_TOKEN", ""),
        jobs_redis_url=env.redis("JOBS_REDIS_URL", ""),
        password_policy=env.choice("PASSWORD_POLICY", DENGBAO, POLICIES),
        door_limit=env.number("DOOR_LIMIT", 300, 0),
        portals=env.keyring("PORTALS", ""),
    )
    if is_cluster(settings.jobs_redis_url):
        env.problems.append("JOBS_REDIS_URL must name a single Redis; background jobs cannot live in a cluster")
    if 0 < len(settings.metrics_token) < 16:
        env.problems.append("METRICS_TOKEN must be at least 16 characters")
    if env.problems:
        raise SettingsError(env.problems)
    return settings


class _Reader:
    """Reads one setting after another and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        path = self.environ.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                self.problems.append(f"{name}_FILE cannot be read: {error}")
                return ""
        value = self.environ.get(name, default)
        if value is None or (default is None and not value):
            self.problems.append(f"{name} is not set")
            return ""
        return value

    def redis(self, name: str, default: str | None = None) -> str:
        url = self.text(name, default)
        try:
            if url:
                check_redis_url(url)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
        return url

    def origin(self, name: str, default: str) -> str:
        """An address that other addresses begin with; a path may be part of it."""
        url = self.text(name, default).rstrip("/")
        parts = urlsplit(url)
        if url and not (ORIGIN.fullmatch(url) and parts.scheme in ("http", "https") and parts.hostname):
            self.problems.append(f"{name} must read https://host or https://host/path")
        return url

    def number(self, name: str, default: int, least: int) -> int:
        raw = self.environ.get(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            self.problems.append(f"{name} must be a whole number, not {raw!r}")
            return default
        if value < least:
            self.problems.append(f"{name} must be at least {least}")
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, in whatever case it is written."""
        value = self.environ.get(name, default).casefold()
        found = next((choice for choice in choices if choice.casefold() == value), None)
        if found is None:
            self.problems.append(f"{name} must be one of {', '.join(choices)}")
        return found or default

    def key(self, name: str) -> bytes:
        raw = self.text(name)
        return self._decode(name, raw) if raw else b""

    def keyring(self, name: str, default: str | None = None) -> dict[str, bytes]:
        """id:base64[,id:base64…], in this order."""
        ring: dict[str, bytes] = {}
        raw = self.text(name, default)
        for part in filter(None, (p.strip() for p in raw.split(","))):
            key_id, colon, encoded = part.partition(":")
            if not colon or not 1 <= len(key_id) <= 16:
                self.problems.append(f"{name} must read id:base64[,id:base64…]")
                continue
            ring[key_id] = self._decode(f"{name} {key_id}", encoded, exactly=True)
        if raw and not ring:
            self.problems.append(f"{name} holds no key")
        return ring

    def _decode(self, name: str, raw: str, *, exactly: bool = False) -> bytes:
        try:
            value = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            self.problems.append(f"{name} is not base64")
            return b""
        if len(value) < 32 or (exactly and len(value) > 32):
            self.problems.append(f"{name} must be {'exactly' if exactly else 'at least'} 32 bytes, it is {len(value)}")
        return value
