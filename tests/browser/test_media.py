"""The demonstration's videos play in a real browser, served by the application."""

from collections.abc import Iterator

import pytest

from programmes import demonstration
from tests.browser.conftest import serving

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


@pytest.fixture
def address(make_app) -> Iterator[str]:
    with serving(make_app(media_root=demonstration.MEDIA)) as address:
        yield address


@pytest.mark.parametrize(("film", "duration"), [("E01-1.mp4", 180), ("T02-1.mp4", 1200)])
def test_a_lesson_plays_seeks_and_plays_on(page, address, film, duration):
    length, *size = page.evaluate(LOAD, f"{address}/media/{film}")  # on an empty page: ours play nothing (CSP)
    assert length == pytest.approx(duration, abs=0.5)
    assert size == [640, 360]
    page.evaluate("lesson.play()")
    page.wait_for_function("lesson.currentTime > 1")
    page.evaluate("lesson.currentTime = lesson.duration - 3")
    page.wait_for_function("lesson.ended")
    assert page.evaluate("lesson.currentTime") == pytest.approx(duration, abs=0.5)
    assert page.evaluate("lesson.getVideoPlaybackQuality().totalVideoFrames") > 0
