"""A catalogue file is checked whole before anything of it is used."""

import pytest

import programmes
from programmes import catalogue
from tests.programmes.notices import phase2

COURSE = """
[[courses]]
code = "{code}"
module = "{module}"
title = "虚构课程"
[[courses.lessons]]
code = "1"
title = "第一课时"
duration = {duration}
media = "{media}"
"""


def course(code: str = "A1", module: str = "ethics", duration: str = "600", media: str = "a/b 1.mp4") -> str:
    return COURSE.format(code=code, module=module, duration=duration, media=media.replace(" ", "-"))


def problems(text: str) -> list[str]:
    with pytest.raises(programmes.ProgrammeError) as caught:
        catalogue.load(text, phase2())
    return caught.value.problems


def test_a_good_one_reads():
    [entry] = catalogue.load(course(), phase2()).courses
    assert (entry.module, entry.stage, entry.lessons[0].duration) == ("ethics", "", 600)


def test_every_bad_row_is_named_at_once():
    found = problems(course() + course() + course("B1", "gardening") + course("C1", media="../secret"))
    assert found == [
        "第 2 门课程 A1“虚构课程”：课程代码重复",
        "第 3 门课程 B1“虚构课程”：没有模块 gardening，本项目的模块是 ability、ethics、knowledge、technology",
        "第 4 门课程 C1“虚构课程”第 1 个课时：视频 ../secret 应为媒体目录下的相对路径，或 https 地址",
    ]


def test_the_same_lesson_twice_in_a_course():
    twice = course() + '[[courses.lessons]]\ncode = "1"\ntitle = "又一课时"\nduration = 60\nmedia = "x.mp4"\n'
    assert "课时代码 1 重复" in problems(twice)[0]


@pytest.mark.parametrize("duration", ["0", "-1", "1.5", '"600"', "21601", "99999999999999999999"])
def test_a_duration_is_whole_seconds_up_to_six_hours(duration):
    assert "courses[0].lessons[0].duration" in problems(course(duration=duration))[0]


@pytest.mark.parametrize(
    "media",
    ["/etc/passwd", "a/../../b", "http://x/y.mp4", "file:///x", "//host/x", "https://[x", "a\\\\b", "HTTPS://x/y"],
)
def test_media_stay_below_the_media_root(media):
    assert "应为媒体目录下的相对路径" in problems(course(media=media))[0]


def test_media_may_be_an_https_address():
    assert catalogue.load(course(media="https://cdn.example/v.mp4"), phase2())
