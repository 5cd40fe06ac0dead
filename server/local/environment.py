"""The environment that every part of `make run` is started with."""

import base64
import errno
import fcntl
import os
import secrets
import shlex
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server import wechat_stand_in
from server.local.refusal import Refusal

ROOT = Path(__file__).parents[2]


@contextmanager
def claim(var: Path) -> Iterator[None]:
    """Hold the data directory: two systems on one would spoil each other's files."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "lock").open("a")
    except OSError as error:
        raise Refusal(f"the data directory cannot be used: {error}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(
                f"already running on {var}; stop that one first, or set XUESHI_VAR to another place"
            ) from None
        yield


def address() -> tuple[str, int]:
    """HOST and PORT, after a look that nobody else listens there."""
    host, raw = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not raw.isdecimal() or not 0 < int(raw) < 65536:
        raise Refusal(f"PORT must be a number from 1 to 65535, not {raw!r}")
    port = int(raw)
    try:
        with socket.create_server((host, port)):
            return host, port
    except PermissionError:
        raise Refusal(f"port {port} needs root; choose another: PORT=8000 make run") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refusal(
                f"port {port} is taken by another program; choose another: PORT={port + 1} make run"
            ) from None
        raise Refusal(f"HOST {host} cannot be listened on: {error.strerror}") from None


def url_of(host: str, port: int) -> str:
    """Where a browser on this machine finds us."""
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


def base(var: Path, host: str, port: int) -> dict[str, str]:
    """What was given from outside, completed by local defaults. Secrets are made once and kept in var/secrets."""
    env = dict(os.environ)
    env |= {"HOST": host, "PORT": str(port), "XUESHI_VAR": str(var), "FLASK_APP": "wsgi", "PYTHONUNBUFFERED": "1"}
    env["PROMETHEUS_MULTIPROC_DIR"] = str(_emptied(var / "metrics"))
    if not env.get("DATABASE_URL"):
        env["DATABASE_URL"] = f"sqlite:///{var / 'xueshi.db'}"
    env.setdefault("MEDIA_ROOT", str(ROOT / "programmes" / "demonstration" / "media"))
    env.setdefault("PUBLIC_URL", url_of(host, port))
    for name, prefix in (("TOKEN_KEY", ""), ("ID_INDEX_KEY", ""), ("ID_ENVELOPE_KEYS", "local:")):
        if not env.get(name) and not env.get(f"{name}_FILE"):
            env[f"{name}_FILE"] = str(_secret(var / "secrets" / name.lower(), prefix))
    if not env.get("WECHAT_APPID"):
        stand_in = free_port()
        env |= {"WECHAT_APPID": wechat_stand_in.APPID, "WECHAT_SECRET": wechat_stand_in.SECRET}
        env |= {"WECHAT_API_URL": f"http://127.0.0.1:{stand_in}", "WECHAT_STAND_IN_PORT": str(stand_in)}
    return env


def keep(env: Mapping[str, str], path: Path) -> None:
    """For commands in another terminal: `. var/settings`, then `flask …` works on this system's data. Readable by its owner alone."""
    ours = {name: value for name, value in env.items() if value != os.environ.get(name)} | {
        name: env[name] for name in ("DATABASE_URL", "REDIS_URL", "JOBS_REDIS_URL", "XUESHI_VAR") if name in env
    }
    for name in [name for name in ours if name.startswith(("WECHAT_", "PROMETHEUS_"))]:
        del ours[name]  # of the processes that serve; the next `make run` makes its own
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(ours.items()))


def _secret(path: Path, prefix: str) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        # Written aside and renamed: a secret that is there is whole.
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(prefix + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        draft.replace(path)
    return path


def _emptied(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
