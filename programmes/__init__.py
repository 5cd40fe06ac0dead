"""A notice (培训通知) as data: pure, no Flask, no SQL, no Redis, no clock."""

from programmes.reading import ProgrammeError, load
from programmes.schema import Programme

__all__ = ["Programme", "ProgrammeError", "load"]
