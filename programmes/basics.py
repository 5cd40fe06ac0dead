"""What every table of a programme.toml is made of: names, numbers, local moments, and where a value comes from."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20][^\x00-\x1f]*$")]
Points = Annotated[float, Meta(ge=0, le=1000)]
Hours = Annotated[float, Meta(ge=0, le=10_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Yuan = Annotated[float, Meta(ge=0, le=1_000_000)]
#: A part of a whole: 0.1 is ten per cent.
Share = Annotated[float, Meta(gt=0, le=1)]
Role = Literal["teacher", "workshop_leader", "school_admin", "county_admin", "city_admin"]
Channel = Literal["web", "wechat", "portal"]


class Moment:
    """A local date or date-time as the notice gives it; `Programme.timezone` says where local is."""

    def __init__(self, value: date) -> None:
        self.value = value

    def begin(self, zone: ZoneInfo) -> datetime:
        """As an opening: a bare date means its first instant."""
        return self._exact(zone) or datetime.combine(self.value, datetime.min.time(), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """As a close, the first instant that is outside: a bare date means the end of that day."""
        return self._exact(zone) or datetime.combine(self.value + timedelta(days=1), datetime.min.time(), zone)

    def _exact(self, zone: ZoneInfo) -> datetime | None:
        return self.value.replace(tzinfo=zone) if isinstance(self.value, datetime) else None

    def __repr__(self) -> str:
        return self.value.isoformat(" ") if isinstance(self.value, datetime) else self.value.isoformat()


class Cited(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file with the clause it comes from, or what is assumed instead."""

    clause: str = ""
    assumed: str = ""


class Band(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a scale, as the notice prints it: from `least` to `most` (that included) or to `below` (that excluded).

    A value belongs to the highest step whose `least` it reaches, so a step goes on to the next one's beginning whatever its
    printed end (69.5 is still 60–69); below the first step it is worth nothing. The linter names what the print leaves open.
    """

    least: float
    value: Points
    most: float | None = None
    below: float | None = None
