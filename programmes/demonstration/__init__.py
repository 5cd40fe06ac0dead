"""The demonstration programmes (示范项目): the rules of a real notice, with dates around today.

`programme.toml` is a template; `render` fills it in. There are two of them on one catalogue: `demonstration` counts as a real
programme does, `demonstration-fast` asks for presence every half minute, so that a demo shows in minutes what takes hours.
"""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from programmes.schema import Programme

#: Days from the opening of study, in the template, to the day on which it was filled in.
OPEN_BEFORE = 30
HERE = Path(__file__).parent
MEDIA = HERE / "media"
_PLACE = re.compile(r"\{(?:today(?P<days>[+-]\d+)|(?P<name>id|title|version|changes|counting))\}")


class Demonstration(NamedTuple):
    slug: str
    title: str
    counting: str


DEMONSTRATIONS = (
    Demonstration("demonstration", "示范项目：教师继续教育全员岗位培训", "counting.toml"),
    Demonstration("demonstration-fast", "示范项目·快：几分钟看完一次培训", "counting-fast.toml"),
)


def render(which: Demonstration, version: int, today: date) -> str:
    """The programme.toml of this demonstration as it reads on `today` (local)."""
    values = {
        "id": which.slug,
        "title": which.title,
        "version": str(version),
        "changes": "日期顺延到当天前后，规则以当前示范为准" if version > 1 else "",
        "counting": (HERE / which.counting).read_text(encoding="utf-8"),
    }

    def fill(place: re.Match[str]) -> str:
        if place["days"]:
            return (today + timedelta(days=int(place["days"]))).isoformat()
        return values[place["name"]]

    return _PLACE.sub(fill, (HERE / "programme.toml").read_text(encoding="utf-8"))


def local_day(moment: datetime) -> date:
    """The day it is where the demonstration is held."""
    return moment.astimezone(ZoneInfo("Asia/Shanghai")).date()


def drawn_up_on(programme: Programme) -> date:
    """The `today` with which a published demonstration was rendered."""
    study = next(phase for phase in programme.calendar.phases if phase.study)
    return local_day(study.opens.begin(programme.zone)) + timedelta(days=OPEN_BEFORE)


def catalogue() -> str:
    """The text of the catalogue that both demonstrations use."""
    return (HERE / "catalogue.toml").read_text(encoding="utf-8")
