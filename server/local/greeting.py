"""What a newcomer sees when the system answers: where to look and who may sign in."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from server.local.environment import url_of

#: How many teachers are shown; the file has them all.
SHOWN_OF_A_ROLE = 5


def print_when_ready(host: str, port: int, var: Path, env: Mapping[str, str]) -> None:
    """Ask /readyz in the background until it says yes, then print the greeting once."""
    url = url_of(host, port)

    def wait() -> None:
        while not _ready(f"{url}/readyz"):
            time.sleep(0.1)
        print(text(url, var, env), flush=True)

    threading.Thread(target=wait, daemon=True).start()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as reply:  # noqa: S310 - our own address
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def text(url: str, var: Path, env: Mapping[str, str]) -> str:
    lines = [
        "",
        "Xueshi is running. 学时已启动。",
        f"  address   {url}/  教师学习网页，手机、电脑宽度都可以",
        f"  API       {url}/openapi.json",
        f"  data      {var}",
        f"  commands  in another terminal: . {var / 'settings'} && .venv/bin/flask --help",
    ]
    if "WECHAT_STAND_IN_PORT" in env:
        lines.append(f"  WeChat    a stand-in at {env['WECHAT_API_URL']}; the real one is not called")
    lines += accounts(var / "demo" / "accounts.json", url)
    return "\n".join([*lines, "Stop with Ctrl-C; the data stay for the next start.", ""])


def accounts(path: Path, url: str) -> list[str]:
    """Lines with the invented people, their ID numbers and first passwords; those of staff with where and how they sign in."""
    if not path.exists():
        return []
    people = json.loads(path.read_text(encoding="utf-8"))
    staff = [person for person in people if "second_factor" in person]
    lines = [f"  accounts  invented people with their first passwords; all of them in {path}"]
    lines += [_line(person) for person in people if person not in staff][:SHOWN_OF_A_ROLE]
    if staff:
        lines += [
            f"  console   {url}/console/  管理后台，用下面的证件号码和密码登录",
            "  codes     .venv/bin/flask demonstration codes  动态验证码（上面 commands 那一行之后）",
        ]
        lines += [_line(person) for person in staff]
    return lines


def _line(person: Mapping[str, str]) -> str:
    return f"    {person['role']:16}{person['id_number']}  {person['password']:16}{person['name']}"
