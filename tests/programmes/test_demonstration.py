"""The demonstration follows the notice's rules on dates around today, with videos that fit its lessons."""

import json
import shutil
import subprocess
from datetime import date, timedelta

import pytest

import programmes
from programmes import catalogue, demonstration
from programmes.calendar import study_open
from tests.programmes.notices import local, phase2

TODAY = date(2024, 2, 29)
STEADY, FAST = (programmes.load(demonstration.render(which, 1, TODAY)) for which in demonstration.DEMONSTRATIONS)
LESSONS = [
    (course, lesson)
    for course in catalogue.load(demonstration.catalogue(), STEADY).courses
    for lesson in course.lessons
]


class TestProgrammes:
    @pytest.mark.parametrize("programme", [STEADY, FAST])
    def test_the_rules_are_those_of_the_notice(self, programme):
        notice = phase2()
        assert programme.modules == notice.modules
        assert programme.pass_rule == notice.pass_rule
        assert programme.hours == notice.hours
        assert programme.sign_in == notice.sign_in

    @pytest.mark.parametrize("programme", [STEADY, FAST])
    def test_the_title_says_that_it_is_a_demonstration(self, programme):
        assert "示范" in programme.title

    def test_study_is_open_from_thirty_days_ago_for_half_a_year(self):
        today = local(f"{TODAY}T12:00")
        assert not study_open(STEADY, today - timedelta(days=31))
        assert study_open(STEADY, today - timedelta(days=30))
        assert study_open(STEADY, today + timedelta(days=120))
        assert not study_open(STEADY, today + timedelta(days=121))

    def test_the_steady_one_asks_for_digits_at_the_house_pace(self):
        assert (STEADY.counting.presence.kind, STEADY.counting.presence.min_seconds) == ("digits", 480)

    def test_the_fast_one_shows_everything_in_minutes(self):
        presence = FAST.counting.presence
        assert (presence.kind, presence.min_seconds, presence.max_seconds, presence.answer_within) == ("tap", 20, 40, 8)
        assert (FAST.counting.beat_every, FAST.counting.max_silence) == (5, 30)

    def test_a_later_version_says_what_changed(self):
        assert programmes.load(demonstration.render(demonstration.DEMONSTRATIONS[0], 2, TODAY)).changes


class TestCatalogue:
    def test_it_has_lessons_of_three_to_twenty_minutes_in_all_four_modules(self):
        assert len(LESSONS) >= 8
        assert {course.module for course, _ in LESSONS} == {module.key for module in STEADY.modules}
        assert all(180 <= lesson.duration <= 1200 for _, lesson in LESSONS)

    def test_there_are_eight_courses_or_more(self):
        assert len({course.code for course, _ in LESSONS}) >= 8


class TestMedia:
    def test_all_together_they_are_small(self):
        files = list(demonstration.MEDIA.iterdir())
        assert {path.name for path in files} == {lesson.media for _, lesson in LESSONS}
        assert all(path.stat().st_size < 500_000 for path in files)
        assert sum(path.stat().st_size for path in files) < 6_000_000

    @pytest.mark.parametrize("lesson", [lesson for _, lesson in LESSONS], ids=lambda lesson: lesson.code)
    def test_the_index_comes_first_so_that_playing_starts_at_once(self, lesson):
        head = (demonstration.MEDIA / lesson.media).read_bytes()[:4096]
        assert head.index(b"moov") < 100

    @pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
    @pytest.mark.parametrize("lesson", [lesson for _, lesson in LESSONS], ids=lambda lesson: lesson.code)
    def test_a_video_lasts_as_long_as_its_lesson(self, lesson):
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams"]
        shown = json.loads(subprocess.check_output([*command, str(demonstration.MEDIA / lesson.media)]))
        assert float(shown["format"]["duration"]) == pytest.approx(lesson.duration, abs=0.5)
        video = next(stream for stream in shown["streams"] if stream["codec_type"] == "video")
        assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
