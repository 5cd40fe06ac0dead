"""Programmes for tests: the notice itself, and the notice with some lines changed."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import programmes
from programmes import lint

NOTICES = Path(programmes.__file__).parent / "notices"
PHASE2 = (NOTICES / "xuchang-2022-phase2" / "programme.toml").read_text(encoding="utf-8")


def phase2(*changes: tuple[str, str]) -> programmes.Programme:
    return programmes.load(phase2_text(*changes))


def phase2_text(*changes: tuple[str, str], accept: bool = False) -> str:
    """The notice's file with each (old, new) replaced at its first place; with `accept` the linter's findings accepted."""
    text = PHASE2
    for old, new in changes:
        assert old in text, f"{old!r} is not in the file"
        text = text.replace(old, new, 1)
    return accepting(text) if accept else text


def accepting(text: str) -> str:
    """The file with an acceptance of whatever the linter finds in it and nobody accepted yet, so that it can be published."""
    return text + "".join(
        f'\n[[accepted]]\ncode = "{finding.code}"\nat = "{finding.at}"\nreason = "测试所改"\nby = "测试"\non = 2022-07-01\n'
        for finding in lint.review(programmes.load(text)).open
    )


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

_ENROLMENT = 'who = "各县（市、区）、市直各中小学幼儿园教师"\nclause = "抬头、六.1"\n'
#: Changes for phase2_text. Kaifeng 2018, four.(二).1: units have places, two projects by stage.
QUOTA = (_ENROLMENT, f"{_ENROLMENT}quota = true\n")
TRACKS = (
    "[fee]\n",
    """[[enrolment.tracks]]
key = "senior"
title = "高中"
stages = ["高中"]
operator = "甲机构"
assumed = "虚构"

[[enrolment.tracks]]
key = "junior"
title = "初中小学"
stages = ["初中", "小学"]
operator = "乙机构"
assumed = "虚构"

[fee]
""",
)
#: Yangcheng 2021, three.2.
SECONDED = (_ENROLMENT, f"{_ENROLMENT}seconded_at_present_school = true\n")
#: Shexian 2022, seven.(四).
EXEMPTION = (
    "[fee]\n",
    '[[enrolment.exemptions]]\nkey = "national"\ntitle = "国培计划培训合格证书"\nassumed = "虚构"\n\n[fee]\n',
)
#: Shexian 2022, three.(一).
PORTAL = (
    "[fee]\n",
    '[enrolment.portal]\ntitle = "河北教师教育网"\nurl = "https://portal.invalid"\nassumed = "虚构"\n\n[fee]\n',
)
BY_PORTAL = ('teacher = ["web", "wechat"]', 'teacher = ["portal"]')
#: Xuchang 2021, three.
CHOICE = ("[hours]\n", '[choice]\nassumed = "虚构"\nsubjects = { "小学" = ["语文"] }\n\n[hours]\n')
