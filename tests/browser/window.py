"""One person's browser: every page is looked at by looks.js, and every complaint of Chromium is kept."""

import io
import os
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, expect

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
WIDTHS = {"phone": (390, 844), "pc": (1280, 800)}
#: What Chromium says of the answer to a form that was sent twice.
REFUSED = re.compile(r"status of 409 ")
LOOKS = (Path(__file__).parent / "looks.js").read_text(encoding="utf-8")
PICTURES = os.environ.get("PICTURES")
#: Counts what a hand does, also over several pages; a key that presses a button is none of it.
COUNTING = """addEventListener("pointerdown", () => sessionStorage.setItem("clicks", 1 + clicks()), true);
window.clicks = () => Number(sessionStorage.getItem("clicks"));"""


class Window:
    """One person's browser, of which every complaint is kept."""

    def __init__(self, context: BrowserContext, address: str, width: str) -> None:
        self.address, self.width = address, width
        self.complaints: list[str] = []
        context.set_default_timeout(10_000)
        context.add_init_script(COUNTING)
        context.on("console", self._said)
        context.on("weberror", lambda broken: self.complaints.append(str(broken.error)))
        context.on("request", lambda asked: self._from_here(asked.url))
        self.page = context.new_page()

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/console{path}")

    def menu(self, title: str) -> None:
        """By the menu, which a phone keeps folded."""
        toggler = self.page.get_by_role("button", name="菜单")
        if toggler.is_visible():
            toggler.click()
            expect(self.page.locator("#menu.show")).to_be_visible()  # to its end
        with self.page.expect_navigation():
            self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=title, exact=True).click()
        expect(self.page.locator("#menu [aria-current]")).to_have_text(title)

    def follow(self, link: Locator) -> None:
        """To the page that it leads to, and look at that."""
        with self.page.expect_navigation():
            link.click()
        self.look()

    def look(self, picture: str = "") -> None:
        """At the page: nothing may be wrong with it. The walks on the phone look in both widths."""
        for width, height in (WIDTHS["pc"], WIDTHS["phone"]) if self.width == "phone" else (WIDTHS["pc"],):
            self.page.set_viewport_size({"width": width, "height": height})
            wrong = self.page.evaluate(LOOKS)
            assert not wrong, f"{self.page.url} at {width}: {wrong}"
        if picture and PICTURES:
            self._keep(Path(PICTURES) / f"{picture}.png")

    def clicks(self) -> int:
        return int(self.page.evaluate("clicks()"))

    def says(self, text: str) -> None:
        expect(self.page.locator("#messages")).to_contain_text(text)

    def _keep(self, path: Path) -> None:
        """The page as a whole on a phone, its upper part on a PC; in few colours, for it goes into the repository."""
        if self.width == "pc":
            self.page.set_viewport_size({"width": 1280, "height": 1100})
        self.page.evaluate("scrollTo(0, 0)")
        shot = self.page.screenshot(full_page=self.width == "phone")
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(256).save(path, optimize=True)
        self.page.set_viewport_size(dict(zip(("width", "height"), WIDTHS[self.width], strict=True)))

    def _from_here(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"asked of another host: {url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED.search(message.text):
            self.complaints.append(message.text)
