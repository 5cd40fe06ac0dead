"""Programmes for tests: the notice itself, and the notice with some lines changed."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import programmes

NOTICES = Path(programmes.__file__).parent / "notices"
PHASE2 = (NOTICES / "xuchang-2022-phase2" / "programme.toml").read_text(encoding="utf-8")


def phase2(*changes: tuple[str, str]) -> programmes.Programme:
    return programmes.load(phase2_text(*changes))


def phase2_text(*changes: tuple[str, str]) -> str:
    """The notice's file with each (old, new) replaced at its first place."""
    text = PHASE2
    for old, new in changes:
        assert old in text, f"{old!r} is not in the file"
        text = text.replace(old, new, 1)
    return text


def local(text: str) -> datetime:
    """2022-07-16T00:00 in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


CLOSURE = """
[[calendar.closures]]
title = "国庆节"
opens = 2022-10-01
closes = 2022-10-07
assumed = "虚构"

[[calendar.closures]]
title = "平台维护"
opens = 2022-08-01T22:00:00
closes = 2022-08-02T02:00:00
assumed = "虚构"

[[modules]]"""
