"""What teachers do on their page, and what they see there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from services.demonstration_staff import DemoAccount

PHONE, PC = (390, 844), (1280, 800)
OWN_PASSWORD = "xin-mima-2022"
#: The server's refusals that belong to a walk, and what a browser says of a network or server that is away.
EXPECTED = re.compile(
    r"status of 4(09|10) |net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE)"
)
#: The whole seconds that were played on this page, whatever became of the video element.
WATCHED = """() => {
  const whole = new Set();
  for (const { played } of document.querySelectorAll("video"))
    for (let n = 0; n < played.length; n++)
      for (let s = Math.ceil(played.start(n) - 0.05); s + 1 <= played.end(n) + 0.05; s++) whole.add(s);
  return whole.size;
}"""
POSITION = "() => document.querySelector('video')?.currentTime ?? -1"


class Device:
    """A teacher's browser with a storage of its own. `complaints` are the page's errors and what it asks of other hosts."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int] = PHONE, **more: Any) -> None:
        width, height = size
        self.browser, self.address = browser, address
        self.options = {
            "viewport": {"width": width, "height": height},
            "locale": "zh-CN",
            "has_touch": width < 600,
            "is_mobile": width < 600,
        } | more
        self.complaints: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.context = self.browser.new_context(**self.options)
        self.context.set_default_timeout(10_000)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda broken: self.complaints.append(str(broken.error)))
        self.context.on("request", lambda asked: self._from_here(asked.url))
        self.page = self.context.new_page()

    def open(self, page: str = "") -> Page:
        """`page` by its name with parameters; the first one otherwise."""
        name, _, query = page.partition("?")
        self.page.goto(self.address + (f"/#/pages/{name}/{name}?{query}" if name else "/"))
        return self.page

    def close_and_reopen(self) -> Page:
        """As closing the browser and coming back: nothing but the storage stays."""
        kept = self.context.storage_state()
        self.page.close(run_before_unload=False)
        self.context.close()
        self.options["storage_state"] = kept
        self._begin()
        return self.open()

    def _from_here(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"asked of another host: {url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            self.complaints.append(message.text)


@contextmanager
def device(browser: Browser, address: str, size: tuple[int, int] = PHONE, **more: Any) -> Iterator[Device]:
    opened = Device(browser, address, size, **more)
    try:
        yield opened
    finally:
        opened.context.close()
    assert not opened.complaints, opened.complaints


def button(page: Page, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
    return page.get_by_role("button", name=name, exact=exact)


def sign_in(page: Page, teacher: DemoAccount, password: str = "") -> None:
    page.get_by_label("身份证号").fill(teacher.id_number)
    page.get_by_label("密码", exact=True).fill(password or teacher.password)
    page.get_by_role("checkbox").click()
    button(page, "登录").click()


def at_home(page: Page, teacher: DemoAccount) -> None:
    expect(page.get_by_text(f"{teacher.name}老师，")).to_be_visible()


def heading(page: Page, title: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("heading", level=1, name=title)


def begin_lesson(page: Page, lesson: str) -> None:
    """From the courses, where the course is unfolded if need be; waits until the film really moves."""
    page.get_by_text(lesson).click()
    play(page, re.compile("开始看|继续看"))


def play(page: Page, name: str | re.Pattern[str]) -> None:
    start = page.locator(".curtain__start")
    expect(start).to_have_accessible_name(name)
    before = position(page)
    start.click()
    page.wait_for_function("(before) => document.querySelector('video').currentTime > before + 0.2", arg=before)


def position(page: Page) -> float:
    return float(page.evaluate(POSITION))


def plays_to(page: Page, second: float) -> None:
    page.wait_for_function(
        "(second) => document.querySelector('video').currentTime >= second", arg=second, timeout=30_000
    )


def watched(page: Page) -> int:
    return int(page.evaluate(WATCHED))


def shown_seconds(page: Page) -> int:
    """Credited to this lesson, as the page says."""
    text = page.locator(".minutes__number").first.inner_text().partition("/")[0]
    minutes, _, seconds = text.strip().partition(":")
    return int(minutes) * 60 + int(seconds)


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png")
