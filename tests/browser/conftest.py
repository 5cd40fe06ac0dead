"""A real browser, and the application served to it.

browser    Chromium, started once a file; `page` is a phone's window in it, `desktop` a PC's, each with cookies of its own
serving    with serving(app) as address: the application behind a real server

For walks through the console (test_console.py), at each width once:

town       the invented city (tests/browser/town.py) behind a real server
window     a window of that width on it (tests/browser/window.py)
sign_in    sign_in("hotline") is the page where that role begins
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from redis import Redis
from werkzeug.serving import make_server

from server import create_app, wechat_stand_in
from server.database import db, make_engine
from services import demonstration_staff
from tests.browser import town as invented
from tests.browser.campus import Campus
from tests.browser.town import Town
from tests.browser.window import CHROMIUM, FLAGS, WIDTHS, Window
from tests.conftest import FakeClock, some_settings
from tests.console.rosters import jobs_at_once
from tests.servers import RedisServer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Until the file ends: while Playwright runs, nobody else in the process can have an event loop."""
    if not CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--mute-audio"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from _window(browser, 390, 844)


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    yield from _window(browser, 1280, 800)


def _window(browser: Browser, width: int, height: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    yield context.new_page()
    context.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module", params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def served(
    width: str, redis_server: RedisServer, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Town, str]]:
    """The invented city, for all walks at one width, and where it is served."""
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    settings = some_settings(
        tmp_path_factory.mktemp("town"), redis_server.url, sqlite_template, public_url="http://127.0.0.1"
    )
    clock = FakeClock(datetime(2026, 3, 20, 1, 30, tzinfo=UTC))
    app = create_app(settings, clock=clock)
    jobs_at_once(app)
    engine = make_engine(settings.database_url)
    with serving(app) as address:
        yield invented.build(app, engine, clock), address
    engine.dispose()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def town(served: tuple[Town, str]) -> Town:
    return served[0]


@pytest.fixture
def window(browser: Browser, served: tuple[Town, str], width: str) -> Iterator[Window]:
    wide, high = WIDTHS[width]
    context = browser.new_context(viewport={"width": wide, "height": high}, locale="zh-CN", has_touch=width == "phone")
    opened = Window(context, served[1], width)
    yield opened
    context.close()
    assert opened.complaints == []


@pytest.fixture(scope="module")
def cookies(served: tuple[Town, str]) -> dict[str, Any]:
    """Of those who signed in already, by role."""
    return {}


@pytest.fixture
def sign_in(window: Window, town: Town, cookies: dict[str, Any]) -> Callable[[str], Page]:
    """As each person does, once; the keys alone are enough. Leads to the page where the role begins."""

    def as_(role: str) -> Page:
        page, person = window.page, town.staff[role]
        if role in cookies:
            page.context.add_cookies(cookies[role])
            window.open("/")
            return page
        town.clock.advance(31)  # a code serves once
        window.open("/")
        page.get_by_label("身份证号").fill(person.id_number)
        page.get_by_label("密码").fill(demonstration_staff.PASSWORD)
        if not cookies:
            window.look()
        page.keyboard.press("Enter")
        expect(page.get_by_label("验证码")).to_be_focused()
        if not cookies:
            window.look()
        page.keyboard.type(town.code(role))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("输入动态验证码")
        window.look()
        cookies[role] = page.context.cookies()
        return page

    return as_


@pytest.fixture(scope="module")
def campus(redis_server: RedisServer, sqlite_template: Path) -> Iterator[Campus]:
    """For all teachers' walks of one file; each takes a teacher of its own."""
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    with wechat_stand_in.running() as wechat:
        running = Campus(redis_server, sqlite_template, wechat.url)
        try:
            yield running.start()
        finally:
            running.close()
