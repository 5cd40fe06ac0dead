"""Make the demonstration's videos anew from catalogue.toml: `python programmes/demonstration/make_media.py [CODE…]`.

Needs ffmpeg with x264 and the fonts of fonts-noto-cjk. Each video lasts exactly as long as its lesson (seconds) and shows the
course, the lesson, a running clock and a progress bar. One frame a second keeps a twenty-minute video near half a megabyte.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FONT = "Noto Sans CJK SC"
BACKGROUNDS = {"ethics": "0x7a2e2e", "knowledge": "0x1f4e79", "ability": "0x2f5d3a", "technology": "0x4a3b73"}


def picture(course: dict[str, Any], lesson: dict[str, Any], folder: Path) -> str:
    """The filter graph; texts go through files because drawtext's own quoting has no room for every character."""

    def text(name: str, value: str, size: int, y: int, colour: str = "white") -> str:
        (folder / name).write_text(value, encoding="utf-8")
        return (
            f"drawtext=font='{FONT}':textfile={folder / name}:expansion=none"
            f":fontsize={size}:fontcolor={colour}:x=(w-text_w)/2:y={y}"
        )

    clock = r"%{pts\:gmtime\:0\:%M\\\:%S}"
    total = f"{lesson['duration'] // 60:02}\\:{lesson['duration'] % 60:02}"
    layers = [
        text("notice", "示范视频 · 学时", 18, 26, "white@0.7"),
        text("course", course["title"], 34, 96),
        text("lesson", lesson["title"], 28, 160, "0xffe08a"),
        f"drawtext=font='{FONT}':text='{clock} / {total}':fontsize=44:fontcolor=white:x=(w-text_w)/2:y=226",
        "drawbox=x=40:y=310:w=560:h=16:color=white@0.25:t=fill",
    ]
    bar = f"color=0xffe08a:s=560x16:r=1:d={lesson['duration']}[bar]"
    track = f"[0:v]{','.join(layers)}[back]"
    window = "color=black@0:s=560x16:r=1,format=rgba[strip]"  # the bar slides into a window as wide as the track
    slide = f"[strip][bar]overlay=x='-560+560*(t+1)/{lesson['duration']}':format=auto[filled]"
    return f"{track};{bar};{window};{slide};[back][filled]overlay=x=40:y=310:shortest=1,format=yuv420p[v]"


def make(course: dict[str, Any], lesson: dict[str, Any]) -> Path:
    target: Path = HERE / "media" / lesson["media"]
    target.parent.mkdir(exist_ok=True)
    duration = str(lesson["duration"])
    with tempfile.TemporaryDirectory() as folder:
        command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]
        command += ["-f", "lavfi", "-i", f"color={BACKGROUNDS[course['module']]}:s=640x360:r=1:d={duration}"]
        command += ["-f", "lavfi", "-i", f"anullsrc=r=8000:cl=mono:d={duration}"]
        command += ["-filter_complex", picture(course, lesson, Path(folder)), "-map", "[v]", "-map", "1:a"]
        command += ["-c:v", "libx264", "-profile:v", "main", "-preset", "veryslow", "-tune", "stillimage", "-crf", "34"]
        command += ["-g", "60", "-threads", "1", "-c:a", "aac", "-b:a", "8k", "-t", duration]
        command += ["-bitexact", "-movflags", "+faststart", str(target)]
        subprocess.run(command, check=True)
    return target


def main(codes: list[str]) -> None:
    catalogue = tomllib.loads((HERE / "catalogue.toml").read_text(encoding="utf-8"))
    for course in catalogue["courses"]:
        for lesson in course["lessons"]:
            if not codes or lesson["code"] in codes:
                path = make(course, lesson)
                print(f"{path.name}  {lesson['duration']} s  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
