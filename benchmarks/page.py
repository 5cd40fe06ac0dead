"""The teachers' page in Chromium: what comes before the player, until when it is usable on a slow device, what playing costs.

`python -m benchmarks page`. The page is the one that was built (deploy/client page), served by the whole system; a film really plays.
"""

import statistics
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from playwright.sync_api import Browser, CDPSession, sync_playwright

from benchmarks.effort import QUICK, Effort
from models import Base
from server import schema, wechat_stand_in
from server.database import make_engine
from tests.browser import teacher as do
from tests.browser.campus import CALM, Campus
from tests.browser.window import CHROMIUM, FLAGS
from tests.servers import Missing, RedisServer

#: The processor is made so many times slower.
SLOWDOWN = 4
#: What the page does of its own accord; the rest of its thread paints the film, without a graphics card here.
WORK = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
COURSE, LESSON = "走近师德", "讲台上的第一分钟"


def main(effort: Effort) -> dict[str, Any]:
    """Kilobytes as they travel, ms, percent of one processor, bytes."""
    rounds, watched = (2, 5) if effort is QUICK else (5, 20)
    if not CHROMIUM.exists():
        raise Missing(f"{CHROMIUM} is not installed")
    with tempfile.TemporaryDirectory() as folder, wechat_stand_in.running() as wechat, sync_playwright() as playwright:
        redis = RedisServer().start()
        campus = Campus(redis, _schema(Path(folder)), wechat.url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            campus.start()
            return _show(_first_screen(browser, campus, rounds) | _playing(browser, campus, watched))
        finally:
            browser.close()
            campus.close()
            redis.close()


def _schema(folder: Path) -> Path:
    """An SQLite file with every table and nothing in them."""
    path = folder / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        MigrationContext.configure(connection).stamp(ScriptDirectory(str(schema.MIGRATIONS)), "head")
    engine.dispose()
    return path


def _show(found: dict[str, Any]) -> dict[str, Any]:
    for name, value in found.items():
        print(f"  {name}: {value}")
    return found


def _first_screen(browser: Browser, campus: Campus, rounds: int) -> dict[str, Any]:
    """The sign-in page, nothing kept: bytes of scripts, and until its button is there with the processor slowed down."""
    kilobytes, usable = 0.0, []
    for _ in range(rounds):
        with do.device(browser, campus.url) as phone:
            devtools = phone.context.new_cdp_session(phone.page)
            sizes = _scripts(devtools)
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
            page = phone.open()
            do.button(page, "登录").wait_for()
            usable.append(page.evaluate("() => performance.now()"))
            kilobytes = sum(sizes.values()) / 1000
    return {"scripts_kb": round(kilobytes, 1), "usable_ms": round(statistics.median(usable)), "slowdown": SLOWDOWN}


def _scripts(devtools: CDPSession) -> dict[str, float]:
    """Bytes that each script took on the wire, gathered while the page loads."""
    devtools.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    devtools.on("Network.responseReceived", lambda said: kinds.update({said["requestId"]: said["type"]}))

    def done(said: dict[str, Any]) -> None:
        if kinds.get(said["requestId"]) == "Script":
            sizes[said["requestId"]] = said["encodedDataLength"]

    devtools.on("Network.loadingFinished", done)
    return sizes


def _playing(browser: Browser, campus: Campus, seconds: int) -> dict[str, Any]:
    """The page's own thread while a film plays with beats every two seconds, ten times as often as usual; the longest body of a beat."""
    teacher, beats = campus.settled(), [0]
    with do.device(browser, campus.url) as phone:
        page = phone.open()
        do.sign_in(page, teacher)
        do.at_home(page, teacher)
        page.get_by_text(CALM).first.click()
        page.locator(".next__button").click()
        page.get_by_text(COURSE).click()
        page.on("request", lambda asked: beats.append(_body(asked)) if asked.url.endswith("/v1/study/beats") else None)
        do.begin_lesson(page, LESSON)
        devtools = phone.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        start, before = do.position(page), _busy(devtools)
        do.plays_to(page, start + seconds)
        after = _busy(devtools)
    spent = {name: after[name] - before[name] for name in before}
    percent = {name: round(100 * seconds / spent["Timestamp"], 2) for name, seconds in spent.items()}
    work = sum(percent[name] for name in WORK)
    return {"work_percent": round(work, 2), "thread_percent": percent["TaskDuration"], "beat_bytes": max(beats)}


def _body(asked: Any) -> int:
    with suppress(Exception):
        return len(asked.post_data_buffer or b"")
    return 0


def _busy(devtools: CDPSession) -> dict[str, float]:
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in ("TaskDuration", "Timestamp", *WORK)}
