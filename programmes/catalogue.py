"""A programme's catalogue (课程目录) as a file: courses of the modules, and the lessons (课时) that make them up."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from programmes.basics import Key, Title
from programmes.reading import ProgrammeError, read
from programmes.schema import Programme

Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Label = Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*$")]
#: A lesson longer than this is a mistake of units; it also bounds the bitmap of its coverage.
LONGEST_LESSON = 6 * 3600


class LessonEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One video: `duration` in whole media seconds; `media` a path below the media root, or an https address."""

    code: Code
    title: Title
    duration: Annotated[int, Meta(ge=1, le=LONGEST_LESSON)]
    media: Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x20]+$")]


class CourseEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """`stage` (学段) and `subject` (学科) are empty for a course that suits all."""

    code: Code
    module: Key
    title: Title
    lessons: Annotated[tuple[LessonEntry, ...], Meta(min_length=1)]
    stage: Label = ""
    subject: Label = ""
    #: The micro-ability (微能力点) that the course teaches, and the dimension (维度) that it belongs to.
    ability: Label = ""
    dimension: Label = ""


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    courses: Annotated[tuple[CourseEntry, ...], Meta(min_length=1)]


def load(text: str, programme: Programme) -> Catalogue:
    """The catalogue in `text`, checked against the programme's modules. Raises ProgrammeError with every bad row."""
    catalogue = read(text, Catalogue)
    problems = list(_problems(catalogue, programme))
    if problems:
        raise ProgrammeError(problems)
    return catalogue


def _problems(catalogue: Catalogue, programme: Programme) -> Iterator[str]:
    modules = {module.key for module in programme.modules}
    courses: set[str] = set()
    for number, course in enumerate(catalogue.courses, 1):
        row = f"第 {number} 门课程 {course.code}“{course.title}”"
        if course.code in courses:
            yield f"{row}：课程代码重复"
        courses.add(course.code)
        if course.module not in modules:
            yield f"{row}：没有模块 {course.module}，本项目的模块是 {'、'.join(sorted(modules))}"
        lessons: set[str] = set()
        for place, lesson in enumerate(course.lessons, 1):
            if lesson.code in lessons:
                yield f"{row}第 {place} 个课时：课时代码 {lesson.code} 重复"
            lessons.add(lesson.code)
            if not _safe_media(lesson.media):
                yield f"{row}第 {place} 个课时：视频 {lesson.media} 应为媒体目录下的相对路径，或 https 地址"


def _safe_media(media: str) -> bool:
    try:
        parts = urlsplit(media)
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return media.startswith("https://") and bool(parts.netloc)
    path = PurePosixPath(media)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in media
