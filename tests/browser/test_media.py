"""The demonstration's videos play in a real browser, served by the application."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from programmes import demonstration

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
#: Loads the video and leaves it where the tests can ask it.
LOAD = """
address => new Promise((done, failed) => {
    const video = document.createElement('video');
    video.onloadedmetadata = () => done([video.duration, video.videoWidth, video.videoHeight]);
    video.onerror = () => failed(new Error(video.error.message));
    video.src = address;
    document.body.append(video);
    window.lesson = video;
})
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{CHROMIUM} is not installed")
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--mute-audio"]
        )
        yield context.pages[0]
        context.close()


@pytest.fixture
def address(make_app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(media_root=demonstration.MEDIA), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("film", "duration"), [("E01-1.mp4", 180), ("T02-1.mp4", 1200)])
def test_a_lesson_plays_seeks_and_plays_on(page, address, film, duration):
    page.goto(address)
    length, *size = page.evaluate(LOAD, f"/media/{film}")
    assert length == pytest.approx(duration, abs=0.5)
    assert size == [640, 360]
    page.evaluate("lesson.play()")
    page.wait_for_function("lesson.currentTime > 1")
    page.evaluate("lesson.currentTime = lesson.duration - 3")
    page.wait_for_function("lesson.ended")
    assert page.evaluate("lesson.currentTime") == pytest.approx(duration, abs=0.5)
    assert page.evaluate("lesson.getVideoPlaybackQuality().totalVideoFrames") > 0
